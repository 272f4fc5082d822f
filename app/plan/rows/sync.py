"""How plan rows follow the placements in force: one student in its transaction, dirty ones, or all.

`plan_claim` (a view, migration 0010) says what a placement in force wants of its student's row. SQL finds the
rows that may differ, locks and reads them; `plan.rows.deciding` says what becomes of each; COPY and short
statements write it. See docs/plan.md.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app.core.db import db, one_at_a_time, staged, tuples
from app.core.named import NAMES_ORDERED
from app.plan.rows.models import (
    DESTINATION_FIELDS,
    ChangeKind,
    ChangeRequest,
    ChangeState,
    PlanEntry,
    PlanState,
    Source,
)
from app.workflow import trail

if TYPE_CHECKING:
    from app.plan.rows.deciding import Decided, Pairs

F = DESTINATION_FIELDS


def _each(pattern: str, joined: str = ", ") -> str:
    """A piece of SQL for each field of the plan; {f} is its name."""
    return joined.join(pattern.format(f=name) for name in F)


CLEAN = """clean AS (DELETE FROM plan_dirty WHERE student_id = :student
    AND xid = pg_current_xact_id()::text::bigint)"""

FILL = text(f"""WITH {CLEAN}
INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id, state,
    changed_at, sources, {", ".join(F)})
SELECT s.id, s.school_id, s.college_id, s.graduation_year, c.placement_id, '{PlanState.FILLED}', :now,
    jsonb_strip_nulls(jsonb_build_object({_each("'{f}', CASE WHEN c.{f} IS NOT NULL THEN c.source END")})),
    {_each("c.{f}")}
FROM plan_claim c JOIN student s ON s.id = c.student_id WHERE c.placement_id = :placement
ON CONFLICT (student_id) DO UPDATE SET school_id = excluded.school_id,
    college_id = excluded.college_id, graduation_year = excluded.graduation_year,
    placement_id = excluded.placement_id, state = excluded.state, changed_at = excluded.changed_at,
    sources = excluded.sources, employer_name_order = excluded.employer_name_order,
    {_each("{f} = excluded.{f}")}
WHERE plan_entry.state IN ('{PlanState.OPEN}', '{PlanState.FILLED}') AND NOT plan_entry.by_staff
RETURNING id""")

TAKE_BACK = text(f"""WITH {CLEAN}
UPDATE plan_entry SET state = '{PlanState.OPEN}', placement_id = NULL, sources = '{{}}',
    changed_at = :now, {_each("{f} = NULL")}
WHERE student_id = :student AND placement_id = :placement AND state = '{PlanState.FILLED}'
    AND NOT by_staff
