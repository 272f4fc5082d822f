"""The pages of the plan: rows, changes, years, snapshots; who sees what, and hostile input."""

from __future__ import annotations

import pytest

from app.batches.tasks import run
from app.core import clock
from app.core.db import db
from app.plan.rows import editions, reconciling, sync
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.edition_models import CountsAs
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import edit
from app.plan.years import snapshots
from app.plan.years.models import Snapshot, SnapshotRow
from tests.factories import accept, actor, attest, invite


@pytest.fixture(autouse=True)
def _parts(session):
    editions.load_shipped()


@pytest.fixture
def row(cast):
    """The row of a signing in force."""
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()
    return db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()


@pytest.fixture
def change(cast):
    """A signing met a row typed by staff."""
    sync.sync([cast.student.id], clock.now())
    key = db.session.query(PlanEntry.id).filter_by(student_id=cast.student.id).scalar()
    waiting = accept(invite(cast.employer, cast.student)[0])
    edit(key, actor(cast.officer), {"destination_code": "76"})
    attest(waiting, cast.officer)
    return db.session.query(ChangeRequest).filter_by(student_id=cast.student.id).one()


def page(browser, url, status=200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.get_data(as_text=True)


def posted(browser, url, **data):
    answer = browser.post(url, data=data)
    assert answer.status_code < 500
    return answer


def typed(row, **changes):
    from app.plan.rows.forms import version
    from app.plan.rows.models import DESTINATION_FIELDS

    known = {name: getattr(row, name) or "" for name in DESTINATION_FIELDS}
    return {**known, "region": "", "seen": version(row), "reason": "", **changes}


@pytest.mark.rule("PLN-03")
def test_staff_write_a_row_and_read_its_sources(cast, visit, row):
    office = visit(cast.officer)
    assert "签就业协议" in page(office, f"/plan/write/{row.id}")
    answer = posted(office, f"/plan/write/{row.id}", **typed(row, postcode="430079"))
    assert answer.status_code == 303
    shown = page(office, f"/plan/show/{row.id}")
    assert all(word in shown for word in ("430079", "签约", "工作人员填写"))


@pytest.mark.rule("PLN-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"destination_code": "999"},
        {"credit_code": "1234"},
        {"region": "没有这个地方"},
        {"employer_name": "长" * 200},
        {"destination_code": ""},
    ],
)
def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_written(cast, visit, row, wrong):
    before = (row.employer_name, row.sources)
    assert (
        posted(visit(cast.officer), f"/plan/write/{row.id}", **typed(row, **wrong)).status_code
        == 422
    )
    db.session.refresh(row)
    assert (row.employer_name, row.sources) == before


@pytest.mark.rule("PLN-03")
def test_who_saves_an_old_page_is_told(cast, visit, row):
    old = typed(row, postcode="430001")
    posted(visit(cast.officer), f"/plan/write/{row.id}", **typed(row, postcode="430079"))
    assert posted(visit(cast.officer), f"/plan/write/{row.id}", **old).status_code == 409


@pytest.mark.rule("PLN-06", "AGR-07")
def test_selected_rows_are_checked_by_the_worker_and_reported_one_by_one(cast, visit, row):
    office = visit(cast.officer)
    answer = posted(office, "/plan/action_post", action="check", rowid=[row.id])
    assert answer.status_code == 303
    work()
    assert db.session.get(PlanEntry, row.id).state == "checked"
    posted(office, f"/plan/action/report/{row.id}")
    assert db.session.get(PlanEntry, row.id).state == "reported"


def work():
    from app.batches.models import Batch

    run.func(db.session.query(Batch.id).order_by(Batch.id.desc()).limit(1).scalar())
    db.session.expire_all()


@pytest.mark.rule("PLN-06")
def test_a_whole_year_is_checked_by_one_button(cast, visit, row):
    office = visit(cast.officer)
    assert "2027" in page(office, "/plan/sync/")
    assert posted(office, "/plan/sync/2027/check?seen=1").status_code == 303
    work()
    assert db.session.get(PlanEntry, row.id).state == "checked"
    assert posted(office, "/plan/sync/2027/check").status_code == 303  # nothing is left
    assert posted(office, "/plan/sync/2027/edit").status_code == 404


