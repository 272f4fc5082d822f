"""Terminations: who applies and answers, mediation, review, force, chances, and what follows."""

from __future__ import annotations

import re

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.files.documents.models import Document
from app.notices.models import Notice
from app.plan.rows.models import PlanEntry
from app.settings.queries import set_setting
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import force, grant_chance, request
from app.signing.terminations.chances import chances_left
from app.signing.terminations.models import Termination
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow import trail
from tests.factories import accept, account, actor, attach, attest, invite, pass_time, terminate


@pytest.fixture
def signed(cast):
    """The student's signing, in force."""
    return attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)


def agree(termination, party):
    return TERMINATIONS.perform("agree", termination.id, actor(party), agreed=True)


def approve(termination, officer):
    return TERMINATIONS.perform("approve", termination.id, actor(officer))


def ended(placement, cast):
    termination = terminate(placement)
    agree(termination, cast.employer)
    return approve(termination, cast.officer)


@pytest.mark.rule("TRM-02", "TRM-03", "TRM-04", "PLN-02", "GRD-06")
def test_applied_agreed_approved_frees_the_student_and_takes_the_plan_row_back(cast, signed):
    done = ended(signed, cast)
    assert (done.state, signed.state) == ("approved", "terminated")
    assert placement_of(cast.student.id) is None
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert (entry.state, entry.destination_code) == ("open", None)
    assert [r.step for r in trail.of("termination", done.id)] == ["request", "agree", "approve"]
    assert trail.of("placement", signed.id)[-1].step == "end"
    again = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    assert again.state == "in_force"


@pytest.mark.rule("TRM-02", "TRM-03")
def test_the_employer_applies_and_the_student_agrees_with_a_fresh_code(cast, signed):
    termination = terminate(signed, cast.employer)
    without = actor(cast.student).__class__(**{**actor(cast.student).__dict__, "factor": ""})
    with pytest.raises(Invalid):
        TERMINATIONS.perform("agree", termination.id, without, agreed=True)
    with pytest.raises(Invalid):
        TERMINATIONS.perform("agree", termination.id, actor(cast.student))
    with pytest.raises(Refused):
        agree(termination, cast.employer)
    assert agree(termination, cast.student).state == "awaiting_school"
    assert trail.of("termination", termination.id)[-1].factor == "sms"


@pytest.mark.rule("TRM-01")
def test_only_what_is_in_force_and_not_twice(cast):
    waiting = accept(invite(cast.employer, cast.student)[0])
    with pytest.raises(Refused):
        terminate(waiting)
    attest(waiting, cast.officer)
    terminate(waiting)
    with pytest.raises(Refused):
        terminate(waiting, cast.employer)
    with pytest.raises(Refused):
        PLACEMENTS.perform("reopen", waiting.id, actor(cast.officer), reason="误操作")


@pytest.mark.rule("TRM-02")
@pytest.mark.parametrize(
    ("reason", "agreed"), [("", True), ("  ", True), ("长" * 201, True), ("搬家", False)]
)
def test_an_application_needs_a_tick_and_a_reason_of_at_most_200_characters(
    cast, signed, reason, agreed
):
    with pytest.raises(Invalid):
        request(signed.id, actor(cast.student), reason, agreed=agreed)
    assert db.session.query(Termination).count() == 0


@pytest.mark.rule("TRM-04")
def test_not_approved_leaves_the_signing_in_force_and_a_new_application_possible(cast, signed):
    termination = terminate(signed)
    agree(termination, cast.employer)
    TERMINATIONS.perform("refuse", termination.id, actor(cast.officer), reason="材料不足")
    assert (termination.state, signed.state) == ("refused", "in_force")
    assert chances_left(cast.student.id, cast.school.id, termination.changed_at) == 1
    terminate(signed)


@pytest.mark.rule("TRM-05")
def test_the_second_application_of_a_year_asks_the_school_which_can_grant_one(cast, signed):
    ended(signed, cast)
    second = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    with pytest.raises(Refused, match="就业办"):
        terminate(second)
    with pytest.raises(NotYours):
        grant_chance(cast.student.id, actor(cast.other_officer), "单位倒闭")
    with pytest.raises(Invalid):
        grant_chance(cast.student.id, actor(cast.officer), "")
    grant_chance(cast.student.id, actor(cast.officer), "单位倒闭")
    terminate(second)


