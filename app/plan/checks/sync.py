"""The rules at work: all of a school and year in one pass, or the few that need one record only.

`BASE` makes one line a graduate; each rule adds what it found; one statement writes the findings:
new ones open, changed ones open again, mended ones gone (CHK-01, CHK-02).
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
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
from app.people.students import fields
from app.people.students.fields import AGES
from app.people.students.models import Student
from app.plan.checks.models import CheckRun, FindingState, Severity
from app.plan.checks.rules import RULES, SIGNS, Needs, Rule
from app.plan.checks.signs import ACTS, ACTS_OF_ONE, NEAR, NEAR_ONE, SHARED, USES, looser
from app.plan.checks.signs import LIMITS as SIGN_LIMITS
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
# the province, and the city, that an address begins with
_BEGINS = """LEFT JOIN (SELECT name, min(code) AS code, left(name, 2) AS head FROM region
    WHERE level = {1} GROUP BY name) {0}
  ON {0}.head = left(e.address, 2) AND starts_with(e.address, {0}.name)"""
BASE = f"""SELECT s.id AS student_id, s.school_id, s.college_id, s.graduation_year, s.sex,
    s.education, s.training_mode, s.nation, s.origin, s.origin_state, s.examinee_no,
    {", ".join(f"s.{name}" for name in fields.PLAIN)}, s.birth_date_index, i.birth_index AS born_index,
    s.id_number_index, s.id_kind, s.id_country, s.phone_index, p.id AS placement_id, p.kind,
    p.state AS placement_state,
    p.invitation_id, p.employer_id, e.entry_state, {", ".join(f"e.{name}" for name in F)},
    c.part, string_to_array(coalesce(c.needs, ''), ' ') AS needs,
    coalesce(i.fault, '') AS id_fault, coalesce(i.sex, '') AS id_sex,
    r1.code AS province, r2.code AS city
  FROM {{source}}
  LEFT JOIN counts_as c ON c.edition = :formula AND c.code = e.destination_code
  {_BEGINS.format("r1", 1)} {_BEGINS.format("r2", 2)}"""
_ENTRY = f"""(SELECT student_id AS owner, state AS entry_state, placement_id AS of, {", ".join(F)}
    FROM plan_entry)"""
_ROWS = f"""student s LEFT JOIN {_ENTRY} e ON e.owner = s.id LEFT JOIN placement p ON p.id = e.of
    LEFT JOIN id_number_fact i ON i.id_number_index = s.id_number_index AND i.id_kind = s.id_kind"""
_OF_YEAR = """ WHERE s.school_id = :school AND s.graduation_year = :year
  AND (s.origin_state = 'approved' OR e.owner IS NOT NULL)"""
# what a placement would write into the plan, with what its kind says of it (`:values`)
_WISH = ", ".join(
    f"CASE WHEN CAST(:values AS jsonb) ? '{name}' THEN CAST(:values AS jsonb) ->> '{name}' "
    f"ELSE w.{name} END AS {name}"
    for name in F
)
_PLACEMENT = f"""placement p JOIN student s ON s.id = p.student_id
  JOIN (SELECT w.placement_id AS of, NULL AS entry_state, {_WISH} FROM plan_wish w) e ON e.of = p.id
  CROSS JOIN (SELECT CAST(:fault AS text) AS fault, CAST(:sex AS text) AS sex,
    CAST(NULL AS bytea) AS birth_index) i"""


def _found(rule: Rule) -> str:
    """What a rule found, as (rule, severity, subject, college_id, student_id, facts)."""
    head = f"SELECT '{rule.name}' AS rule, '{rule.severity}' AS severity,"
    if rule.of_college:
        return f"""{head} 'c' || x.college_id AS subject, x.college_id, CAST(NULL AS int) AS student_id,
          x.facts FROM ({rule.where}) x"""
    found = f"({rule.where})"
    if rule.needs is Needs.RECORD:
        found = f"""(SELECT b.student_id, {_facts(rule)} AS facts FROM check_base b
          WHERE {rule.applies} AND ({_sql(rule)}))"""
    return f"""{head} 's' || x.student_id AS subject, y.college_id, x.student_id, x.facts
      FROM {found} x JOIN check_base y ON y.student_id = x.student_id"""


STORED = [rule for rule in RULES if rule.needs is not Needs.DESK]
OF_RECORD = [rule for rule in RULES if rule.needs is Needs.RECORD]
_SCOPE = """f.school_id = :school AND f.graduation_year = :year AND f.rule = ANY(:rules)
    AND (CAST(:subjects AS text[]) IS NULL OR f.subject = ANY(:subjects))"""
_S = FindingState
_TOLD = trail.lines(
    "finding", "step", f"'{_S.ACCEPTED}'", "target", trail.BY_CLOCK, school=":school"
)
_ERRORS = f"""jsonb_build_object('hints', (SELECT jsonb_agg(f.rule ORDER BY f.id) FROM finding f
    WHERE f.student_id = fallen.student_id AND f.graduation_year = :year AND f.state = '{_S.OPEN}'
      AND f.severity = '{Severity.ERROR}'))"""
_FELL = trail.lines("plan_entry", "'failed'", f"'{PlanState.CHECKED}'", f"'{PlanState.FILLED}'",
                    trail.BY_CLOCK, details=_ERRORS)  # fmt: skip


def _write(rules: Sequence[Rule]) -> Any:
    """The statement that brings the findings of these rules up to date."""
    return text(f"""WITH found AS MATERIALIZED ({" UNION ALL ".join(map(_found, rules))}),
