"""The rows of a plan file into the plan and back (PLN-05); `differing` says what of them is written.

A file writes what nobody's placement says; what a placement says, and reported rows, it only asks to
change (PLN-03, PLN-06). See docs/planfiles.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import ngettext
from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import db, staged, tuples
from app.core.errors import Refused
from app.core.named import NAMES_ORDERED
from app.files.imports.effects import NotAsShownError
from app.files.imports.models import Import, ImportRow
from app.files.imports.queries import who_asked
from app.people.students.models import Student
from app.plan.rows import sync
from app.plan.rows.models import DESTINATION_FIELDS, ChangeKind, ChangeState, PlanState, Source
from app.workflow import trail
from app.workflow.locks import lock_rows

if TYPE_CHECKING:
    from app.plan.comparison.differing import Difference

STUDENT = "(r.values ->> 'student_id')::int"


def _each(pattern: str) -> str:
    return ", ".join(pattern.format(f=name) for name in DESTINATION_FIELDS)


FILED = f"""CASE WHEN {{code}} IS NULL THEN '{PlanState.OPEN}' ELSE '{PlanState.FILLED}' END"""
NEW_STATE = FILED.format(code="coalesce(d.destination_code, d.old_code)")

SAID = (
    "(r.values || coalesce(r.more -> 'left', '{}') || coalesce(r.more -> 'waits', '{}'))"
    " - 'student_id'"
)
# the rows that say otherwise than the plan, by NAMES of `differing`, which says what becomes of them.
# OFFSET keeps what a row says from being put together once for each field
_FILE = f"""SELECT r.row, r.line, {STUDENT}, e.id, e.state, q.id,
    CASE WHEN e.sources::text ~ '"({Source.SIGNING}|{Source.DESTINATION})"' THEN e.sources END,
    r.more -> 'choice', q.source, q.changes, {_each("x.said ->> '{f}'")}, {_each("e.{f}")}{{shown}}
  FROM import_row r CROSS JOIN LATERAL (SELECT {SAID.replace("{}", "{{}}")} AS said OFFSET 0) x
    LEFT JOIN plan_entry e ON e.student_id = {STUDENT}
    LEFT JOIN change_request q ON q.entry_id = e.id AND q.state = '{ChangeState.OPEN}'{{joined}}
  WHERE r.import_id = :id AND r.status <> 'faulty' AND r.row > :after AND r.row <= :until{{which}}
    AND NOT jsonb_build_object({_each("'{f}', e.{f}")}) @> x.said
  ORDER BY r.row LIMIT :most"""
_PERSON = f", {_each('c.{f}')}, s.student_no, s.name, s.graduation_year"
_JOINED = f""" JOIN student s ON s.id = {STUDENT} LEFT JOIN plan_claim c ON c.student_id = s.id"""
WAITING = f" AND q.source = '{Source.IMPORT}'"
THESE = " AND r.row = ANY(:rows)"
PORTION = 10_000  # rows of the file: one that goes by those that differ would be sorted out anew each time
_LAST = 1 << 30

_IMPORTED = trail.lines(
    "plan_entry",
    "'import'",
    "d.old_state",
    NEW_STATE,
    trail.BY_ACTOR,
    record="d.entry_id",
    school="d.school_id",
    reason=":name",
    details="jsonb_build_object('changes', d.changes)",
)
_ASKED = trail.lines(
    "change_request",
    "CASE WHEN fresh THEN 'raise' ELSE 'renew' END",
    f"CASE WHEN NOT fresh THEN '{ChangeState.OPEN}' END",
    f"'{ChangeState.OPEN}'",
    trail.BY_ACTOR,
    record="q.id",
    school="q.school_id",
    reason=":name",
    details="jsonb_build_object('changes', q.changes)",
)
# the new values where they are written, NULL elsewhere
STAGED = f"row int, student_id int, asked jsonb, {_each('{f} text')}"
FIELDS_WRITTEN = text(f"SELECT {_each('count({f})')} FROM plan_file")
_EACH_WRITTEN = "'{{f}}', CASE WHEN {row}.{{f}} IS NOT NULL THEN {said} END".format
_CHANGES = _each(_EACH_WRITTEN(row="f", said="jsonb_build_array(e.{f}, f.{f})"))
_SOURCES = _each(_EACH_WRITTEN(row="d", said=f"'{Source.IMPORT}'"))
WRITE = f"""WITH {NAMES_ORDERED.format(column="employer_name", table="plan_file")}, todo AS MATERIALIZED (
  SELECT f.*, n.key, e.id AS entry_id, e.school_id, e.college_id, e.graduation_year,
    e.placement_id, e.state AS old_state, e.sources AS old_sources, e.destination_code AS old_code,
    nullif(jsonb_strip_nulls(jsonb_build_object({_CHANGES})), '{{}}') AS changes
  FROM plan_file f JOIN plan_entry e ON e.student_id = f.student_id
    LEFT JOIN names n ON n.name = f.employer_name),
