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
from sqlalchemy import TextClause, text

from app.bulk.models import Import
from app.core import clock
from app.core.db import db, staged
from app.core.errors import Refused
from app.people.models import Student
from app.plan import sync
from app.plan.models import DESTINATION_FIELDS, ChangeKind, ChangeState, PlanState, Source
from app.workflow import trail
from app.workflow.locks import lock_rows

if TYPE_CHECKING:
    from pandas import DataFrame

STUDENT = "(r.values ->> 'student_id')::int"


def _each(pattern: str) -> str:
    return ", ".join(pattern.format(f=name) for name in DESTINATION_FIELDS)


WHO = """who AS (SELECT actor_id, actor_role, actor_name, address, device, device_id FROM trail
  WHERE kind = 'import_file' AND record_id = :id AND step IN ({steps}) ORDER BY seq DESC LIMIT 1)"""
FILED = f"""CASE WHEN {{code}} IS NULL THEN '{PlanState.OPEN}' ELSE '{PlanState.FILLED}' END"""
NEW_STATE = FILED.format(code="coalesce(d.direct ->> 'destination_code', d.destination_code)")

SAID = ("(r.values || coalesce(r.more -> 'left', '{}') || coalesce(r.more -> 'waits', '{}'))"
        " - 'student_id'")  # fmt: skip
# which rows say otherwise than the plan; what of them, `differing` says
DIFFERS = f"""FROM import_row r LEFT JOIN plan_entry e ON e.student_id = {STUDENT}
  CROSS JOIN LATERAL (SELECT {SAID} AS said) x WHERE r.import_id = :id AND r.status <> 'faulty'
  AND NOT coalesce(jsonb_strip_nulls(to_jsonb(e)), '{{}}') @> x.said"""
OPEN = f"""EXISTS (SELECT 1 FROM change_request q WHERE q.entry_id = e.id
  AND q.state = '{ChangeState.OPEN}' AND q.source = '{Source.IMPORT}')"""
_FILE = f"""SELECT r.row, r.line, {STUDENT}, r.more -> 'choice', {_each("x.said ->> '{f}'")} {DIFFERS}"""
FILE = text(f"{_FILE} AND r.row > :after ORDER BY r.row LIMIT :most")
FILE_WAITING = text(f"{_FILE} AND r.row > :after AND {OPEN} ORDER BY r.row LIMIT :most")
FILE_ROWS = text(f"{_FILE} AND r.row > :after AND r.row = ANY(:rows) ORDER BY r.row LIMIT :most")
PORTION = 10_000  # rows

