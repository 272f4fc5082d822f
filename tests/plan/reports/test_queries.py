"""The figures: both editions agree, everybody is counted once, colleges keep their order (RPT-01, RPT-04)."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.codes import queries as codes
from app.core.db import db
from app.plan.reports import flow, flow_detail, queries
from app.plan.reports.queries import Cut
from app.plan.rows import editions
from app.plan.rows.editions import NOT_NOW, NOTHING, SEEKING, formula_of, parts_of
from app.plan.rows.outside import Base
from app.plan.years import snapshots
from app.plan.years.models import Snapshot
from app.signing.destinations.workflow import submit
from app.signing.terminations.models import LABELS
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.factories import accept, actor, attest, invite
from tests.plan.checks.test_rules import row_of
from tests.signing.destinations.ways import filled

CODES = [
    "10",
    "11",
    "12",
    "271",
    "46",
    "502",
    "519",
    "751",
    "76",
    "801",
    "85",
    "700",
    "71",
    "720",
    "999",
    None,
]


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


def counted(rates) -> dict:
    return {rate.key: rate for rate in rates}


def adds_up(rate, formula) -> bool:
    outside = sum(rate.parts.get(part, 0) for part in (SEEKING, NOT_NOW, NOTHING))
    return rate.settled(formula) + outside == rate.total


def fill(cast, codes) -> None:
    """Graduates with these codes, one each, written by SQL."""
    db.session.execute(
        text("""WITH made AS (INSERT INTO student (uid, school_id, college_id, major_id, class_name,
            graduation_year, student_no, name, sex, education, training_mode, origin_state)
          SELECT md5('r' || n), c.school_id, c.id, m.id, '', 2027, 'R' || n, '某某', (1 + n % 2)::text,
            CASE WHEN n % 10 = 0 THEN '33' ELSE '31' END, '1', 'approved'
          FROM generate_series(1, :count) n
            JOIN college c ON c.id = (CASE WHEN n % 3 = 0 THEN :one ELSE :two END)
            JOIN major m ON m.college_id = c.id RETURNING id, student_no, school_id, college_id)
        INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state, changed_at,
          sources, destination_code)
        SELECT id, school_id, college_id, 2027, 'open', now(), '{}',
          (CAST(:codes AS text[]))[substr(student_no, 2)::int] FROM made"""),
        {"count": len(codes), "codes": codes, "one": cast.college.id, "two": cast.other_college.id},
    )


@pytest.mark.rule("RPT-01", "PLN-11")
def test_both_editions_give_the_same_total_on_100_000_random_rows(cast):
    dice = random.Random(7)
    db.session.execute(text("SET LOCAL session_replication_role = replica"))  # no dirty keys
    fill(cast, dice.choices(CODES, k=100_000))
    db.session.execute(text("ANALYZE student, plan_entry"))
    who = actor(cast.officer)
    for by in ("college", "major", "education", "sex", "school"):
        old, new = formula_of("2021"), formula_of("2024")
        before, after = (
            counted(queries.live(who, Cut(2027, by), old)),
            counted(queries.live(who, Cut(2027, by), new)),
        )
        assert before.keys() == after.keys()
        for key, rate in before.items():
            assert rate.settled(old) == after[key].settled(new)
            assert rate.total == after[key].total
            assert adds_up(rate, old)
            assert adds_up(after[key], new)
    assert queries.whole(list(after.values())).total == 90_000 + 3  # 结业 is not in N


@pytest.mark.rule("RPT-01")
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=40))
def test_everybody_is_counted_once_and_the_list_behind_agrees(cast, codes):
    nested = db.session.begin_nested()
    fill(cast, codes)
    who, formula = actor(cast.officer), formula_of("2024")
    total = queries.whole(queries.live(who, Cut(2027)))
    assert adds_up(total, formula)
    behind = queries.graduates_for(who).where(
        queries.in_n(), queries.Student.graduation_year == 2027
    )
    for part in (*formula.settled, SEEKING, NOT_NOW, NOTHING):
        found = db.session.scalars(behind.where(queries.counts_as(part))).all()
        assert len(found) == total.parts.get(part, 0), part
    assert len(
        db.session.scalars(behind.where(queries.counts_as("settled"))).all()
    ) == total.settled(formula)
    nested.rollback()
    db.session.expire_all()


@pytest.mark.rule("RPT-01")
def test_71_is_no_further_study_and_an_unknown_code_no_destination(cast):
    row_of(cast.student, destination_code="71")
    row_of(cast.classmate, destination_code="999")
    row_of(cast.neighbour, destination_code="85")
    parts = queries.whole(queries.live(actor(cast.officer), Cut(2027))).parts
    assert parts == {"not_now": 1, "none": 1, "study": 1}


@pytest.mark.rule("RPT-01")
def test_who_did_not_complete_counts_where_the_edition_says_so(cast):
    cast.student.education = "33"
    db.session.commit()
    who, rate = actor(cast.officer), formula_of("2024")
    assert queries.whole(queries.live(who, Cut(2027), rate)).total == 2
    assert queries.whole(queries.live(who, Cut(2027), replace(rate, left_out=()))).total == 3


@pytest.mark.rule("RPT-01", "PLN-08")
def test_a_snapshot_keeps_its_rate_whatever_becomes_of_rows_codes_and_formula(cast):
    row_of(cast.student, destination_code="76")
    kept = snapshots.take(actor(cast.officer), 2027, "11月报送")
    rates, formula = queries.of_snapshot(kept, Cut(2027))
    before = queries.whole(rates).settled(formula)
    row_of(cast.student, destination_code="700")
    db.session.execute(text("UPDATE counts_as SET part = 'seeking' WHERE code = '76'"))
    db.session.execute(
        text("""UPDATE rate_formula SET settled = '["study"]' WHERE edition = '2024'""")
    )
    db.session.commit()
    again, formula = queries.of_snapshot(db.session.get_one(Snapshot, kept.id), Cut(2027))
    assert queries.whole(again).settled(formula) == before == 1
    now = queries.whole(queries.live(actor(cast.officer), Cut(2027)))
    assert now.settled(formula_of("2024")) == 0


@pytest.mark.rule("PLN-08", "RPT-01")
def test_a_snapshot_counts_and_lists_rows_of_ended_codes_as_what_they_count_as(cast):
    row_of(cast.student, destination_code="76")
    row_of(cast.classmate, destination_code="12")
    part = parts_of(editions.formula(2027))["76"]
    db.session.execute(
        text("UPDATE code SET active = false WHERE \"table\" = 'byqx' AND code = '76'")
    )
    db.session.execute(text("DELETE FROM counts_as WHERE code = '12'"))
    codes.forget()
    try:
        kept = snapshots.take(actor(cast.officer), 2027, "11月报送")
        rates, formula = queries.of_snapshot(kept, Cut(2027))
        rows = {
            name: {r.student_id for r in snapshots.rows_of(kept, name, 9)} for name in kept.counts
        }
    finally:
        codes.forget()
    assert kept.codes["76"] == [codes.name("byqx", "76", 2027), part]
    assert queries.whole(rates).settled(formula) == 1
    assert {name: len(found) for name, found in rows.items()} == kept.counts
    assert rows[part] == {cast.student.id}
    assert cast.classmate.id in rows[NOTHING]


@pytest.mark.rule("RPT-04")
def test_colleges_stand_in_the_order_of_their_codes_whatever_their_rates(cast):
    row_of(cast.neighbour, destination_code="801")  # 02 is fully settled, 01 is not
    keys = [rate.key for rate in queries.live(actor(cast.officer), Cut(2027))]
    assert keys == [cast.college.id, cast.other_college.id]


@pytest.mark.rule("RPT-01", "ACC-02")
def test_everybody_counts_the_own_scope_only(cast):
    row_of(cast.stranger, destination_code="10")
    school = {cast.college.id, cast.other_college.id}
    seen = {
        cast.officer: school,
        cast.data: school,
        cast.college_officer: {cast.college.id},
        cast.other_officer: {cast.far_college.id},
        cast.province: school | {cast.far_college.id},
    }
    for user, colleges in seen.items():
        rates = queries.live(actor(user), Cut(2027))
        assert {rate.key for rate in rates} == colleges
        narrowed = queries.live(actor(user), Cut(2027, college=cast.far_college.id))
        assert bool(narrowed) == (cast.far_college.id in colleges)
    assert not queries.live(make.actor(cast.student), Cut(2027))


@pytest.mark.rule("RPT-02")
def test_the_flow_counts_what_was_signed_decided_and_waits(cast):
    for student in (cast.student, cast.classmate):
        placement = accept(invite(cast.employer, student)[0])
    attest(placement, cast.officer)
    invite(cast.employer, cast.neighbour)
    span = flow.span_of(actor(cast.officer), None, None, None)
    days = flow.days(span)  # two, where midnight lies between the two acceptances
    assert (sum(r.begun for r in days), sum(r.in_force for r in days)) == (2, 1)
    assert [(r.name, r.approved, r.refused) for r in flow.reviewers(span)] == [("王老师", 1, 0)]
    assert sum(r.fresh for r in flow.waiting(span)) == 1
    assert dict(map(tuple, flow.invitations(span))) == {"accepted": 2, "open": 1}
    [mine, next_door] = flow.service(span, 2027)
    assert (mine.waits, mine.alone, next_door.alone) == (1, 0, 0)
    foreign = flow.span_of(actor(cast.other_officer), None, None, cast.school.id)
    assert not flow.days(foreign)
    assert not flow.invitations(foreign)


@pytest.mark.rule("RPT-02")
def test_the_flow_counts_the_review_of_terminations(cast):
    placement = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    ending = make.terminate(placement)
    TERMINATIONS.perform("agree", ending.id, actor(cast.employer), agreed=True)
    span = flow.span_of(actor(cast.officer), None, None, None)
    assert [(r.kind, r.state, r.fresh) for r in flow.waiting(span)] == [
        ("termination", "awaiting_school", 1)
    ]
    assert [r.waits for r in flow.service(span, 2027)] == [1, 0]
    assert LABELS["awaiting_school"] in [
        row[0][0] for row in flow_detail.tables(span, 2027, Base())[0].rows
    ]
    next_door = flow.span_of(actor(cast.other_college_officer), None, None, None)
    assert not flow.waiting(next_door)
    TERMINATIONS.perform("approve", ending.id, actor(cast.officer))
    assert [(r.name, r.approved, r.refused) for r in flow.reviewers(span)] == [("王老师", 2, 0)]
    assert not flow.waiting(span)
    assert sum(r.ended for r in flow.days(span)) == 1


@pytest.mark.rule("RPT-04")
def test_reviewers_stand_by_their_names_as_they_are_read(cast):
    """F-42: 李 before 王 before 张, which no order of code points gives."""
    names = {"张老师", "李老师", "王老师"}
    for name in sorted(names):
        who = make.make_user(make.Role.SCHOOL, name=name, school_id=cast.school.id)
        placement = accept(invite(cast.employer, make.make_student(cast.college))[0])
        attest(placement, who)
    span = flow.span_of(actor(cast.officer), None, None, None)
    assert [r.name for r in flow.reviewers(span)] == ["李老师", "王老师", "张老师"]


@pytest.mark.rule("RPT-02")
def test_a_registered_destination_is_no_signing(cast):
    draft = filled(cast.student, "SX_YJS", "admission")
    submit(actor(cast.student), draft.id, draft.version)
    span = flow.span_of(actor(cast.officer), None, None, None)
    assert sum(r.begun for r in flow.days(span)) == 0