written AS (UPDATE plan_entry e SET /*fields*/ by_staff = true, changed_at = :now,
    state = {NEW_STATE}, sources = e.sources || jsonb_strip_nulls(jsonb_build_object({_SOURCES}))
  FROM todo d WHERE e.id = d.entry_id AND d.changes IS NOT NULL),
raised AS (INSERT INTO change_request AS q (entry_id, student_id, school_id, college_id,
    graduation_year, placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, placement_id,
    CASE old_state WHEN '{PlanState.REPORTED}' THEN '{ChangeKind.REPORTED}'
      ELSE '{ChangeKind.IMPORT}' END,
    '{ChangeState.OPEN}', false, '{Source.IMPORT}', asked, :now, :now
  FROM todo WHERE asked IS NOT NULL ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET changes = q.changes || excluded.changes,
    kind = excluded.kind, changed_at = excluded.changed_at WHERE q.source = '{Source.IMPORT}'
  RETURNING q.id, q.entry_id, q.school_id, q.changes, xmax = 0 AS fresh),
kept AS (UPDATE import_row r SET more = r.more || jsonb_strip_nulls(jsonb_build_object(
    'was', d.changes, 'sources', d.old_sources, 'request', q.id))
  FROM todo d LEFT JOIN raised q ON q.entry_id = d.entry_id
  WHERE r.import_id = :id AND r.row = d.row),
told AS ({trail.INTO} {_IMPORTED} FROM todo d WHERE d.changes IS NOT NULL
  UNION ALL {_ASKED} FROM raised q)
SELECT count(changes) AS written, (SELECT count(*) FROM raised) AS asked,
  count(asked) - (SELECT count(*) FROM raised) AS blocked FROM todo"""

LOCK = text(f"""SELECT count(*) FROM (SELECT 1 FROM student s WHERE s.id IN (SELECT {STUDENT}
    FROM import_row r WHERE r.import_id = :id AND r.values ? 'student_id')
  ORDER BY s.id FOR NO KEY UPDATE) x""")
# who has no row and no placement gets one with the file (BEGIN), not before it is confirmed
STALE = text(f"""SELECT {STUDENT} FROM import_row r LEFT JOIN plan_entry e ON e.student_id = {STUDENT}
    LEFT JOIN plan_dirty p ON p.student_id = {STUDENT} LEFT JOIN plan_claim c ON c.student_id = {STUDENT}
  WHERE r.import_id = :id AND r.status <> 'faulty' AND CASE WHEN e.id IS NULL
    THEN c.placement_id IS NOT NULL ELSE p.student_id IS NOT NULL END""")
BEGIN = text(f"""INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state,
    changed_at, sources, by_staff)
  SELECT s.id, s.school_id, s.college_id, s.graduation_year, '{PlanState.OPEN}', :now, '{{}}', false
  FROM student s JOIN import_row r ON s.id = {STUDENT}
  WHERE r.import_id = :id AND r.status = 'new' ORDER BY s.id ON CONFLICT (student_id) DO NOTHING""")


def lock(record: Import) -> None:
    """Lock the students, in the order of their ids: nobody changes their placements meanwhile."""
    db.session.execute(LOCK, {"id": record.id})
    freshen(record)


def freshen(record: Import) -> None:
    """Bring stale rows up to date, so that the preview and the writing meet the same plan."""
    stale = db.session.scalars(STALE, {"id": record.id}).all()
    if stale:
        lock_rows(Student, set(stale))
        sync.sync(stale, clock.now())


def difference(
    record_id: int, which: str = "", *, shown: bool = False, **bounds: object
) -> Difference | None:
    """The next rows in which the file says otherwise than the plan now; None where there are none.

    `which`: all, WAITING, THESE (with `rows`); after, until a row, at `most`. `shown`: with whom it is about.
    """
    from app.plan.comparison import differing  # brings pandas: see docs/plan.md

    beside = {"shown": _PERSON, "joined": _JOINED} if shown else {"shown": "", "joined": ""}
    at = {"id": record_id, "after": 0, "until": _LAST, "most": _LAST, **bounds}
    rows = tuples(text(_FILE.format(which=which, **beside)), at)
    return differing.difference(differing.rows_of(rows)) if rows else None


def differences(record_id: int, *, shown: bool = False) -> Iterator[Difference]:
    """The same of all rows, a portion of the file at a time: memory stays flat."""
    rows = select(func.max(ImportRow.row)).where(ImportRow.import_id == record_id)
    for after in range(0, db.session.scalar(rows) or 0, PORTION):
        found = difference(record_id, shown=shown, after=after, until=after + PORTION)
        if found is not None:
            yield found


def tally(record: Import) -> dict[str, int]:
    """How many rows the file would write, as of now, and for how many it may only ask for a change."""
    return _tally(sum((found.counts() for found in differences(record.id)), Counter()))


def _tally(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ("written", "asked", "blocked")}


def write(record: Import, now: datetime) -> None:
    """Write what the file may write, ask for the rest, and keep beside each row what it was.

    Raises NotAsShownError, before anything is written, where that is another tally than was shown.
    """
    counts: Counter[str] = Counter()

    def portions() -> Iterator[Iterator[tuple[Any, ...]]]:
        for found in differences(record.id):
            counts.update(found.counts())
            yield found.written()

    at = {"id": record.id, "now": now}
    staged("plan_file", STAGED, portions())
    if _tally(counts) != record.tally:
        raise NotAsShownError
    db.session.execute(BEGIN, at)
    # a column that no row changes costs nothing: neither its order nor its indexes are made anew
    each = zip(DESTINATION_FIELDS, db.session.execute(FIELDS_WRITTEN).one(), strict=True)
    fields = {name: name for name, count in each if count}
    if "employer_name" in fields:
        fields["employer_name_order"] = "key"
    put = "".join(f"{name} = coalesce(d.{new}, e.{name}), " for name, new in fields.items())
    write = text(WRITE.replace("/*fields*/", put))
    done = db.session.execute(write, {**at, **_named(record)}).one()
    record.details = {**record.details, "tally": dict(done._mapping)}


def _named(record: Import) -> dict[str, object]:
    """What the trail says of it: the file, and who asked."""
    return {"name": record.file_name, **trail.bound(who_asked(record))}


# -- undone ----------------------------------------------------------------------------------------

# a question that another file asks as well is not dropped with one of them
YOUNGER = text(f"""SELECT count(*) FROM import_row r
    LEFT JOIN plan_entry e ON e.student_id = {STUDENT}
    LEFT JOIN change_request q ON q.id = (r.more ->> 'request')::int
  WHERE r.import_id = :id AND r.more ?| ARRAY['was', 'request'] AND (e.id IS NULL
    OR q.state = '{ChangeState.APPLIED}' OR q.state = '{ChangeState.OPEN}' AND EXISTS (
      SELECT 1 FROM jsonb_each(q.changes) c WHERE c.value ->> 1 IS DISTINCT FROM r.values ->> c.key)
    OR r.more ? 'was' AND (e.state = '{PlanState.REPORTED}'
      OR EXISTS (SELECT 1 FROM (VALUES {_each("('{f}', e.{f})")}) v(f, now)
        WHERE r.more -> 'was' ? v.f AND (v.now IS DISTINCT FROM r.values ->> v.f
          OR e.sources ->> v.f IS DISTINCT FROM '{Source.IMPORT}'))))""")
BACK_CODE = FILED.format(
    code="""(CASE WHEN d.was ? 'destination_code' THEN d.was -> 'destination_code' ->> 0
    ELSE d.destination_code END)"""
)
_UNDONE = trail.lines(
    "plan_entry",
    "'undo_import'",
    "d.old_state",
    BACK_CODE,
    trail.BY_ACTOR,
    record="d.id",
    school="d.school_id",
    reason=":name",
)
_OVERTAKEN = trail.lines(
    "change_request",
    "'overtake'",
    f"'{ChangeState.OPEN}'",
    f"'{ChangeState.OVERTAKEN}'",
    trail.BY_CLOCK,
    reason=":name",
)
GIVE_BACK = text(f"""WITH todo AS MATERIALIZED (SELECT e.id, e.student_id, e.school_id, e.state AS old_state,
    e.destination_code, r.more -> 'was' AS was,
    (e.sources - ARRAY(SELECT jsonb_object_keys(r.more -> 'was'))) || coalesce((SELECT
      jsonb_object_agg(k, s) FROM jsonb_each(r.more -> 'sources') x(k, s) WHERE r.more -> 'was' ? k), '{{}}')
      AS sources
  FROM import_row r JOIN plan_entry e ON e.student_id = {STUDENT}
  WHERE r.import_id = :id AND r.more ? 'was'),
