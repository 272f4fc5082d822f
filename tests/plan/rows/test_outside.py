"""Under every figure: who is outside it and why; inside and outside are all graduates (PLN-06, RPT-01)."""

from __future__ import annotations

import random
import re

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.people.students.models import Student
from app.plan.reports import queries
from app.plan.reports.queries import Cut
from app.plan.rows import editions, outside, reconciling
from app.plan.rows.outside import RATE, Base, Why
from app.plan.years import snapshots
from tests.factories import actor, make_student

SCOPES = (
    "officer",
    "college_officer",
    "other_college_officer",
    "data",
    "province",
    "other_officer",
)


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


@pytest.fixture
def crowd(cast):
    """Two schools, three colleges, every state of the record, levels in and outside the formula."""
    dice = random.Random(12)
    for n in range(90):
        college = (cast.college, cast.other_college, cast.stranger.college)[n % 3]
        make_student(
            college,
            account=False,
            origin_state=dice.choice(["entered", "approved", "rejected"]),
            education=dice.choice(["31", "33", "25"]),
            graduation_year=dice.choice([2026, 2027]),
        )
    reconciling.reconcile(None, None, clock.now())
    late = [s.id for s in db.session.query(Student).limit(40)]
    # codes in some rows, rows of people nobody approved, approved ones without a row yet
    db.session.execute(text("UPDATE plan_entry SET destination_code = '10' WHERE id % 3 = 0"))
    db.session.execute(
        text("""INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state,
          changed_at, sources) SELECT id, school_id, college_id, graduation_year, 'open', now(), '{}'
          FROM student s WHERE origin_state = 'entered' AND id % 4 = 0
            AND NOT EXISTS (SELECT 1 FROM plan_entry e WHERE e.student_id = s.id)""")
    )
    db.session.execute(
        text(
            "DELETE FROM plan_entry WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION"
            " BY college_id ORDER BY student_id) AS n FROM plan_entry WHERE student_id = ANY(:ids)"
            " AND state = 'open') x WHERE n % 4 = 0)"
        ),
        {"ids": late},
    )
    db.session.commit()
    return cast


def everybody(who, *more) -> int:
    """All graduates of the scope, counted without any of the code under test."""
    where = {"school": "school_id = :school", "college": "college_id = :college"}
    scope = "true" if who.school_id is None else where["school"]
    scope = where["college"] if who.college_id else scope
    at = {"school": who.school_id, "college": who.college_id}
    conditions = " AND ".join((scope, *more))
    return db.session.scalar(text(f"SELECT count(*) FROM student WHERE {conditions}"), at)


@pytest.mark.rule("PLN-06", "RPT-01")
@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("year", [2026, 2027])
def test_inside_and_outside_are_all_graduates_of_every_figure(crowd, name, year):
    who = actor(getattr(crowd, name))
    total = everybody(who, f"graduation_year = {year}")
    assert total
    mine = Student.graduation_year == year
    for base in (
        outside.of_rate(who, mine),
        outside.of_plan(who, mine),
        outside.of_records(who, mine),
    ):
        assert base.total == total
    for by in ("school", "college", "major", "education", "sex"):
        rates = queries.live(who, Cut(year, by))
        assert sum(rate.base.total for rate in rates) == total
        assert queries.whole(rates).base == outside.of_rate(who, mine)
    for edition in ("2021", "2024"):  # another formula leaves others out, and never loses one
        assert (
            queries.whole(queries.live(who, Cut(year), editions.formula_of(edition))).base.total
            == total
        )
    by_year = {rate.key: rate.base.total for rate in queries.live(who, Cut(year, "year"))}
    assert by_year[year] == total


@pytest.mark.rule("PLN-06")
@pytest.mark.parametrize("name", ["officer", "college_officer", "province"])
def test_the_list_behind_each_reason_has_as_many_as_the_line_says(crowd, name):
    who = actor(getattr(crowd, name))
    scope = {"school_id": who.school_id, "college_id": who.college_id}
    mine = [getattr(Student, k) == v for k, v in scope.items() if v]
    rate, plan = outside.of_rate(who, *mine), outside.of_plan(who, *mine)
    assert set(rate.outside) == {Why.ENTERED, Why.REJECTED, Why.LEFT_OUT}

    def listed(*conditions) -> int:
        return db.session.query(Student).filter(*mine, *conditions).count()

    for why, count in rate.outside.items():
        assert listed(outside.for_reason(why)) == count
    assert listed(outside.for_reason(RATE)) == rate.out
    for why, count in plan.outside.items():
        assert listed(outside.for_reason(why), outside.without_row()) == count
    assert listed(outside.without_row()) == plan.out


