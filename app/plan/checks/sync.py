"""The rules at work: all of a school and year in one pass, or the few that need one record only.

`check_base` has one line a graduate; each rule adds what it found; one statement writes the findings:
new ones open, changed ones open again, mended ones gone (CHK-01, CHK-02).
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.codes.queries import edition
from app.core import clock, identity
from app.core.crypto import cipher
from app.core.db import db, one_at_a_time
from app.core.identity import IdKind
from app.core.statements import Statements, columns
from app.people.students import fields
from app.people.students.fields import AGES
from app.people.students.models import Student
from app.plan.checks import signs
from app.plan.checks.models import CheckRun, FindingState
from app.plan.checks.rules import RULES, SIGNS, Needs, Rule
from app.plan.checks.year_rules import LIMITS
from app.plan.rows.editions import formula
from app.plan.rows.models import DESTINATION_FIELDS, PlanState
from app.signing.placements.models import HOLDS_SLOT
from app.workflow import trail

F = DESTINATION_FIELDS
PORTION = 2000  # sealed numbers read at once
TABLES = {*fields.TABLES.values(), "byqx", "dwxz", "dwhy", "gzzwlb"}


def _natures() -> str:
    """(nature, first two characters of its credit codes) as VALUES."""
    file = Path(__file__).parent / "tables" / "natures.csv"
    with file.open(encoding="utf-8") as rows:
        pairs = [(r["nature"], p) for r in csv.DictReader(rows) for p in r["prefixes"].split()]
    return ", ".join(f"('{nature}', '{prefix}')" for nature, prefix in pairs)


def _sql(rule: Rule) -> str:
    return rule.where.replace("{natures}", NATURES)


def _facts(rule: Rule) -> str:
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in rule.facts.items())
    return f"jsonb_strip_nulls(jsonb_build_object({pairs}))"


NATURES = _natures()
SQL = Statements(
    __file__,
    "sync.sql",
    person=columns(fields.PLAIN, "s.{}"),
    fields=columns(F),
    destination=columns(F, "e.{}"),
    wished=columns(
        F,
        "CASE WHEN CAST(:values AS jsonb) ? '{}' THEN CAST(:values AS jsonb) ->> '{}' ELSE w.{} END AS {}",
    ),
)
_S = FindingState


def _found(rule: Rule) -> str:
    """What a rule found, as (rule, severity, subject, college_id, student_id, facts)."""
    where = rule.where
    if rule.needs is Needs.RECORD:
        more = {"facts": _facts(rule), "applies": rule.applies, "where": _sql(rule)}
        where = SQL.sql("found_of_record", **more)
    of = "found_of_college" if rule.of_college else "found_of_students"
    return SQL.sql(of, rule=rule.name, severity=rule.severity, where=where)


def _asked(n: int, rule: Rule) -> str:
    if rule.is_sign:
        return SQL.sql("ask_sign", rule=str(n), where=rule.where)
    more = {"where": _sql(rule), "facts": _facts(rule), "applies": rule.applies}
    return SQL.sql("ask_record", rule=str(n), **more)


STORED = [rule for rule in RULES if rule.needs is not Needs.DESK]
OF_RECORD = [rule for rule in RULES if rule.needs is Needs.RECORD]
ASKED = [*(rule for rule in RULES if rule.desk and rule.needs is not Needs.YEAR), *SIGNS]
# what the signs read, in this order: tables of the pass, and parts of the one statement of the desk
MORE = ("check_act", "check_near", "check_use", "check_shared")
OF_ONE = {**dict.fromkeys(MORE), "check_act": "act_of_one", "check_near": "near_one"}
_TOLD = trail.lines(
    "finding", "step", f"'{_S.ACCEPTED}'", "target", trail.BY_CLOCK, school=":school"
)
_FELL = trail.lines(
    "plan_entry",
    "'failed'",
    f"'{PlanState.CHECKED}'",
    f"'{PlanState.FILLED}'",
    trail.BY_CLOCK,
    details=SQL.sql("errors"),
)
SQL.give(
    found_all=" UNION ALL ".join(map(_found, STORED)),
    found_records=" UNION ALL ".join(map(_found, OF_RECORD)),
    told=f"{trail.INTO} {_TOLD}",
    fell=f"{trail.INTO} {_FELL}",
    parts_of_one=", ".join(
        f"{name} AS MATERIALIZED ({signs.SQL.sql(piece or name)})" for name, piece in OF_ONE.items()
    ),
    asked=" UNION ALL ".join(_asked(n, rule) for n, rule in enumerate(ASKED)),
)
WRITE_ALL, WRITE_RECORDS, LOCK, ASK_ONE = (
    SQL[name] for name in ("write_all", "write_records", "lock", "ask_one")
)


def _values(school: int, year: int, now: datetime) -> dict[str, object]:
    """What the rules are filled with: editions and limits."""
    tables = {table: edition(table, year) for table in TABLES}
    more = {**LIMITS, **signs.LIMITS, "looser": json.dumps(signs.looser())}
    return {
        **more,
        **tables,
        "formula": formula(year),
        "school": school,
        "year": year,
        "now": now,
        "held": [str(s) for s in HOLDS_SLOT],
    }


def run(school: int, year: int, progress: Callable[[int], None] = lambda _share: None) -> int:
    """All rules over a school and year; how many rows were looked at. Not committed (CHK-01).

    One at a time a school and year. What people accept meanwhile waits for its end.
    """
    start, now = time.perf_counter(), clock.now()
    learn(school, year, progress)
    one_at_a_time("checks", school, year)
    values = _values(school, year, now)
    rows = _base("check_base", values)
    for name in MORE:
        _table(name, signs.SQL.sql(name), values)
    scope = {"rules": [rule.name for rule in STORED], "subjects": None}
    db.session.execute(LOCK, {**values, **scope})
    db.session.execute(WRITE_ALL, {**values, **scope})
    took = int((time.perf_counter() - start) * 1000)
    ran = {"ran_at": now, "rows": rows, "took": took, "done": 100}
    put = insert(CheckRun).values(school_id=school, graduation_year=year, **ran)
    db.session.execute(
        put.on_conflict_do_update(index_elements=["school_id", "graduation_year"], set_=ran)
    )
    db.session.expire_all()
    return rows


def fall_back(school: int, year: int, student: int | None = None) -> int:
    """Checked rows in which the checks find an error are checked no more; how many. Not committed (PLN-06).

    Takes the students' locks before the rows', as every step of the plan does: begin it in a transaction
    that holds neither rows nor findings of others.
    """
    db.session.flush()
    at = {"school": school, "year": year, "student": student, "now": clock.now()}
    db.session.execute(SQL["lock_falling"], at)
    count: int = db.session.execute(SQL["fall"], at).scalar_one()
    db.session.expire_all()
    return count


def look(
    school: int, year: int, progress: Callable[[int], None] = lambda _share: None
) -> tuple[int, int]:
    """Run over a school and year, and take back the check of what does not pass. Commits.

    How many rows were looked at, and how many checked ones fell back.
    """
    rows = run(school, year, progress)
    db.session.commit()
    fallen = fall_back(school, year)
    db.session.commit()
    return rows, fallen


def refresh(student_ids: Sequence[int], school: int, year: int) -> None:
    """The rules that need one record, for these graduates of a year, at once. Not committed."""
    db.session.flush()
    values = {**_values(school, year, clock.now()), "ids": list(student_ids)}
    _base("base_of_some", values)
    scope = {
        "rules": [rule.name for rule in OF_RECORD],
        "subjects": [f"s{key}" for key in student_ids],
    }
    db.session.execute(LOCK, {**values, **scope})
    db.session.execute(WRITE_RECORDS, {**values, **scope})
    db.session.expire_all()


def _base(name: str, values: Mapping[str, object]) -> int:
    """One line a graduate, into a table of this transaction; how many."""
    db.session.execute(text("SET LOCAL jit = off"))
    return _table("check_base", SQL.sql(name), values)


def _table(name: str, rows: str, values: Mapping[str, object]) -> int:
    db.session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))
    made: Any = db.session.execute(
        text(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {rows}"), values
    )
    db.session.execute(text(f"ANALYZE pg_temp.{name}"))
    return int(made.rowcount)


def learn(school: int, year: int, progress: Callable[[int], None] = lambda _share: None) -> int:
    """Read the sealed ID numbers of the year that are not known yet, and keep only what they say.

    A record of before the day of birth was kept has it from its number now (PLN-12).
    """
    unread = db.session.execute(SQL["unread"], {"school": school, "year": year}).all()
    today = clock.today()
    for start in range(0, len(unread), PORTION):
        rows = unread[start : start + PORTION]
        read = [(row, *_said(row, today)) for row in rows]
        _keep_facts({(row.id_number_index, row.id_kind): said for row, *said in read})
        _keep_births([(row, born) for row, _fault, _sex, born in read if born and row.unborn])
        progress(90 * (start + len(rows)) // len(unread))
    return len(unread)


def _keep_facts(rows: dict[tuple[bytes, str], list[str]]) -> None:
    index = vars(Student)["birth_date"].index
    db.session.execute(
        SQL["keep_facts"],
        {
            "keys": [key for key, _kind in rows],
            "kinds": [kind for _key, kind in rows],
            "faults": [fault for fault, _s, _b in rows.values()],
            "sexes": [sex for _f, sex, _b in rows.values()],
            "births": [index(born) if born else None for _f, _s, born in rows.values()],
        },
    )


def _keep_births(rows: Sequence[tuple[Any, str]]) -> None:
    """Who holds a student keeps it: the next run is soon enough."""
    parts = [vars(Student)["birth_date"].parts("Student", row.uid, born) for row, born in rows]
    db.session.execute(
        SQL["keep_births"],
        {
            "ids": [row.id for row, _born in rows],
            "sealed": [part[0] for part in parts],
            "index": [part[1] for part in parts],
            "masked": [part[2] for part in parts],
        },
    )


def _said(row: Any, today: date) -> tuple[str, str, str]:
    number = cipher().decrypt(row.id_number_sealed, f"Student.id_number:{row.uid}")
    fault, sex = said(number, today, row.id_kind)
    return fault, sex, identity.birth_in(row.id_kind, number) if sex else ""


def said(number: str, today: date, kind: str = IdKind.ID_CARD) -> tuple[str, str]:
    """(what is wrong, the code of the sex) of a number of identity; of most kinds it says no sex."""
    fault = identity.fault(kind, number, today)
    if fault:
        return "kind" if fault == "form" and kind != IdKind.ID_CARD else fault, ""
    if not identity.holds_birth(kind, number):
        return "", ""
    age = today.year - int(number[6:10])
    return ("" if AGES[0] <= age <= AGES[1] else "age"), identity.sex_in(kind, number)


@dataclass(frozen=True)
class Answer:
    """What one rule says of one record."""

    rule: Rule
    bad: bool
    facts: dict[str, Any]


def ask_placement(placement: Any, plan_values: Mapping[str, object]) -> list[Answer]:
    """The rules that need only one record, for what a placement would write into the plan (AGR-12)."""
    db.session.flush()
    student, today = placement.student, clock.today()
    number = student.id_number
    fault, sex = said(number, today, student.id_kind) if number else ("", "")
    values = _values(placement.school_id, placement.graduation_year, clock.now())
    at = {
        **values,
        "placement": placement.id,
        "fault": fault,
        "sex": sex,
        "values": json.dumps(plan_values),
    }
    return [
        Answer(ASKED[n], bad, facts) for n, bad, facts in db.session.execute(ASK_ONE, at).tuples()
    ]
