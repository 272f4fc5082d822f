"""Which findings a person may see, their counts by college, and what has to be checked anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.core import clock, page
from app.core.db import db, without_nested_loops
from app.core.statements import Statements
from app.people.schools.models import College
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.plan.checks.models import CheckRun, Finding, FindingState, Severity
from app.plan.checks.rules import RULES
from app.plan.rows.models import PlanEntry
from app.workflow.actor import Actor, Role

S = FindingState
SQL = Statements(__file__, "queries.sql")


def findings_for(who: Actor) -> Select[Finding]:
    """The findings of the asking staff's schools or college; parties see none."""
    if who.role is Role.SYSTEM:
        return select(Finding)
    return select(Finding).where(at_school(who, Finding.school_id, Finding.college_id))


def in_tab(name: str) -> ColumnElement[bool]:
    """The findings of a tab: open errors, open warnings, accepted, mended."""
    if name in ("accepted", "gone"):
        return Finding.state == S(name)
    return (Finding.state == S.OPEN) & (Finding.severity == Severity(name))


def touches(names: Collection[str]) -> ColumnElement[bool]:
    """The findings that are mended in one of these fields: by their rule, or by what their facts name."""
    rules = [rule.name for rule in RULES if not set(names).isdisjoint(rule.mends.split())]
    named = func.string_to_array(Finding.facts["fields"].astext, " ", type_=ARRAY(Text))
    told: ColumnElement[bool] = named.overlap(cast(list(names), ARRAY(Text)))
    return Finding.rule.in_(rules) | func.coalesce(told, False)


def of_field(name: str) -> ColumnElement[bool]:
    """As `touches`, of one field: a filter of the list."""
    return touches((name,))


def open_of(student_id: int) -> Sequence[Finding]:
    """What is to be mended in the row of one student, errors first.

    What was found in a year it has left is no fault of its row; the next run there ends it.
    """
    now = (Student.id == Finding.student_id) & (Student.graduation_year == Finding.graduation_year)
    mine = (Finding.student_id == student_id, Finding.state == S.OPEN)
    wanted = select(Finding).join(Student, now).where(*mine)
    return db.session.scalars(wanted.order_by(Finding.severity, Finding.id)).all()


def with_finding(who: Actor, what: str) -> Select[Any]:
    """The students of an open finding of a rule, or of «rule.field» where the rule names fields (F-58)."""
    rule, _dot, field = what.partition(".")
    open_ = findings_for(who).where(Finding.rule == rule, Finding.state == S.OPEN)
    if field:
        open_ = open_.where(
            func.string_to_array(Finding.facts["fields"].astext, " ").op("@>")([field])
        )
    return open_.with_only_columns(Finding.student_id).where(Finding.student_id.is_not(None))


def by_college(who: Actor, school_id: int) -> dict[int, list[tuple[Any, dict[str, int]]]]:
    """Year → (college, tab → findings) in the order of the colleges' codes (CHK-02)."""
    tab = func.coalesce(func.nullif(Finding.state, S.OPEN.value), Finding.severity)
    seen = findings_for(who).where(Finding.school_id == school_id, Finding.state != S.GONE)
    rows = seen.join(College, College.id == Finding.college_id).with_only_columns(
        Finding.graduation_year, College.id, College.name, College.code, tab, func.count()
    )
    found: dict[int, dict[int, tuple[Any, dict[str, int]]]] = {}
    for year, key, name, _code, kind, count in db.session.execute(
        rows.group_by(Finding.graduation_year, College.id, tab).order_by(College.code)
    ):
        found.setdefault(year, {}).setdefault(key, ((key, name), {}))[1][kind] = count
    return {year: list(colleges.values()) for year, colleges in found.items()}


@page.once
def has_run(school_id: int, year: int) -> bool:
    """Whether the checks have looked at the year at all."""
    run = runs_of(school_id).get(year)
    return run is not None and run.ran_at is not None


def runs_of(school_id: int) -> dict[int, CheckRun]:
    """Year → the last run over it."""
    rows = db.session.scalars(select(CheckRun).where(CheckRun.school_id == school_id))
    return {run.graduation_year: run for run in rows}


def count_open(school_id: int, year: int) -> dict[str, int]:
    """Severity → how many findings of it are to be mended in a year; those that are none are missing."""
    mine = (
        Finding.school_id == school_id,
        Finding.graduation_year == year,
        Finding.state == S.OPEN,
    )
    rows = select(Finding.severity, func.count()).where(*mine).group_by(Finding.severity)
    return dict(db.session.execute(rows).tuples().all())


def years_to_check(entry_ids: Sequence[int] | None, minutes: int) -> list[tuple[int, int]]:
    """(school, year) of these plan rows (None: all) whose last run is older than what changed.

    Students' own numbers carry no moment of change: a run counts for some minutes at most.
    """
    ids = None if entry_ids is None else list(entry_ids)
    at = {"ids": ids, "recent": clock.now() - timedelta(minutes=minutes)}
    return [(row[0], row[1]) for row in db.session.execute(SQL["stale"], at)]


def students_of(entry_ids: Sequence[int]) -> list[tuple[int, int, list[int]]]:
    """(school, year, students) of these plan rows."""
    rows = (
        select(PlanEntry.school_id, PlanEntry.graduation_year, func.array_agg(PlanEntry.student_id))
        .where(PlanEntry.id.in_(entry_ids))
        .group_by(PlanEntry.school_id, PlanEntry.graduation_year)
    )
    return [(row[0], row[1], list(row[2])) for row in db.session.execute(rows)]


def years_of_file(import_id: int, school_id: int) -> list[int]:
    """The graduation years of the students whom the rows of a file mean."""
    meant = {"id": import_id, "school": school_id}
    with without_nested_loops():  # students of this very file are not in the statistics yet
        return list(db.session.scalars(SQL["years_of_file"], meant).all())


def ask_run(school_id: int, year: int) -> None:
    """Note that a run was asked for; the caller enqueues it and commits."""
    put = insert(CheckRun).values(
        school_id=school_id, graduation_year=year, asked_at=clock.now(), rows=0, took=0, done=0
    )
    db.session.execute(
        put.on_conflict_do_update(
            index_elements=["school_id", "graduation_year"],
            set_={"asked_at": clock.now(), "done": 0},
        )
    )


def years_of(school_id: int) -> list[int]:
    """The graduation years of a school's plan, the newest first."""
    rows = select(PlanEntry.graduation_year).where(PlanEntry.school_id == school_id).distinct()
    return sorted(db.session.scalars(rows), reverse=True)
