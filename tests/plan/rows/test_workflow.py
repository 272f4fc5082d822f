"""Rows of the plan: typed, checked, reported; what comes later is decided on."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanEntry
from app.plan.rows.sync import sync
from app.plan.rows.workflow import CHANGES, PLAN, edit
from app.signing.placements.workflow import PLACEMENTS
from app.workflow import trail
from tests.factories import accept, actor, attest, invite

OWN = {"destination_code": "76", "employer_name": "自由撰稿"}


def row_of(student) -> PlanEntry:
    """The student's plan row, made if there is none."""
    sync([student.id], clock.now())
    return db.session.query(PlanEntry).filter_by(student_id=student.id).one()


def change_of(student, state="open") -> ChangeRequest:
    return db.session.query(ChangeRequest).filter_by(student_id=student.id, state=state).one()


def changes(student) -> list[str]:
    found = db.session.query(ChangeRequest).filter_by(student_id=student.id)
    return [change.state for change in found.order_by(ChangeRequest.id)]


def plan(step, student, who, **more):
    return PLAN.perform(step, row_of(student).id, actor(who), **more)


@pytest.fixture
def waiting(cast):
    """The student's signing before its attestation."""
    return accept(invite(cast.employer, cast.student)[0])


@pytest.fixture
def reported(cast, waiting):
    """The signing in force, its row reported."""
    attest(waiting, cast.officer)
    plan("check", cast.student, cast.officer)
    plan("report", cast.student, cast.officer)
    return waiting


@pytest.fixture
def conflict(cast, waiting):
    """The signing came into force and met a row typed by staff."""
    edit(row_of(cast.student).id, actor(cast.officer), OWN)
    attest(waiting, cast.officer)
    return change_of(cast.student)


@pytest.mark.rule("PLN-01", "PLN-03")
def test_a_signing_in_force_fills_the_row_and_each_field_knows_its_source(cast, waiting):
    attest(waiting, cast.officer)
    row = row_of(cast.student)
    assert (row.state, row.placement_id, row.by_staff) == ("filled", waiting.id, False)
    assert row.credit_code == cast.employer.credit_code
    assert row.position_kind == waiting.terms.position_kind
    assert set(row.sources.values()) == {"signing"}
    assert "archive_to" not in row.sources or row.archive_to


@pytest.mark.rule("PLN-03")
def test_each_field_that_staff_change_has_staff_as_its_source_and_marks_the_row(cast, waiting):
    attest(waiting, cast.officer)
    row = row_of(cast.student)
    assert edit(row.id, actor(cast.officer), {**values(row), "postcode": "430079"})
    assert (row.postcode, row.sources["postcode"], row.by_staff) == ("430079", "staff", True)
    assert row.sources["destination_code"] == "signing"
    assert not edit(row.id, actor(cast.officer), values(row))
    last = trail.of("plan_entry", row.id)[-1]
    assert (last.step, last.details["changes"]["postcode"][1]) == ("edit", "430079")
    sync([cast.student.id], clock.now())
    assert row_of(cast.student).postcode == "430079"


def values(row) -> dict:
    from app.plan.rows.models import DESTINATION_FIELDS

    return {name: getattr(row, name) for name in DESTINATION_FIELDS}


@pytest.mark.rule("PLN-03", "ACC-02")
def test_only_the_schools_own_staff_edit_a_row(cast, waiting):
    attest(waiting, cast.officer)
    key = row_of(cast.student).id
    for who in (cast.other_officer, cast.college_officer, cast.data, cast.student):
        with pytest.raises(NotYours):
            edit(key, actor(who), OWN)


@pytest.mark.rule("PLN-02")
def test_the_destination_of_a_placement_in_force_is_not_emptied_by_hand(cast, waiting):
    attest(waiting, cast.officer)
    with pytest.raises(Invalid, match="去向"):
        edit(row_of(cast.student).id, actor(cast.officer), {"destination_code": None})