_BY = trail.BY_ROW.format("who")
_IMPORTED = trail.lines(
    "plan_entry", "'import'", "d.old_state", NEW_STATE, _BY, record="d.entry_id", school="d.school_id",
    reason=":name", details="jsonb_build_object('changes', d.changes)",
)  # fmt: skip
_ASKED = trail.lines(
    "change_request", "CASE WHEN fresh THEN 'raise' ELSE 'renew' END",
    f"CASE WHEN NOT fresh THEN '{ChangeState.OPEN}' END", f"'{ChangeState.OPEN}'", _BY, record="q.id",
    school="q.school_id", reason=":name", details="jsonb_build_object('changes', q.changes)",
)  # fmt: skip
STAGED = "row int, student_id int, direct jsonb, changes jsonb, asked jsonb"
WRITE = text(f"""WITH {WHO.format(steps="'write', 'write_good'")},
todo AS MATERIALIZED (SELECT f.*, e.id AS entry_id, e.school_id, e.college_id, e.graduation_year,
    e.placement_id, e.state AS old_state, e.sources AS old_sources, e.destination_code
  FROM plan_file f JOIN plan_entry e ON e.student_id = f.student_id),
written AS (UPDATE plan_entry e SET
    {_each("{f} = CASE WHEN d.direct ? '{f}' THEN d.direct ->> '{f}' ELSE e.{f} END")},
    sources = e.sources || (SELECT jsonb_object_agg(k, '{Source.IMPORT}') FROM jsonb_object_keys(d.direct) k),
    by_staff = true, changed_at = :now, state = {NEW_STATE}
  FROM todo d WHERE e.id = d.entry_id AND d.direct IS NOT NULL),
raised AS (INSERT INTO change_request AS q (entry_id, student_id, school_id, college_id,
    graduation_year, placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, placement_id,
    CASE old_state WHEN '{PlanState.REPORTED}' THEN '{ChangeKind.REPORTED}' ELSE '{ChangeKind.IMPORT}' END,
    '{ChangeState.OPEN}', false, '{Source.IMPORT}', asked, :now, :now
  FROM todo WHERE asked IS NOT NULL ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET changes = q.changes || excluded.changes,
    kind = excluded.kind, changed_at = excluded.changed_at WHERE q.source = '{Source.IMPORT}'
  RETURNING q.id, q.entry_id, q.school_id, q.changes, xmax = 0 AS fresh),
kept AS (UPDATE import_row r SET more = r.more || jsonb_strip_nulls(jsonb_build_object(
    'was', d.changes, 'sources', d.old_sources, 'request', q.id))
  FROM todo d LEFT JOIN raised q ON q.entry_id = d.entry_id
  WHERE r.import_id = :id AND r.row = d.row),
told AS ({trail.INTO} {_IMPORTED} FROM todo d, who WHERE d.direct IS NOT NULL
  UNION ALL {_ASKED} FROM raised q, who)
SELECT count(*) FILTER (WHERE direct IS NOT NULL) AS written, (SELECT count(*) FROM raised) AS asked,
  count(*) FILTER (WHERE asked IS NOT NULL) - (SELECT count(*) FROM raised) AS blocked FROM todo""")

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


def differences(
    record_id: int, wanted: TextClause = FILE, most: int = PORTION, after: int = 0, **more: Any
) -> Iterator[DataFrame]:
    """The fields in which the file says otherwise than the plan now, a portion of rows at a time."""
    from app.planfiles import differing  # brings pandas: see docs/plan.md

    while rows := db.session.execute(
        wanted, {"id": record_id, "after": after, "most": most, **more}
    ).all():
        plan = sync.pairs([student for _row, _line, student, *_more in rows])
        yield differing.difference(differing.file_of(rows), plan)
        after = rows[-1][0]


def tally(record: Import) -> dict[str, int]:
    """How many rows the file would write, as of now, and for how many it may only ask for a change."""
    from app.planfiles import differing

    found = sum(map(differing.tally, differences(record.id)), Counter())
    return {name: found[name] for name in ("written", "asked", "blocked")}


def write(record: Import, now: datetime) -> None:
    """Write what the file may write, ask for the rest, and keep beside each row what it was."""
    from app.planfiles import differing

    at = {"id": record.id, "now": now}
    db.session.execute(BEGIN, at)
    staged("plan_file", STAGED, map(differing.written, differences(record.id)))
    found = db.session.execute(WRITE, {**at, "name": record.file_name}).one()
    record.details = {**record.details, "tally": dict(found._mapping)}


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
_UNDONE = trail.lines("plan_entry", "'undo_import'", "d.old_state", BACK_CODE, _BY, record="d.id",
                      school="d.school_id", reason=":name")  # fmt: skip
_OVERTAKEN = trail.lines("change_request", "'overtake'", f"'{ChangeState.OPEN}'",
                         f"'{ChangeState.OVERTAKEN}'", trail.BY_CLOCK, reason=":name")  # fmt: skip
GIVE_BACK = text(f"""WITH {WHO.format(steps="'undo'")},
todo AS MATERIALIZED (SELECT e.id, e.student_id, e.school_id, e.state AS old_state,
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
told AS ({trail.INTO} {_UNDONE} FROM todo d, who UNION ALL {_OVERTAKEN} FROM gone)
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
    given = db.session.execute(GIVE_BACK, {**at, "name": record.file_name}).scalars().all()
    removed = db.session.scalars(REMOVE, at).all()
    if (
        given or removed
    ):  # what came into force meanwhile met the file's values: it does so no longer
        sync.sync([*given, *removed], now)