@pytest.mark.rule("TRM-05")
def test_a_new_year_brings_a_new_chance(cast, signed):
    ended(signed, cast)
    second = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    pass_time(days=366)
    terminate(second)


@pytest.mark.rule("TRM-09")
def test_the_other_party_may_refuse_and_the_school_then_mediates(cast, signed):
    termination = terminate(signed)
    with pytest.raises(Refused):
        TERMINATIONS.perform("ask_mediation", termination.id, actor(cast.student), reason="请调解")
    TERMINATIONS.perform("decline", termination.id, actor(cast.employer), reason="已安排岗位")
    TERMINATIONS.perform("ask_mediation", termination.id, actor(cast.student), reason="请调解")
    TERMINATIONS.perform("close", termination.id, actor(cast.officer), reason="双方继续履行")
    assert (termination.state, signed.state) == ("closed", "in_force")


@pytest.mark.rule("TRM-09")
def test_without_an_answer_for_ten_working_days_the_school_reviews_on_evidence(cast, signed):
    termination = terminate(signed)
    pass_time(days=9)
    with pytest.raises(Refused):
        TERMINATIONS.perform("ask_mediation", termination.id, actor(cast.student), reason="未答复")
    pass_time(days=20)
    TERMINATIONS.perform("ask_mediation", termination.id, actor(cast.student), reason="未答复")
    officer = actor(cast.officer)
    with pytest.raises(Refused):
        TERMINATIONS.perform("review_one_sided", termination.id, officer, reason="单位失联")
    attach(termination)
    TERMINATIONS.perform("review_one_sided", termination.id, officer, reason="单位失联")
    assert termination.way == "one_sided"
    approve(termination, cast.officer)
    assert signed.state == "terminated"


@pytest.mark.rule("AGR-06", "TRM-03")
def test_two_levels_review_a_termination_too_and_the_school_sends_back(cast, signed):
    set_setting(cast.school.id, "termination_review", "both", None)
    termination = terminate(signed)
    agree(termination, cast.employer)
    college = actor(cast.college_officer)
    with pytest.raises(NotYours):
        TERMINATIONS.perform("approve_college", termination.id, actor(cast.other_college_officer))
    with pytest.raises(Refused):
        approve(termination, cast.officer)
    TERMINATIONS.perform("approve_college", termination.id, college)
    TERMINATIONS.perform("send_back", termination.id, actor(cast.officer), reason="补材料")
    assert termination.state == "awaiting_college"


@pytest.mark.rule("AGR-06")
def test_the_college_takes_its_approval_back_until_the_school_has_acted(cast, signed):
    set_setting(cast.school.id, "termination_review", "both", None)
    termination = terminate(signed)
    agree(termination, cast.employer)
    college = actor(cast.college_officer)
    TERMINATIONS.perform("approve_college", termination.id, college)
    TERMINATIONS.perform("withdraw_college", termination.id, college, reason="再核实")
    assert termination.state == "awaiting_college"


@pytest.mark.rule("AGR-06", "TRM-04")
def test_after_both_levels_it_is_terminated(cast, signed):
    set_setting(cast.school.id, "termination_review", "both", None)
    termination = terminate(signed)
    agree(termination, cast.employer)
    TERMINATIONS.perform("approve_college", termination.id, actor(cast.college_officer))
    approve(termination, cast.officer)
    assert signed.state == "terminated"


@pytest.mark.rule("AGR-06")
def test_a_college_may_decide_alone(cast, signed):
    set_setting(cast.school.id, "termination_review", "college", None)
    termination = terminate(signed)
    agree(termination, cast.employer)
    TERMINATIONS.perform("approve_college", termination.id, actor(cast.college_officer))
    assert (termination.state, signed.state) == ("approved", "terminated")