@pytest.mark.rule("PLN-06")
def test_rows_go_from_open_over_filled_and_checked_to_reported_and_back(cast, waiting):
    assert row_of(cast.student).state == "open"
    with pytest.raises(Refused):
        plan("check", cast.student, cast.officer)
    attest(waiting, cast.officer)
    with pytest.raises(Refused):
        plan("report", cast.student, cast.officer)
    with pytest.raises(NotYours):
        plan("check", cast.student, cast.data)
    plan("check", cast.student, cast.officer)
    plan("report", cast.student, cast.officer)
    with pytest.raises(Refused):
        edit(row_of(cast.student).id, actor(cast.officer), OWN)
    with pytest.raises(Invalid):
        plan("reopen", cast.student, cast.officer)
    plan("reopen", cast.student, cast.officer, reason="上报有误")
    assert row_of(cast.student).state == "filled"
    steps = [row.step for row in trail.of("plan_entry", row_of(cast.student).id)]
    assert steps == ["check", "report", "reopen"]


@pytest.mark.rule("PLN-06")
def test_a_check_is_taken_back(cast, waiting):
    attest(waiting, cast.officer)
    plan("check", cast.student, cast.officer)
    plan("uncheck", cast.student, cast.officer)
    assert row_of(cast.student).state == "filled"


@pytest.mark.rule("PLN-02", "GRD-05")
def test_a_checked_row_whose_placement_ends_is_empty_and_its_trace_says_why(cast, waiting):
    attest(waiting, cast.officer)
    plan("check", cast.student, cast.officer)
    PLACEMENTS.perform("reopen", waiting.id, actor(cast.officer), reason="误操作")
    row = row_of(cast.student)
    assert (row.state, row.placement_id, row.destination_code) == ("open", None, None)
    last = trail.of("plan_entry", row.id)[-1]
    assert (last.step, last.from_state, last.to_state) == ("emptied", "checked", "open")


@pytest.mark.rule("GRD-05")
def test_the_database_keeps_no_checked_row_without_its_event(cast, waiting):
    attest(waiting, cast.officer)
    row = row_of(cast.student)
    with pytest.raises(IntegrityError):
        db.session.execute(
            db.update(PlanEntry).where(PlanEntry.id == row.id).values(state="checked")
        )
        db.session.commit()
    db.session.rollback()


# -- a row that staff wrote ----------------------------------------------------------------------


@pytest.mark.rule("PLN-03", "GRD-06")
def test_a_signing_that_meets_a_row_typed_by_staff_becomes_a_conflict_and_changes_nothing(
    cast, conflict
):
    row = row_of(cast.student)
    assert (row.destination_code, row.employer_name, row.placement_id) == ("76", "自由撰稿", None)
    assert (conflict.kind, conflict.ends, conflict.source) == ("conflict", False, "signing")
    assert conflict.changes["destination_code"] == ["76", "10"]
    assert conflict.changes["employer_name"] == ["自由撰稿", cast.employer.name]
    assert [r.step for r in trail.of("change_request", conflict.id)] == ["raise"]
    with pytest.raises(Refused):
        plan("check", cast.student, cast.officer)


@pytest.mark.rule("PLN-03")
def test_staff_choose_field_by_field_and_a_second_sync_finds_nothing(cast, conflict):
    CHANGES.perform(
        "apply",
        conflict.id,
        actor(cast.officer),
        take={"destination_code", "credit_code"},
        shown=dict(conflict.changes),
    )
    row = row_of(cast.student)
    assert (row.destination_code, row.employer_name) == ("10", "自由撰稿")
    assert (row.sources["destination_code"], row.sources["employer_name"]) == ("signing", "staff")
    assert (row.placement_id, row.by_staff, row.state) == (conflict.placement_id, True, "filled")
    assert (row.industry, row.sources["industry"]) == (None, "staff")
    assert sync([cast.student.id], clock.now()) == {}
    assert changes(cast.student) == ["applied"]


