"""代审: after the working days of its setting the school decides in a college's place, marked as such."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.notices.models import Notice
from app.plan.checks.signs import looser
from app.settings.calendar import set_day
from app.settings.queries import set_setting
from app.signing.placements.printing import trace_rows
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow import trail
from tests import factories as make
from tests.signing.desk.desk import signed, text, two_levels

WHY = "学院三天没有人在岗"


@pytest.fixture
def waits(cast):
    """A signing that waits for its college since Monday, 23 November 2026."""
    two_levels(cast)
    [placement] = signed(cast.employer, cast.student)
    return placement


def allow(cast, days=3):
    set_setting(cast.school.id, "deputy_days", days, None)
    db.session.commit()


def stand_in(cast, placement, step="attest_for_college", reason=WHY):
    return PLACEMENTS.perform(step, placement.id, make.actor(cast.officer), reason=reason)


@pytest.mark.rule("AGR-17")
def test_it_is_off_by_default_and_stays_off(cast, waits, visit):
    make.pass_time(days=30)
    with pytest.raises(Refused):
        stand_in(cast, waits)
    assert "代学院" not in text(visit(cast.officer).get(f"/desk/show/{waits.id}"))


@pytest.mark.rule("AGR-17")
def test_the_college_first_has_its_working_days(cast, waits):
    allow(cast)
    make.pass_time(days=3)  # Thursday: the third working day is not over
    with pytest.raises(Refused, match="2026-11-26 24:00"):
        stand_in(cast, waits)
    make.pass_time(days=1)
    assert stand_in(cast, waits).state == "awaiting_school"


@pytest.mark.rule("AGR-17")
def test_weekends_and_the_schools_own_free_days_are_not_counted(cast, waits):
    allow(cast, 5)
    set_day(
        cast.school.id,
        make.clock.local(make.clock.now()).date().replace(day=27),
        False,
        "校庆",
        None,
    )
    db.session.commit()
    make.pass_time(days=7)  # Monday, 30 November: Friday was free
    with pytest.raises(Refused, match="2026-12-01 24:00"):
        stand_in(cast, waits)


@pytest.mark.rule("AGR-17", "AGR-05")
def test_it_needs_a_reason_and_is_marked_in_trace_desk_and_document(cast, waits, visit):
    allow(cast)
    make.pass_time(days=7)
    with pytest.raises(Invalid):
        stand_in(cast, waits, reason="  ")
    stand_in(cast, waits)
    row = trail.of("placement", waits.id)[-1]
    assert (row.step, row.actor_role, row.reason) == ("attest_for_college", "school", WHY)
    printed = trace_rows([("placement", waits.id)])[-1]
    assert (printed["what"], printed["note"]) == ("代学院审核通过", WHY)
    page = text(visit(cast.officer).get(f"/desk/show/{waits.id}"))
    assert "代学院审核通过" in page
    assert WHY in page


@pytest.mark.rule("AGR-17", "NTF-01")
def test_the_college_is_told_once_it_cannot_be_undone_any_more(cast, waits):
    allow(cast)
    make.pass_time(days=7)
    stand_in(cast, waits, "refuse_for_college")
    told = db.session.query(Notice).filter(Notice.key.contains("refuse_for_college"))
    users = {notice.user_id for notice in told}
    assert {cast.college_officer.id, make.account(cast.student).id} <= users
    assert cast.other_college_officer.id not in users
    assert all(notice.shown_from > make.clock.now() for notice in told)
    PLACEMENTS.perform("undo", waits.id, make.actor(cast.officer))
    assert waits.state == "awaiting_college"
    assert not told.count()
    stand_in(cast, waits)  # second thoughts gave the college no new days


@pytest.mark.rule("AGR-17", "AGR-13")
@pytest.mark.parametrize(
    "who", ["college_officer", "province", "data", "other_officer", "other_college_officer"]
)
def test_only_the_school_stands_in(cast, waits, visit, who):
    allow(cast)
    make.pass_time(days=7)
    user = getattr(cast, who)
    with pytest.raises(NotYours):
        PLACEMENTS.perform("attest_for_college", waits.id, make.actor(user), reason=WHY)
    answer = visit(user).post(f"/desk/action/attest_for_college/{waits.id}", data={"reason": WHY})
    assert answer.status_code in (403, 404)
    assert waits.state == "awaiting_college"


@pytest.mark.rule("AGR-17", "AGR-06")
def test_what_was_sent_back_gives_the_college_its_days_anew(cast, waits):
    allow(cast)
    make.pass_time(days=7)
    stand_in(cast, waits)
    make.pass_time(minutes=2)
    PLACEMENTS.perform("send_back", waits.id, make.actor(cast.officer), reason="请学院核实")
    with pytest.raises(Refused, match="学院的办理期限"):
        stand_in(cast, waits)


@pytest.mark.rule("AGR-17", "AGR-03")
def test_completing_facts_gives_nobody_more_time(cast, waits):
    from app.signing.placements.workflow import fill_facts

    allow(cast)
    make.pass_time(days=7)
    facts = {"employer_kind": "39", "employer_industry": "34", "employer_location": "420111"}
    fill_facts(waits.id, make.actor(cast.officer), facts)
    assert stand_in(cast, waits).state == "awaiting_school"


@pytest.mark.rule("AGR-17")
def test_a_college_that_decides_alone_can_be_stood_in_for_too(cast):
    set_setting(cast.school.id, "signing_review", "college", None)
    allow(cast)
    [placement] = signed(cast.employer, cast.student)
    make.pass_time(days=7)
    done = stand_in(cast, placement)
    assert (done.state, bool(done.agreement_no)) == ("in_force", True)


@pytest.mark.rule("AGR-17", "OFF-03")
@pytest.mark.parametrize(
    ("step", "state"), [("approve_form", "form_school"), ("refuse_form", "refused")]
)
def test_forms_of_paper_signings_too(cast, step, state):
    set_setting(cast.school.id, "offline_review", "both", None)
    allow(cast)
    form = make.paper(cast.student)
    make.pass_time(days=7)
    assert stand_in(cast, form, f"{step}_for_college").state == state


@pytest.mark.rule("AGR-17", "TRM-03")
def test_terminations_too(cast, visit):
    two_levels(cast)
    set_setting(cast.school.id, "termination_review", "both", None)
    allow(cast)
    [placement] = signed(cast.employer, cast.student)
    PLACEMENTS.perform("attest_college", placement.id, make.actor(cast.college_officer))
    make.attest(placement, cast.officer)
    ending = make.terminate(placement)
    TERMINATIONS.perform("agree", ending.id, make.actor(cast.employer), agreed=True)
    make.pass_time(days=7)
    desk = visit(cast.officer)
    url = f"/desk/action/termination_approve_for_college/{placement.id}"
    assert desk.post(url, data={"reason": WHY}).status_code == 303
    assert ending.state == "awaiting_school"


@pytest.mark.rule("AGR-17", "CHK-01")
def test_the_setting_counts_among_those_whose_loosening_is_a_sign():
    [rule] = [row for row in looser() if row["key"] == "deputy_days"]
    assert rule == {"key": "deputy_days", "before": 0, "looser": "sooner"}