@pytest.mark.rule("PLN-04")
def test_a_dry_run_shows_rows_side_by_side_and_applies_what_it_showed(cast, visit, row):
    office = visit(cast.officer)
    assert "无差异" in page(office, "/plan/sync/2027")
    db.session.execute(
        db.update(PlanEntry).where(PlanEntry.id == row.id).values(employer_name="旧名称")
    )
    db.session.commit()
    shown = page(office, "/plan/sync/2027")
    assert all(word in shown for word in ("旧名称", cast.employer.name))
    assert posted(office, "/plan/sync/2027", seen='{"add": 3}').status_code == 409
    for odd in ("", "[]", "{", "null", "\u200b", '{"change": "x"}'):
        assert posted(office, "/plan/sync/2027", seen=odd).status_code == 409
    assert posted(office, "/plan/sync/2027", seen='{"change": 1}').status_code == 303
    db.session.expire_all()
    assert db.session.get(PlanEntry, row.id).employer_name == cast.employer.name


@pytest.mark.rule("PLN-03")
def test_a_conflict_is_decided_field_by_field_on_its_page(cast, visit, change):
    office, name = visit(cast.officer), cast.employer.name
    assert cast.student.name in page(office, "/plan/changes/list/")
    shown = page(office, f"/plan/changes/show/{change.id}")
    assert all(word in shown for word in (name, "76 自由职业"))
    seen = change.changed_at.isoformat()
    answer = posted(
        office,
        f"/plan/changes/decide/{change.id}",
        seen=seen,
        decision="apply",
        **{"f-destination_code": "old"},
    )
    assert answer.status_code == 303
    row = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert (row.destination_code, row.employer_name) == ("76", name)
    assert "已采用" in page(office, f"/plan/changes/show/{change.id}")


@pytest.mark.rule("PLN-03")
def test_all_conflicts_alike_are_decided_with_one(cast, visit, change):
    sync.sync([cast.classmate.id], clock.now())
    key = db.session.query(PlanEntry.id).filter_by(student_id=cast.classmate.id).scalar()
    waiting = accept(invite(cast.employer, cast.classmate)[0])
    edit(key, actor(cast.officer), {"destination_code": "12"})
    attest(waiting, cast.officer)
    seen = change.changed_at.isoformat()
    posted(
        visit(cast.officer),
        f"/plan/changes/decide/{change.id}",
        seen=seen,
        decision="apply",
        alike="1",
    )
    assert db.session.query(ChangeRequest).filter_by(state="applied").count() == 2


@pytest.mark.rule("PLN-03")
def test_an_old_page_or_a_missing_reason_decides_nothing(cast, visit, change):
    office, url = visit(cast.officer), f"/plan/changes/decide/{change.id}"
    posted(office, url, seen="2000-01-01", decision="apply")
    posted(office, url, seen=change.changed_at.isoformat(), decision="drop", reason=" ")
    assert db.session.get(ChangeRequest, change.id).state == "open"


@pytest.mark.rule("ACC-02", "PLN-06")
def test_others_see_nothing_and_may_nothing(cast, visit, row):
    made = snapshots.take(actor(cast.officer), 2027, "八月底")
    stranger = visit(cast.other_officer)
    for url in (
        f"/plan/write/{row.id}",
        f"/plan/snapshots/{made.id}",
        f"/plan/snapshots/{made.id}/to/{made.id}",
    ):
        page(stranger, url, 404)
    for who in (cast.college_officer, cast.data, cast.province):
        browser = visit(who)
        page(browser, f"/plan/write/{row.id}", 403)
        assert posted(browser, "/plan/sync/2027", seen="{}").status_code == 403
        assert posted(browser, "/plan/snapshots/", year="2027", note="x").status_code == 403
    page(visit(cast.college_officer), f"/plan/snapshots/{made.id}", 403)


@pytest.mark.rule("ACC-02", "PLN-03")
def test_a_foreign_change_is_not_there(cast, visit, change):
    stranger = visit(cast.other_officer)
    page(stranger, f"/plan/changes/show/{change.id}", 404)
    assert (
        posted(stranger, f"/plan/changes/decide/{change.id}", decision="apply").status_code == 404
    )
    assert posted(stranger, f"/plan/changes/action/apply/{change.id}").status_code == 404
    assert db.session.get(ChangeRequest, change.id).state == "open"


# -- snapshots and codes -------------------------------------------------------------------------