@pytest.mark.rule("PLN-03", "PLN-02")
def test_taking_all_makes_the_row_the_signings_own_so_that_its_end_empties_it(cast, conflict):
    CHANGES.perform("apply", conflict.id, actor(cast.officer))
    row = row_of(cast.student)
    assert (row.employer_name, row.by_staff) == (cast.employer.name, False)
    assert sync([cast.student.id], clock.now()) == {}
    placement = conflict.placement_id
    PLACEMENTS.perform("reopen", placement, actor(cast.officer), reason="误操作")
    assert (row_of(cast.student).destination_code, row_of(cast.student).state) == (None, "open")


@pytest.mark.rule("PLN-03")
def test_keeping_the_row_needs_a_reason_and_settles_the_conflict_for_good(cast, conflict):
    with pytest.raises(Invalid):
        CHANGES.perform("drop", conflict.id, actor(cast.officer))
    CHANGES.perform("drop", conflict.id, actor(cast.officer), reason="学生实际自由职业")
    row = row_of(cast.student)
    assert (row.destination_code, row.placement_id) == ("76", conflict.placement_id)
    assert sync([cast.student.id], clock.now()) == {}
    PLACEMENTS.perform("reopen", conflict.placement_id, actor(cast.officer), reason="误操作")
    row = row_of(cast.student)
    assert (row.destination_code, row.placement_id, row.state) == ("76", None, "filled")


@pytest.mark.rule("PLN-03")
def test_a_conflict_whose_signing_ends_is_overtaken(cast, conflict):
    PLACEMENTS.perform("reopen", conflict.placement_id, actor(cast.officer), reason="误操作")
    assert changes(cast.student) == ["overtaken"]
    assert row_of(cast.student).destination_code == "76"


@pytest.mark.rule("PLN-03")
def test_clearing_the_typed_row_lets_the_signing_in(cast, conflict):
    row = row_of(cast.student)
    edit(row.id, actor(cast.officer), dict.fromkeys(OWN))
    assert changes(cast.student) == ["overtaken"]
    row = row_of(cast.student)
    assert (row.employer_name, row.state, row.by_staff) == (cast.employer.name, "filled", False)


@pytest.mark.rule("PLN-03")
def test_editing_the_row_of_a_conflict_renews_it_and_the_old_page_is_told(cast, conflict):
    seen = dict(conflict.changes)
    edit(row_of(cast.student).id, actor(cast.officer), {**OWN, "employer_name": "自由摄影"})
    assert change_of(cast.student).changes["employer_name"][0] == "自由摄影"
    with pytest.raises(Refused):
        CHANGES.perform("apply", conflict.id, actor(cast.officer), shown=seen)


@pytest.mark.rule("PLN-03", "ACC-02")
def test_conflicts_are_decided_by_the_schools_own_staff(cast, conflict):
    with pytest.raises(Refused):
        CHANGES.perform("apply", conflict.id, actor(cast.data))
    for who in (cast.other_officer, cast.college_officer, cast.student, cast.employer):
        with pytest.raises(NotYours):
            CHANGES.perform("apply", conflict.id, actor(who))


# -- a reported row ------------------------------------------------------------------------------


@pytest.mark.rule("PLN-06")
def test_a_reported_row_stays_when_its_signing_ends_until_data_staff_confirm(cast, reported):
    end(reported, cast)
    row = row_of(cast.student)
    assert (row.state, row.destination_code, row.placement_id) == ("reported", "10", reported.id)
    change = change_of(cast.student)
    assert (change.kind, change.ends, change.placement_id) == ("reported", True, reported.id)
    CHANGES.perform("apply", change.id, actor(cast.data))
    row = row_of(cast.student)
    assert (row.state, row.destination_code, row.placement_id) == ("reported", None, None)
    assert row.sources == {}
    assert sync([cast.student.id], clock.now()) == {}
    assert trail.of("plan_entry", row.id)[-1].step == "amend"


@pytest.mark.rule("PLN-06")
def test_a_dropped_change_has_its_reason_and_does_not_come_back(cast, reported):
    end(reported, cast)
    change = change_of(cast.student)
    with pytest.raises(Invalid):
        CHANGES.perform("drop", change.id, actor(cast.data))
    CHANGES.perform("drop", change.id, actor(cast.data), reason="已按原数据上报")
    assert sync([cast.student.id], clock.now()) == {"settled": 1}
    assert changes(cast.student) == ["dropped"]
    assert row_of(cast.student).destination_code == "10"