written AS (UPDATE plan_entry e SET
    {_each("{f} = CASE WHEN d.was ? '{f}' THEN d.was -> '{f}' ->> 0 ELSE e.{f} END")},
    sources = d.sources, by_staff = d.sources::text ~ '"(staff|import)"', changed_at = :now,
    state = {BACK_CODE} FROM todo d WHERE e.id = d.id),
gone AS (UPDATE change_request q SET state = '{ChangeState.OVERTAKEN}', changed_at = :now
  FROM import_row r WHERE r.import_id = :id AND q.id = (r.more ->> 'request')::int
    AND q.state = '{ChangeState.OPEN}' AND q.source = '{Source.IMPORT}' RETURNING q.id, q.school_id),
told AS ({trail.INTO} {_UNDONE} FROM todo d UNION ALL {_OVERTAKEN} FROM gone)
SELECT student_id FROM todo""")
REMOVE = text(f"""DELETE FROM plan_entry e USING import_row r WHERE r.import_id = :id
  AND r.status = 'new' AND e.student_id = {STUDENT} AND e.state = '{PlanState.OPEN}'
  AND NOT e.by_staff AND NOT EXISTS (SELECT 1 FROM change_request q WHERE q.entry_id = e.id)
  RETURNING e.student_id""")


def take_back(record: Import, now: datetime) -> None:
    """Give the rows back what they had. Raises Refused where one was changed, reported or decided since."""
    at: dict[str, Any] = {"id": record.id, "now": now}
    lock(record)
    younger = db.session.execute(YOUNGER, at).scalar_one()
    if younger:
        raise Refused(
            ngettext(
                "%(num)s record was changed after this import, so it cannot be undone.",
                "%(num)s records were changed after this import, so it cannot be undone.",
                younger,
            )
        )
    given = db.session.execute(GIVE_BACK, {**at, **_named(record)}).scalars().all()
    removed = db.session.scalars(REMOVE, at).all()
    if (
        given or removed
    ):  # what came into force meanwhile met the file's values: it does so no longer
        sync.sync([*given, *removed], now)
