"""The trend over snapshots and what changed since the last one (RPT-06, PLN-08)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.db import db
from app.people.students.models import Student
from app.plan.reports import queries, trend
from app.plan.reports.queries import Cut
from app.plan.years import snapshots
from app.plan.years.models import Snapshot
from tests.factories import actor, make_student, pass_time
from tests.plan.checks.test_rules import row_of
from tests.plan.reports.conftest import YEAR


def cut(cast, **more) -> Cut:
    return Cut(YEAR, "education", cast.school.id, **more)


@pytest.mark.rule("RPT-06", "PLN-08")
def test_a_trend_counts_each_snapshot_as_its_own_report_does(filled):
    who = actor(filled.officer)
    first = snapshots.take(who, YEAR, "9月报送")
    pass_time(days=30)
    row_of(make_student(filled.college), destination_code="76")
    second = snapshots.take(who, YEAR, "10月报送")
    db.session.execute(text("UPDATE plan_entry SET destination_code = '70' WHERE id % 2 = 0"))
    db.session.commit()
    found = trend.moments(who, cut(filled))
    assert [m.snapshot and m.snapshot.id for m in found] == [first.id, second.id, None]
    for moment in found[:2]:
        rates, formula = queries.of_snapshot(
            db.session.get_one(Snapshot, moment.snapshot.id), Cut(YEAR, "college")
        )
        whole = queries.whole(rates)
        assert (moment.rate.parts, moment.rate.outside) == (whole.parts, whole.outside)
        assert moment.rate.settled(moment.formula) == whole.settled(formula)
    assert found[-1].rate.parts == queries.whole(queries.live(who, Cut(YEAR))).parts
    assert found[1].rate.parts["freelance"] == found[0].rate.parts.get("freelance", 0) + 1


@pytest.mark.rule("RPT-06", "ACC-02")
def test_a_college_sees_itself_in_the_schools_snapshots_and_a_stranger_nothing(filled, visit):
    snapshots.take(actor(filled.officer), YEAR, "9月报送")
    mine = trend.moments(actor(filled.college_officer), cut(filled))
    theirs = trend.moments(actor(filled.other_college_officer), cut(filled))
    all_of_it = trend.moments(actor(filled.officer), cut(filled))
    assert mine[0].rate.total + theirs[0].rate.total == all_of_it[0].rate.total
    assert 0 < mine[0].rate.total < all_of_it[0].rate.total
    assert [m.snapshot for m in trend.moments(actor(filled.other_officer), cut(filled))] == [None]
    assert (
        "9月报送"
        not in visit(filled.other_officer).get(f"/reports/trend?school={filled.school.id}").text
    )
    assert "9月报送" in visit(filled.province).get(f"/reports/trend?school={filled.school.id}").text


@pytest.mark.rule("RPT-06")
def test_what_changed_since_the_last_report_is_counted_and_named(filled, visit):
    row_of(make_student(filled.college, "甲去"), destination_code="10", employer_name="旧单位")
    row_of(make_student(filled.college, "乙去"), destination_code="10")
    row_of(make_student(filled.college, "丙去"), destination_code=None, employer_name=None)
    row_of(make_student(filled.college, "戊去"), destination_code="11", employer_name=None)
    snapshots.take(actor(filled.officer), YEAR, "9月报送")

    def change(name: str, **values) -> None:
        student = db.session.query(Student).filter_by(name=name).one()
        row_of(student, **values)

    change("甲去", destination_code="10", employer_name="新单位")
    change("乙去", destination_code=None)
    change("丙去", destination_code="76")
    row_of(make_student(filled.college, "丁去"), destination_code="801")
    change("戊去", destination_code="11", employer_name=None)
    who = actor(filled.officer)
    last = trend.moments(who, cut(filled))[-2].snapshot
    counts = trend.changes(who, cut(filled), last)
    assert counts == {"settled": 1, "changed": 1, "ended": 1, "added": 1}
    behind = queries.graduates_for(who).where(queries.in_n())
    named = {
        kind: {s.name for s in db.session.scalars(behind.where(trend.changed_as(kind)))}
        for kind in counts
    }
    assert named == {"settled": {"丙去"}, "changed": {"甲去"}, "ended": {"乙去"}, "added": {"丁去"}}
    office = visit(filled.officer)
    page = office.get("/reports/trend?year=2027").text
    assert "f_changed=settled" in page
    assert "丙去" in office.get("/reports/graduates/list/?f_year=2027&f_changed=settled").text
    assert trend.changes(actor(filled.other_college_officer), cut(filled), last) == dict.fromkeys(
        counts, 0
    )


def test_without_a_snapshot_the_page_says_how_a_trend_begins(filled, visit):
    page = visit(filled.officer).get("/reports/trend?year=2027").text
    assert "本届还没有快照" in page
    assert visit(filled.officer).get("/reports/trend.xlsx?year=2027").status_code == 200


@pytest.mark.rule("PLN-08")
@pytest.mark.parametrize(
    "act", ["UPDATE plan_snapshot_count SET count = 0", "DELETE FROM plan_snapshot_count"]
)
def test_the_counts_of_a_snapshot_are_kept_for_good(filled, act):
    snapshots.take(actor(filled.officer), YEAR, "9月报送")
    with pytest.raises(Exception, match=r"never|kept|changed"), db.session.begin_nested():
        db.session.execute(text(act))


@pytest.mark.rule("PLN-08")
def test_the_migration_counts_older_snapshots_as_new_ones_are(filled):
    """What 0040 brings into the table for snapshots of before is what `take` writes for those of today."""
    path = Path(__file__).parents[3] / "migrations" / "versions" / "0039_questions.py"
    spec = importlib.util.spec_from_file_location("questions", path)
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    snapshots.take(actor(filled.officer), YEAR, "9月报送")
    select = migration.COUNT[migration.COUNT.index("SELECT") :]
    anew = sorted(map(tuple, db.session.execute(text(select))))
    kept = sorted(map(tuple, db.session.execute(text("SELECT * FROM plan_snapshot_count"))))
    assert anew == kept
    assert len(kept) > 5