before AS MATERIALIZED (SELECT f.* FROM finding f WHERE {_SCOPE}),
written AS (INSERT INTO finding AS f (school_id, graduation_year, rule, severity, subject, college_id,
    student_id, facts, state, found_at, changed_at)
  SELECT :school, :year, rule, severity, subject, college_id, student_id, facts, '{_S.OPEN}', :now, :now
  FROM found ON CONFLICT (school_id, graduation_year, rule, subject) DO UPDATE SET
    severity = excluded.severity, college_id = excluded.college_id, facts = excluded.facts,
    state = CASE WHEN f.state = '{_S.ACCEPTED}' AND f.facts = excluded.facts THEN f.state
      ELSE '{_S.OPEN}' END,
    found_at = CASE WHEN f.state = '{_S.GONE}' THEN excluded.found_at ELSE f.found_at END,
    changed_at = excluded.changed_at
  WHERE f.state = '{_S.GONE}' OR (f.severity, f.college_id, f.facts)
    IS DISTINCT FROM (excluded.severity, excluded.college_id, excluded.facts)),
missed AS (UPDATE finding f SET state = '{_S.GONE}', changed_at = :now FROM before o
  WHERE o.id = f.id AND o.state <> '{_S.GONE}' AND NOT EXISTS (SELECT 1 FROM found n
    WHERE n.rule = o.rule AND n.subject = o.subject)),
told AS ({trail.INTO} {_TOLD} FROM (
  SELECT o.id, CASE WHEN n.subject IS NULL THEN 'mended' ELSE 'changed' END AS step,
    CASE WHEN n.subject IS NULL THEN '{_S.GONE}' ELSE '{_S.OPEN}' END AS target
  FROM before o LEFT JOIN found n ON n.rule = o.rule AND n.subject = o.subject
  WHERE o.state = '{_S.ACCEPTED}' AND o.facts IS DISTINCT FROM n.facts) t)