@pytest.mark.rule("AGR-09", "TRM-05")
def test_force_ends_a_signing_with_its_running_termination_and_uses_no_chance(cast, signed):
    officer = actor(cast.officer)
    with pytest.raises(Refused):
        force(signed.id, officer, "单位注销")
    set_setting(cast.school.id, "forced_online", True, None)
    running = terminate(signed)
    with pytest.raises(Invalid):
        force(signed.id, officer, "")
    done = force(signed.id, officer, "单位注销")
    assert (done.state, running.state, signed.state) == ("approved", "closed", "terminated")
    assert chances_left(cast.student.id, cast.school.id, done.changed_at) == 1
    for party in (cast.student, cast.employer):
        told = (
            db.session.query(Notice).filter_by(user_id=account(party).id).order_by(Notice.id.desc())
        )
        assert "单位注销" in told.first().body
    with pytest.raises(NotYours):
        force(signed.id, actor(cast.college_officer), "单位注销")


@pytest.mark.rule("AGR-09", "AGR-13")
def test_where_two_are_needed_the_first_cannot_confirm_himself(cast, signed):
    from app.workflow.actor import Role
    from tests.factories import make_user

    set_setting(cast.school.id, "forced_online", True, None)
    set_setting(cast.school.id, "forced_by_two", True, None)
    waiting = force(signed.id, actor(cast.officer), "单位注销")
    assert (waiting.state, signed.state) == ("awaiting_second", "in_force")
    with pytest.raises(Refused):
        TERMINATIONS.perform("confirm_force", waiting.id, actor(cast.officer))
    colleague = make_user(Role.SCHOOL, "second", school_id=cast.school.id)
    TERMINATIONS.perform("confirm_force", waiting.id, actor(colleague))
    assert signed.state == "terminated"


@pytest.mark.rule("AGR-09", "TRM-04")
def test_an_approval_is_undone_within_thirty_seconds_and_nobody_has_heard(cast, signed):
    termination = terminate(signed)
    agree(termination, cast.employer)
    approve(termination, cast.officer)
    with pytest.raises(Refused):
        TERMINATIONS.perform("refuse", termination.id, actor(cast.officer), reason="迟了")
    TERMINATIONS.perform("undo", termination.id, actor(cast.officer))
    assert (termination.state, signed.state) == ("awaiting_school", "in_force")
    assert (
        db.session.query(Notice)
        .filter(Notice.key.startswith(f"termination:{termination.id}:approve:"))
        .count()
        == 0
    )


@pytest.mark.rule("AGR-09")
def test_after_thirty_seconds_a_decision_stands(cast, signed):
    termination = terminate(signed)
    agree(termination, cast.employer)
    approve(termination, cast.officer)
    pass_time(seconds=31)
    with pytest.raises(Refused):
        TERMINATIONS.perform("undo", termination.id, actor(cast.officer))


@pytest.mark.rule("TRM-04", "DOC-01")
def test_the_agreement_is_void_after_the_end(cast, signed):
    db.session.add(
        Document(
            kind="agreement",
            record_kind="placement",
            record_id=signed.id,
            school_id=signed.school_id,
            code="x",
            file_key="k",
            sha256="0",
            data_sha256="0",
            template_version="1",
        )
    )
    db.session.commit()
    ended(signed, cast)
    assert db.session.query(Document).filter_by(record_id=signed.id).one().void_at is not None


@pytest.mark.rule("AGR-09")
def test_a_forced_termination_that_waits_for_a_second_person_is_not_announced(cast, signed, visit):
    set_setting(cast.school.id, "forced_online", True, None)
    set_setting(cast.school.id, "forced_by_two", True, None)
    force(signed.id, actor(cast.officer), "单位已经注销")
    for who, page in (
        ("student", f"/my/terminations/signing/{signed.id}"),
        ("employer", f"/employer/terminations/show/{signed.id}"),
        ("employer", "/employer/terminations/list/?tab=signed"),
    ):
        shown = visit(account(getattr(cast, who))).get(page)
        assert shown.status_code == 200
        words = re.sub(
            r"<select.*?</select>", "", shown.text, flags=re.S
        )  # what can be filtered by
        assert "注销" not in words
        assert "强制" not in words
    with pytest.raises(Refused, match="学校正在处理"):
        request(signed.id, actor(cast.student), "双方协商一致", agreed=True)