@pytest.mark.rule("PLN-06")
def test_opening_a_reported_row_again_lets_it_follow_its_placement(cast, reported):
    end(reported, cast)
    plan("reopen", cast.student, cast.officer, reason="更正")
    assert (row_of(cast.student).state, changes(cast.student)) == ("open", ["overtaken"])


@pytest.mark.rule("PLN-06")
def test_another_destination_after_the_report_waits_as_one_change(cast, reported):
    end(reported, cast)
    row = row_of(cast.student)
    second = accept_past_report(cast)
    change = change_of(cast.student)
    assert (change.placement_id, change.ends) == (second.id, False)
    assert change.changes["employer_name"] == [row.employer_name, cast.rival.name]
    assert [r.step for r in trail.of("change_request", change.id)] == ["raise", "renew"]
    CHANGES.perform("apply", change.id, actor(cast.officer))
    row = row_of(cast.student)
    assert (row.employer_name, row.placement_id, row.state) == (
        cast.rival.name,
        second.id,
        "reported",
    )


def end(placement, cast):
    """It is terminated, by whatever way."""
    PLACEMENTS.apply("end", placement.id, actor(cast.officer))
    db.session.commit()


def accept_past_report(cast):
    """A signing that was under way before the report comes into force after it."""
    from unittest.mock import patch

    with patch("app.signing.placements.may_sign.plan.bar", return_value=None):
        found = accept(invite(cast.rival, cast.student)[0])
    attest(found, cast.officer)
    return found


@pytest.mark.rule("PLN-01", "PLN-03")
def test_a_row_without_destination_takes_at_least_that_of_the_placement_in_force(cast, waiting):
    edit(row_of(cast.student).id, actor(cast.officer), {"postcode": "430079"})
    attest(waiting, cast.officer)
    conflict = change_of(cast.student)
    with pytest.raises(Refused, match="毕业去向"):
        CHANGES.perform("drop", conflict.id, actor(cast.officer), reason="保留本校填写")
    with pytest.raises(Refused, match="毕业去向"):
        CHANGES.perform("apply", conflict.id, actor(cast.officer), take={"credit_code"})
    CHANGES.perform("apply", conflict.id, actor(cast.officer), take={"destination_code"})
    row = row_of(cast.student)
    assert (row.destination_code, row.postcode, row.state) == ("10", "430079", "filled")
    assert sync([cast.student.id], clock.now()) == {}


@pytest.mark.rule("PLN-03")
def test_nobody_is_the_source_of_what_is_empty(cast, conflict):
    CHANGES.perform("drop", conflict.id, actor(cast.officer), reason="学生实际自由职业")
    PLACEMENTS.perform("reopen", conflict.placement_id, actor(cast.officer), reason="误操作")
    row = row_of(cast.student)
    edit(row.id, actor(cast.officer), dict.fromkeys(OWN))
    assert (row_of(cast.student).by_staff, row_of(cast.student).sources) == (False, {})


@pytest.mark.rule("PLN-03", "PLN-02")
@pytest.mark.parametrize("way", ["drop", "apply"])
def test_what_staff_typed_as_the_placement_says_it_outlives_the_placement(cast, waiting, way):
    typed = {"destination_code": "10", "employer_name": cast.employer.name, "postcode": "430079"}
    edit(row_of(cast.student).id, actor(cast.officer), typed)
    attest(waiting, cast.officer)
    conflict = change_of(cast.student)
    assert "employer_name" not in conflict.changes
    more = {"reason": "保留本校填写"} if way == "drop" else {"take": {"credit_code"}}
    CHANGES.perform(way, conflict.id, actor(cast.officer), **more)
    assert sync([cast.student.id], clock.now()) == {}
    PLACEMENTS.perform("reopen", conflict.placement_id, actor(cast.officer), reason="误操作")
    row = row_of(cast.student)
    assert {name: getattr(row, name) for name in typed} == typed
    assert (row.placement_id, row.credit_code) == (None, None)