SELECT severity, count(*) FROM found GROUP BY 1""")


WRITE_ALL, WRITE_RECORDS = _write(STORED), _write(OF_RECORD)
LOCK = text(f"""SELECT count(*) FROM (SELECT 1 FROM finding f WHERE {_SCOPE}
    AND f.state <> '{_S.GONE}' ORDER BY f.id FOR UPDATE) x""")
MAKE = f"CREATE TEMP TABLE check_base ON COMMIT DROP AS {BASE.format(source=_ROWS)}"
# what the signs read
MORE = {"check_act": ACTS, "check_near": NEAR, "check_use": USES, "check_shared": SHARED}


def _values(school: int, year: int, now: datetime) -> dict[str, Any]:
    """What the rules are filled with: editions and limits."""
    tables = {table: edition(table, year) for table in TABLES}
    more = {**LIMITS, **SIGN_LIMITS, "looser": json.dumps(looser())}
    return {**more, **tables, "formula": formula(year), "school": school, "year": year, "now": now,
            "held": [str(s) for s in HOLDS_SLOT]}  # fmt: skip


def run(school: int, year: int, progress: Callable[[int], None] = lambda _share: None) -> int:
    """All rules over a school and year; how many rows were looked at. Not committed (CHK-01).

    One at a time a school and year. What people accept meanwhile waits for its end.
    """
    start, now = time.perf_counter(), clock.now()
    learn(school, year, progress)
    one_at_a_time("checks", school, year)
    values = _values(school, year, now)
    rows = _base(_OF_YEAR, values)
    for name, wanted in MORE.items():
        _table(name, f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {wanted}", values)
    scope = {"rules": [rule.name for rule in STORED], "subjects": None}
    db.session.execute(LOCK, {**values, **scope})
    db.session.execute(WRITE_ALL, {**values, **scope})
    took = int((time.perf_counter() - start) * 1000)
    ran = {"ran_at": now, "rows": rows, "took": took, "done": 100}
    put = insert(CheckRun).values(school_id=school, graduation_year=year, **ran)
    db.session.execute(put.on_conflict_do_update(
        index_elements=["school_id", "graduation_year"], set_=ran))  # fmt: skip
    db.session.expire_all()
    return rows


_FALLS = f"""e.school_id = :school AND e.graduation_year = :year AND e.state = '{PlanState.CHECKED}'
    AND (CAST(:student AS int) IS NULL OR e.student_id = :student)
    AND EXISTS (SELECT 1 FROM finding f WHERE f.student_id = e.student_id AND f.school_id = :school
      AND f.graduation_year = :year AND f.state = '{_S.OPEN}' AND f.severity = '{Severity.ERROR}')"""
LOCK_FALLING = text(f"""SELECT count(*) FROM (SELECT 1 FROM student s WHERE s.id IN (
    SELECT e.student_id FROM plan_entry e WHERE {_FALLS}) ORDER BY s.id FOR NO KEY UPDATE) x""")
# `changed_at` stays: nothing of the row was changed, and the checks need not look again
FALL = text(f"""WITH fallen AS (UPDATE plan_entry e SET state = '{PlanState.FILLED}' WHERE {_FALLS}
  RETURNING e.id, e.school_id, e.student_id),