@pytest.mark.rule("PLN-08")
def test_a_snapshot_keeps_who_was_outside_and_says_so_ever_after(crowd, visit):
    who = actor(crowd.officer)
    kept = snapshots.take(who, 2027, "八月")
    total = everybody(who, "graduation_year = 2027")
    assert snapshots.base_of(kept).total == total
    rates, _formula = queries.of_snapshot(kept, Cut(2027))
    before = queries.whole(rates).base
    assert before == outside.of_rate(who, Student.graduation_year == 2027)
    db.session.execute(text("UPDATE student SET origin_state = 'approved'"))
    db.session.commit()
    assert queries.whole(queries.of_snapshot(kept, Cut(2027))[0]).base == before
    later = snapshots.take(who, 2027, "十二月")
    office = visit(crowd.officer)
    left = kept.outside["entered"]
    for url in (
        f"/plan/snapshots/{kept.id}",
        f"/plan/snapshots/{kept.id}/to/{later.id}",
        f"/reports/rate?snapshot={kept.id}",
    ):
        page = office.get(url).text
        assert f"生源未审核 {left}" in page, url
    behind = office.get(f"/plan/snapshots/{kept.id}?part=entered").text
    assert len(re.findall(r"<li>[^<]*<span class=\"qq-hint\">", behind)) == left
    compared = snapshots.compare(kept, later, 500)
    assert compared.counts["added"] == later.total - kept.total


@pytest.mark.rule("PLN-08")
def test_a_snapshot_made_before_says_that_it_was_not_kept(crowd, visit):
    kept = snapshots.take(actor(crowd.officer), 2027, "旧")
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    db.session.execute(text("UPDATE plan_snapshot SET outside = NULL"))
    db.session.commit()
    office = visit(crowd.officer)
    for url in (f"/plan/snapshots/{kept.id}", f"/reports/rate?snapshot={kept.id}"):
        assert "未记录有哪些人未计入" in office.get(url).text


@pytest.mark.rule("PLN-06", "RPT-01")
@pytest.mark.parametrize("name", ["officer", "college_officer", "data", "province"])
def test_every_page_and_file_with_figures_says_who_is_outside(crowd, visit, name):
    office = visit(getattr(crowd, name))
    who = actor(getattr(crowd, name))
    base = outside.of_rate(who, Student.graduation_year == 2027)
    line = f"生源未审核 {base.outside['entered']}"
    pages = ["/office/", "/reports/rate?year=2027"]
    for url in pages:
        page = office.get(url).text
        assert f"不含 {base.out} 人" in page, url
        assert line in page, url
    link = re.search(r'href="(/plan/outside/list/[^"]*f_reason=entered[^"]*)"', page)
    assert office.get(link.group(1).replace("&amp;", "&")).status_code == 200
    rows = outside.of_plan(who)
    page = office.get("/plan/list/").text
    assert f"不含 {rows.out} 人" in page
    assert f"方案中尚无记录 {rows.outside['no_row']}" in page
    for kind in ("csv", "xlsx"):
        assert office.get(f"/reports/rate.{kind}?year=2027").status_code == 200
    file = office.get("/reports/rate.csv?year=2027").data.decode("utf-8-sig")
    assert f"不含 {base.out} 人（生源未审核 {base.outside['entered']}" in file
    if name != "province":
        flow = office.get(f"/reports/flow.csv?school={crowd.school.id}").data.decode("utf-8-sig")
        assert "统计范围" in flow


@pytest.mark.rule("PLN-06")
def test_a_year_in_which_nobody_is_approved_is_not_left_out(cast, visit):
    make_student(cast.college, "未审核甲", origin_state="entered", graduation_year=2029)
    db.session.commit()
    page = visit(cast.officer).get("/plan/sync/").text
    assert "2029" in page
    assert "生源未审核 1" in page
    listed = visit(cast.officer).get("/plan/outside/list/?f_reason=entered&f_row=none").text
    assert "未审核甲" in listed
    assert "未审核甲" not in visit(cast.other_officer).get("/plan/outside/list/").text


def test_a_base_of_nobody_outside_says_that_all_are_counted(app):
    with app.test_request_context():
        assert "12" in outside.text_of(Base(12))