@pytest.mark.rule("PLN-08", "PLN-11")
def test_a_snapshot_keeps_rows_editions_and_counts_whatever_happens_later(cast, visit, row):
    office = visit(cast.officer)
    answer = posted(office, "/plan/snapshots/", year="2027", note="八月底上报")
    made = db.session.query(Snapshot).one()
    assert answer.status_code == 303
    assert (made.code_edition, made.formula_edition) == ("2021", "2024")
    assert made.counts == {"employed": 1, "none": made.total - 1}
    edit(row.id, actor(cast.officer), {"destination_code": "76"})
    shown = page(office, f"/plan/snapshots/{made.id}?part=employed")
    assert "10 签就业协议形式就业" in shown
    posted(office, "/plan/snapshots/", year="2027", note="十二月上报")
    new = db.session.query(Snapshot).order_by(Snapshot.id.desc()).first()
    compared = page(office, f"/plan/snapshots/{made.id}/to/{new.id}")
    assert all(word in compared for word in ("76 自由职业", cast.student.name))
    found = snapshots.compare(made, new, 10)
    assert found.counts == {"changed": 1}


@pytest.mark.rule("PLN-08")
def test_two_snapshots_show_who_was_added_settled_and_ended(cast, row):
    from tests.factories import make_student

    first = snapshots.take(actor(cast.officer), 2027, "一")
    make_student(cast.college)
    attest(accept(invite(cast.rival, cast.classmate)[0]), cast.officer)
    cast.neighbour.graduation_year = 2028
    db.session.flush()
    second = snapshots.take(actor(cast.officer), 2027, "二")
    assert snapshots.compare(first, second, 9).counts == {"added": 1, "settled": 1, "left": 1}
    assert snapshots.compare(second, first, 9).counts == {"added": 1, "ended": 1, "left": 1}


@pytest.mark.rule("PLN-08")
@pytest.mark.parametrize("table", [Snapshot, SnapshotRow])
def test_the_database_lets_nobody_change_a_snapshot(cast, row, table):
    from sqlalchemy.exc import IntegrityError

    snapshots.take(actor(cast.officer), 2027, "一")
    for statement in (
        db.delete(table),
        db.update(table).values({list(table.__table__.c)[-1]: None}),
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(statement)


@pytest.mark.parametrize(
    ("year", "note"),
    [
        ("", "x"),
        ("20270", "x"),
        ("２０２７", "x"),
        ("1000", "x"),
        ("2027", ""),
        ("2027", "长" * 101),
        ("2027", "\u200b"),
    ],
)
@pytest.mark.rule("PLN-08")
def test_an_odd_snapshot_is_not_made(cast, visit, year, note):
    assert posted(visit(cast.officer), "/plan/snapshots/", year=year, note=note).status_code == 422
    assert db.session.query(Snapshot).count() == 0


@pytest.mark.rule("PLN-11")
def test_each_code_of_each_edition_says_what_it_counts_as():
    from app.codes import queries as codes
    from app.plan.rows.edition_models import PARTS

    for year, edition in ((2019, "legacy"), (2022, "2021"), (2027, "2024")):
        assert editions.formula(year) == edition
        known = dict(
            db.session.query(CountsAs.code, CountsAs.part).filter_by(edition=edition).all()
        )
        assert set(codes.names("byqx", year)) <= set(known)
        assert set(known.values()) <= set(PARTS)
    assert editions.counts_as("71", 2027) == "not_now"  # no further study yet
    assert (editions.counts_as("12", 2022), editions.counts_as("12", 2027)) == (
        "flexible",
        "employed",
    )
    assert editions.counts_as("999", 2027) == "none"


@pytest.mark.rule("PLN-11")
def test_staff_read_what_each_code_counts_as(cast, visit):
    shown = page(visit(cast.officer), "/plan/codes/list/?f_edition=2024")
    assert all(word in shown for word in ("不就业拟升学", "暂不就业", "单位就业"))
    page(visit(cast.college_officer), "/plan/codes/list/", 403)


@pytest.mark.rule("AGR-07", "PLN-03")
@pytest.mark.parametrize("who", ["data", "officer"])
def test_whoever_decides_on_many_changes_sees_what_became_of_them(cast, visit, change, who):
    browser = visit(getattr(cast, who))
    fits = browser.post("/plan/changes/fits", data={"rowid": [change.id], "tab": "open"}).json
    assert not fits["offers"]["drop"]["why"]
    asked = {"action": "drop", "rowid": [change.id], "reason": "以方案为准"}
    answer = browser.post("/plan/changes/action_post", data=asked)
    assert answer.status_code == 303
    work()
    page(browser, answer.location)
