"""Placements: levels of review, second thoughts, withdrawing, amendments."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.notices.models import Notice
from app.plan.rows.models import PlanEntry
from app.settings.queries import set_setting
from app.signing.placements.printing import agreement_data, trace_rows
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.workflow import trail
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    destination,
    invite,
    offer,
    pass_time,
    unread,
)


@pytest.fixture
def waiting(cast):
    """The student's signing, waiting for the first review."""
    return accept(invite(cast.employer, cast.student)[0])


def act(step, placement, who, **more):
    return PLACEMENTS.perform(step, placement.id, actor(who), **more)


@pytest.mark.rule("AGR-06")
def test_both_levels_college_then_school(cast):
    set_setting(cast.school.id, "signing_review", "both", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    assert placement.state == "awaiting_college"
    with pytest.raises(Refused):
        act("attest", placement, cast.officer)
    with pytest.raises(NotYours):
        act("attest_college", placement, cast.other_college_officer)
    act("attest_college", placement, cast.college_officer)
    with pytest.raises(NotYours):
        act("attest", placement, cast.college_officer)
    act("attest", placement, cast.officer)
    assert placement.state == "in_force"


@pytest.mark.rule("AGR-06")
def test_a_college_alone_brings_it_into_force(cast):
    set_setting(cast.school.id, "signing_review", "college", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    act("attest_college", placement, cast.college_officer)
    assert placement.state == "in_force"
    assert placement.agreement_no
    assert db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one().state == "filled"
    told = (
        db.session.query(Notice)
        .filter_by(user_id=account(cast.student).id)
        .order_by(Notice.id.desc())
    )
    assert placement.agreement_no in told.first().body


@pytest.mark.rule("AGR-06", "ADM-05")
def test_a_change_of_the_levels_counts_for_new_signings_only(cast, waiting):
    set_setting(cast.school.id, "signing_review", "both", None)
    act("attest", waiting, cast.officer)
    assert waiting.state == "in_force"


@pytest.mark.rule("AGR-06")
def test_the_school_sends_back_and_the_college_takes_back(cast):
    set_setting(cast.school.id, "signing_review", "both", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    act("attest_college", placement, cast.college_officer)
    with pytest.raises(Invalid):
        act("send_back", placement, cast.officer)
    act("send_back", placement, cast.officer, reason="请核对专业")
    assert placement.state == "awaiting_college"
    told = db.session.query(Notice).filter_by(user_id=cast.college_officer.id).one()
    assert "请核对专业" in told.body


@pytest.mark.rule("AGR-06")
def test_the_college_withdraws_its_approval_while_the_school_has_not_acted(cast):
    set_setting(cast.school.id, "signing_review", "both", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    act("attest_college", placement, cast.college_officer)
    with pytest.raises(NotYours):
        act("withdraw_college", placement, cast.other_college_officer, reason="误操作")
    act("withdraw_college", placement, cast.college_officer, reason="误操作")
    assert placement.state == "awaiting_college"


@pytest.mark.rule("AGR-06")
def test_a_colleges_refusal_taken_back_waits_at_the_college_again(cast):
    set_setting(cast.school.id, "signing_review", "both", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    act("refuse_college", placement, cast.college_officer, reason="信息不实")
    act("restore", placement, cast.officer, reason="已核实")
    assert placement.state == "awaiting_college"


@pytest.mark.rule("AGR-08", "PLN-02", "AGR-10")
def test_withdrawing_the_review_takes_the_plan_row_back_and_keeps_the_number(cast, waiting):
    attest(waiting, cast.officer)
    number = waiting.agreement_no
    with pytest.raises(Invalid):
        act("reopen", waiting, cast.officer)
    act("reopen", waiting, cast.officer, reason="协议内容有误")
    assert (waiting.state, waiting.agreement_no) == ("awaiting_school", number)
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert (entry.state, entry.placement_id) == ("open", None)
    act("refuse", waiting, cast.officer, reason="请重新签约")
    assert placement_of(cast.student.id) is None
    assert waiting.agreement_no == number


@pytest.mark.rule("AGR-05")
def test_a_refusal_is_taken_back_only_while_the_slot_is_free(cast, waiting):
    act("refuse", waiting, cast.officer, reason="信息不实")
    other = accept(invite(cast.rival, cast.student)[0])
    with pytest.raises(Refused, match="光谷科技"):
        act("restore", waiting, cast.officer, reason="已核实")
    act("refuse", other, cast.officer, reason="信息不实")
    act("restore", waiting, cast.officer, reason="已核实")
    assert waiting.state == "awaiting_school"


@pytest.mark.rule("NTF-02", "AGR-04")
def test_a_decision_is_undone_within_thirty_seconds_by_whoever_took_it(cast, waiting):
    from app.workflow.actor import Role
    from tests.factories import make_user

    attest(waiting, cast.officer)
    colleague = make_user(Role.SCHOOL, "colleague", school_id=cast.school.id)
    with pytest.raises(Refused):
        act("undo", waiting, colleague)
    act("undo", waiting, cast.officer)
    assert waiting.state == "awaiting_school"
    assert (
        db.session.query(Notice)
        .filter(Notice.key.startswith(f"placement:{waiting.id}:attest:"))
        .count()
        == 0
    )
    assert db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one().state == "open"


@pytest.mark.rule("NTF-02")
def test_a_decision_stands_after_thirty_seconds_and_was_hidden_until_then(cast, waiting):
    user = account(cast.student)
    before = unread(user)
    attest(waiting, cast.officer)
    assert unread(user) == before
    pass_time(seconds=31)
    assert unread(user) == before + 1
    with pytest.raises(Refused):
        act("undo", waiting, cast.officer)


@pytest.mark.rule("INV-16")
def test_an_amendment_is_compared_and_agreed_while_reviews_wait(cast, waiting):
    old = waiting.terms_id
    propose_terms(waiting.id, actor(cast.employer), offer(regular_pay=9000))
    with pytest.raises(Refused):
        act("attest", waiting, cast.officer)
    with pytest.raises(Invalid):
        act("agree_terms", waiting, cast.student)
    act("agree_terms", waiting, cast.student, agreed=True)
    assert (waiting.state, waiting.terms.regular_pay, waiting.terms.previous_id) == (
        "awaiting_school",
        9000,
        old,
    )
    assert agreement_data(waiting, "")["terms"]["regular_pay"] == "9,000"
    assert trail.of("placement", waiting.id)[-1].factor == "sms"
    attest(waiting, cast.officer)


@pytest.mark.rule("INV-16")
@pytest.mark.parametrize(
    ("step", "who"), [("decline_terms", "student"), ("take_back_terms", "employer")]
)
def test_declined_or_taken_back_leaves_the_old_terms(cast, waiting, step, who):
    old = waiting.terms_id
    propose_terms(waiting.id, actor(cast.employer), offer(regular_pay=9000))
    act(step, waiting, getattr(cast, who))
    assert (waiting.state, waiting.terms_id, waiting.proposed) == ("awaiting_school", old, None)


@pytest.mark.rule("INV-16", "INV-11", "GRD-05", "DOC-01")
def test_without_an_answer_the_review_goes_on_even_without_a_worker(cast, waiting):
    propose_terms(waiting.id, actor(cast.employer), offer(regular_pay=9000))
    pass_time(days=4)
    with pytest.raises(Refused):
        act("agree_terms", waiting, cast.student, agreed=True)
    act("attest", waiting, cast.officer)
    assert waiting.state == "in_force"
    assert [r.step for r in trail.of("placement", waiting.id)][-2:] == ["expire_terms", "attest"]
    printed = trace_rows([("placement", waiting.id)])[
        -2
    ]  # the clock has a Chinese name there (F-09)
    assert (printed["who"], printed["what"]) == ("系统", "变更逾期")


@pytest.mark.rule("INV-16")
def test_no_amendment_after_a_review(cast):
    set_setting(cast.school.id, "signing_review", "both", None)
    placement = accept(invite(cast.employer, cast.student)[0])
    act("attest_college", placement, cast.college_officer)
    with pytest.raises(Refused):
        propose_terms(placement.id, actor(cast.employer), offer(regular_pay=9000))
    with pytest.raises(NotYours):
        propose_terms(placement.id, actor(cast.rival), offer(regular_pay=9000))


@pytest.mark.rule("DST-05", "GRD-01")
def test_a_refused_registration_is_not_restored_beside_a_newer_one(cast):
    first = destination(cast.student, settles=False)
    PLACEMENTS.perform("refuse", first.id, actor(cast.officer), reason="请补充材料")
    pass_time(minutes=2)
    destination(cast.student, settles=False)
    with pytest.raises(Refused, match="登记了该去向"):
        PLACEMENTS.perform("restore", first.id, actor(cast.officer), reason="误操作")