RETURNING id""")


def fill(student_id: int, placement_id: int, now: datetime) -> None:
    """Write the row of a placement that has come into force (PLN-01).

    A row that staff wrote or that is checked or reported takes the careful way.
    """
    at = {"student": student_id, "placement": placement_id, "now": now}
    if db.session.execute(FILL, at).first() is None:
        sync([student_id], now)
    _read_afresh()


def take_back(student_id: int, placement_id: int, now: datetime) -> None:
    """Return the row to «no destination» where a placement is no longer in force (PLN-02)."""
    at = {"student": student_id, "placement": placement_id, "now": now}
    if db.session.execute(TAKE_BACK, at).first() is None:
        sync([student_id], now)
    _read_afresh()


def sync(student_ids: Sequence[int], now: datetime) -> dict[str, int]:
    """Bring the rows of these students up to date; what was done, counted. Not committed.

    The caller holds the students' row locks, so that nobody changes their placements meanwhile.
    """
    db.session.flush()
    done: Counter[str] = Counter()
    for decided in _decided(student_ids):
        done += decided.counts()
        if decided.moves.any():
            _write(decided, now)
        db.session.execute(CLEAN_THESE, {"ids": decided.students})
    _read_afresh()
    return dict(done)


def _read_afresh() -> None:
    """What this session has read of the plan is read again when asked for."""
    for thing in db.session.identity_map.values():
        if isinstance(thing, PlanEntry | ChangeRequest):
            db.session.expire(thing)


def values(row: Any) -> dict[str, Any]:
    """The destination part of a row by field."""
    return {name: getattr(row, name) for name in F}


# -- read and decided on, in portions: memory stays flat ---------------------------------------------

PORTION = 5_000  # students
PAIRS = text(f"""SELECT s.id AS student_id, s.name, s.student_no, s.school_id, s.college_id,
    s.graduation_year, s.origin_state = 'approved' AS graduates, e.id IS NOT NULL
      AND (e.school_id, e.college_id, e.graduation_year)
        IS DISTINCT FROM (s.school_id, s.college_id, s.graduation_year) AS moved,
    e.id AS entry_id, e.state, coalesce(e.by_staff, false) AS by_staff, e.placement_id AS old_placement,
    c.placement_id, c.source, q.id AS request_id, q.source AS request_source,
    q.placement_id AS request_placement, q.changes AS request_changes,
    CASE e.state WHEN '{PlanState.REPORTED}' THEN (
      SELECT jsonb_agg(jsonb_build_array(d.placement_id, d.changes)) FROM change_request d
      WHERE d.entry_id = e.id AND d.kind = '{ChangeKind.REPORTED}' AND d.state = '{ChangeState.DROPPED}')
    END AS dropped, {_each("e.{f}")}, {_each("c.{f}")}, {_each("e.sources ->> '{f}'")}
  FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
    LEFT JOIN change_request q ON q.entry_id = e.id AND q.state = '{ChangeState.OPEN}'
  WHERE s.id = ANY(:ids) ORDER BY s.id""")


def pairs(student_ids: Sequence[int]) -> Pairs:
    """The rows of these students beside what the placements in force say, as they are now."""
    from app.plan.rows import deciding  # brings pandas: see docs/plan.md

    return deciding.pairs_of(tuples(PAIRS, {"ids": list(student_ids)}))


def _decided(student_ids: Sequence[int]) -> Iterator[Decided]:
    """What becomes of the rows of these students, a portion at a time."""
    from app.plan.rows import deciding

    for portion in _portions(student_ids):
        yield deciding.decide(pairs(portion))


def _portions(student_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(student_ids), PORTION):
        yield student_ids[start : start + PORTION]


# -- written -----------------------------------------------------------------------------------------

_WRITES = "d.act IN ('open', 'add', 'change', 'take_back')"
_CHANGES = "jsonb_build_object('changes', changes)"
_EMPTIED = f"CASE new_state WHEN '{PlanState.OPEN}' THEN 'emptied' ELSE 'renewed' END"
_FELL = trail.lines(
    "plan_entry",
    _EMPTIED,
    "old_state",
    "new_state",
    trail.BY_CLOCK,
    record="entry_id",
    details=_CHANGES,
)
_RAISED = trail.lines(
    "change_request",
    "CASE WHEN fresh THEN 'raise' ELSE 'renew' END",
    f"CASE WHEN NOT fresh THEN '{ChangeState.OPEN}' END",
    f"'{ChangeState.OPEN}'",
    trail.BY_CLOCK,
    details=_CHANGES,
)
_OVERTAKEN = trail.lines(
    "change_request",
    "'overtake'",
    f"'{ChangeState.OPEN}'",
    f"'{ChangeState.OVERTAKEN}'",
    trail.BY_CLOCK,
)

STAGED = f"""student_id int, school_id int, college_id int,
    graduation_year int, moved boolean, entry_id int, old_state text, placement_id int, source text,
    request_id int, request_source text, about int, act text, new_state text, by_staff boolean,
    sources jsonb, changes jsonb, {_each("{f} text")}"""
WRITE = text(f"""WITH {NAMES_ORDERED.format(column="employer_name", table="plan_decided")}
INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id,
    state, changed_at, sources, by_staff, employer_name_order, {", ".join(F)})
  SELECT student_id, school_id, college_id, graduation_year, placement_id, new_state, :now, sources,
    by_staff, coalesce(n.key, ''), {", ".join(F)}
  FROM plan_decided d LEFT JOIN names n ON n.name = d.employer_name WHERE {_WRITES} ORDER BY student_id
  ON CONFLICT (student_id) DO UPDATE SET school_id = excluded.school_id,
    college_id = excluded.college_id, graduation_year = excluded.graduation_year,
    placement_id = excluded.placement_id, state = excluded.state, changed_at = excluded.changed_at,
    sources = excluded.sources, by_staff = excluded.by_staff,
    employer_name_order = excluded.employer_name_order, {_each("{f} = excluded.{f}")}""")
MOVE = text(f"""UPDATE plan_entry e SET school_id = d.school_id, college_id = d.college_id,
    graduation_year = d.graduation_year FROM plan_decided d
  WHERE e.id = d.entry_id AND d.moved AND NOT {_WRITES}""")
# each with its line of the trail: the database refuses a state without its event
FALL = text(f"""{trail.INTO} {_FELL}
  FROM plan_decided d WHERE {_WRITES} AND old_state = '{PlanState.CHECKED}' AND new_state <> old_state""")
ASK = text(f"""WITH raised AS (INSERT INTO change_request (entry_id, student_id, school_id, college_id,
    graduation_year, placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, about,
    CASE act WHEN 'conflict' THEN '{ChangeKind.CONFLICT}' ELSE '{ChangeKind.REPORTED}' END,
    '{ChangeState.OPEN}', placement_id IS NULL, source, changes, :now, :now
  FROM plan_decided WHERE act IN ('request', 'conflict') ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET placement_id = excluded.placement_id,
    kind = excluded.kind, ends = excluded.ends, source = excluded.source,
    changes = excluded.changes, changed_at = excluded.changed_at
  RETURNING id, school_id, changes, xmax = 0 AS fresh)
{trail.INTO} {_RAISED} FROM raised""")
# what a file asks for stays open as long as the row itself is not written
OVERTAKE = text(f"""WITH gone AS (UPDATE change_request q SET state = '{ChangeState.OVERTAKEN}',
    changed_at = :now FROM plan_decided d WHERE q.id = d.request_id
    AND d.act NOT IN ('request', 'conflict', 'waits')
    AND (d.request_source IS DISTINCT FROM '{Source.IMPORT}' OR {_WRITES})
  RETURNING q.id, q.school_id)
{trail.INTO} {_OVERTAKEN} FROM gone""")
CLEAN_THESE = text("""DELETE FROM plan_dirty WHERE student_id = ANY(:ids)
    AND xid = pg_current_xact_id()::text::bigint""")


def _write(decided: Decided, now: datetime) -> None:
    """Rows, changes to decide on and the trail as it was decided."""
    staged("plan_decided", STAGED, [decided.lines()])
    for statement in (WRITE, MOVE, FALL, ASK, OVERTAKE):
        db.session.execute(statement, {"now": now})


# -- the dirty keys, and everything at once --------------------------------------------------------

KEYS = 1000  # dirty students a transaction
DIFFERENCES = ("open", "add", "change", "take_back", "request", "conflict", "moved")

# a key is taken only with its student's lock: who holds that is still changing something
TAKE = text("""WITH taken AS MATERIALIZED (SELECT k.student_id FROM plan_dirty k
    JOIN student s ON s.id = k.student_id ORDER BY k.student_id LIMIT :most
    FOR UPDATE OF k SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED)
DELETE FROM plan_dirty p USING taken t WHERE p.student_id = t.student_id RETURNING p.student_id""")

_SCOPE = """(CAST(:school AS int) IS NULL OR s.school_id = :school)
    AND (CAST(:year AS int) IS NULL OR s.graduation_year = :year)"""
FIND = text(f"""SELECT s.id FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
WHERE {_SCOPE} AND (e.id IS NULL AND (c.placement_id IS NOT NULL OR s.origin_state = 'approved')
    OR e.placement_id IS DISTINCT FROM c.placement_id
    OR (e.school_id, e.college_id, e.graduation_year)
      IS DISTINCT FROM (s.school_id, s.college_id, s.graduation_year)
    OR c.placement_id IS NOT NULL AND ({_each("e.{f}")}) IS DISTINCT FROM ({_each("c.{f}")}))
UNION SELECT q.student_id FROM change_request q JOIN student s ON s.id = q.student_id
WHERE q.state = '{ChangeState.OPEN}' AND {_SCOPE} ORDER BY 1""")
LOCK = text("""SELECT count(*) FROM (SELECT 1 FROM student WHERE id = ANY(:ids) ORDER BY id
    FOR NO KEY UPDATE) x""")


def follow(now: datetime, most: int = KEYS) -> int:
    """Bring a portion of the dirty rows up to date; how many keys were taken. Not committed.

    Killed in the middle, keys and rows are as they were.
    """
    keys = db.session.scalars(TAKE, {"most": most}).all()
    if keys:
        sync(keys, now)
    return len(keys)


def _find(school_id: int | None, year: int | None) -> array[int]:
    """The students whose rows may differ, by their ids: one pass over the tables."""
    db.session.flush()
    db.session.execute(text("SET LOCAL work_mem = '256MB'"))
    db.session.execute(text("SET LOCAL jit = off"))  # it takes longer than the statement
    db.session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))  # all of them are read
    wanted = {"school": school_id, "year": year}
    return array("i", db.session.scalars(FIND, wanted, execution_options={"yield_per": PORTION}))


def differences(school_id: int | None = None, year: int | None = None) -> dict[int, dict[str, int]]:
    """School → kind → rows that do not follow their placements; nothing is written (PLN-04)."""
    found: dict[int, Counter[str]] = {}
    for decided in _decided(_find(school_id, year)):
        for school, counts in decided.by_school().items():
            found.setdefault(school, Counter()).update(counts)
    return {school: dict(counts) for school, counts in found.items()}


def side_by_side(school_id: int, year: int, most: int) -> tuple[dict[str, int], list[Any]]:
    """The same of one school and year, and the first rows of each kind: their facts and `changes`."""
    counts: Counter[str] = Counter()
    rows: list[Any] = []
    for decided in _decided(_find(school_id, year)):
        rows += decided.first(most, counts)
        counts += decided.counts()
    return dict(counts), rows


def reconcile(
    school_id: int | None, year: int | None, now: datetime, seen: dict[str, int] | None = None
) -> dict[str, int]:
    """Make all rows of a school and year follow their placements; what was done. Not committed (PLN-04).

    One transaction: killed in the middle, nothing is done. With `seen`, what the dry run showed: where that
    is no longer so, nothing is written and a ValueError is raised. One at a time a school.
    """
    one_at_a_time("plan.reconcile", school_id)
    with db.session.begin_nested():
        found = _find(school_id, year)
        for portion in _portions(found):
            db.session.execute(LOCK, {"ids": list(portion)})
        done = sync(found, now)
        if seen is not None and done != seen:
            raise ValueError
    return done