told AS ({trail.INTO} {_FELL} FROM fallen)
SELECT count(*) FROM fallen""")


def fall_back(school: int, year: int, student: int | None = None) -> int:
    """Checked rows in which the checks find an error are checked no more; how many. Not committed (PLN-06).

    Takes the students' locks before the rows', as every step of the plan does: begin it in a transaction
    that holds neither rows nor findings of others.
    """
    db.session.flush()
    at = {"school": school, "year": year, "student": student, "now": clock.now()}
    db.session.execute(LOCK_FALLING, at)
    count: int = db.session.execute(FALL, at).scalar_one()
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
    _base(_OF_YEAR + " AND s.id = ANY(:ids)", values)
    scope = {
        "rules": [rule.name for rule in OF_RECORD],
        "subjects": [f"s{key}" for key in student_ids],
    }
    db.session.execute(LOCK, {**values, **scope})
    db.session.execute(WRITE_RECORDS, {**values, **scope})
    db.session.expire_all()


def _base(where: str, values: dict[str, Any]) -> int:
    """One line a graduate, into a table of this transaction; how many."""
    db.session.execute(text("SET LOCAL jit = off"))
    return _table("check_base", MAKE + where, values)


def _table(name: str, statement: str, values: dict[str, Any]) -> int:
    db.session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))
    made: Any = db.session.execute(text(statement), values)
    db.session.execute(text(f"ANALYZE pg_temp.{name}"))
    return int(made.rowcount)


# -- what sealed numbers say ---------------------------------------------------------------------


def learn(school: int, year: int, progress: Callable[[int], None] = lambda _share: None) -> int:
    """Read the sealed ID numbers of the year that are not known yet, and keep only what they say.

    A record of before the day of birth was kept has it from its number now (PLN-12).
    """
    wanted = text("""SELECT s.id, s.uid, s.id_number_sealed, s.id_number_index, s.id_kind,
        s.birth_date_index IS NULL AS unborn FROM student s
      WHERE s.school_id = :school AND s.graduation_year = :year AND s.id_number_sealed IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM id_number_fact i WHERE i.id_number_index = s.id_number_index
          AND i.id_kind = s.id_kind)
      ORDER BY s.id""")
    unread = db.session.execute(wanted, {"school": school, "year": year}).all()
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
        text("""INSERT INTO id_number_fact (id_number_index, id_kind, fault, sex, birth_index)
          SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:kinds AS text[]),
            CAST(:faults AS text[]), CAST(:sexes AS text[]), CAST(:births AS bytea[]))
          ON CONFLICT DO NOTHING"""),
        {"keys": [key for key, _kind in rows], "kinds": [kind for _key, kind in rows],
         "faults": [fault for fault, _s, _b in rows.values()],
         "sexes": [sex for _f, sex, _b in rows.values()],
         "births": [index(born) if born else None for _f, _s, born in rows.values()]},
    )  # fmt: skip


def _keep_births(rows: Sequence[tuple[Any, str]]) -> None:
    """Who holds a student keeps it: the next run is soon enough."""
    parts = [vars(Student)["birth_date"].parts("Student", row.uid, born) for row, born in rows]
    db.session.execute(
        text("""UPDATE student s SET birth_date_sealed = x.sealed, birth_date_index = x.index,
            birth_date_masked = x.masked
          FROM unnest(CAST(:ids AS int[]), CAST(:sealed AS bytea[]), CAST(:index AS bytea[]),
            CAST(:masked AS text[])) x(id, sealed, index, masked)
          WHERE s.id = x.id AND s.id IN (SELECT id FROM student WHERE id = ANY(CAST(:ids AS int[]))
            AND birth_date_index IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"""),
        {"ids": [row.id for row, _born in rows], "sealed": [part[0] for part in parts],
         "index": [part[1] for part in parts], "masked": [part[2] for part in parts]},
    )  # fmt: skip


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


# -- one record, as the desk asks ----------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What one rule says of one record."""

    rule: Rule
    bad: bool
    facts: dict[str, Any]


ASKED = [*(rule for rule in RULES if rule.desk and rule.needs is not Needs.YEAR), *SIGNS]


def _asked(n: int, rule: Rule) -> str:
    if rule.is_sign:  # a line only where there is one
        return f"SELECT {n} AS rule, true AS bad, x.facts FROM ({rule.where}) x"
    return (
        f"SELECT {n} AS rule, coalesce({_sql(rule)}, false) AS bad, {_facts(rule)} "
        f"AS facts FROM b WHERE {rule.applies}"
    )


_OF_ONE = {**MORE, "check_act": ACTS_OF_ONE, "check_near": NEAR_ONE}
ONE = text(
    f"WITH b AS MATERIALIZED ({BASE.format(source=_PLACEMENT)} WHERE p.id = :placement), "
    + ", ".join(f"{name} AS MATERIALIZED ({wanted})" for name, wanted in _OF_ONE.items())
    + " "
    + " UNION ALL ".join(_asked(n, rule) for n, rule in enumerate(ASKED))
)


def ask_placement(placement: Any, plan_values: dict[str, Any]) -> list[Answer]:
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
    return [Answer(ASKED[n], bad, facts) for n, bad, facts in db.session.execute(ONE, at).tuples()]
