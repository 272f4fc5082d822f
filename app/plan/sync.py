"""How plan rows follow the placements in force: one student in its transaction, dirty ones, or all.

`plan_claim` (a view, migration 0010) says what a placement in force wants of its student's row. One
statement decides what becomes of a row and writes it; see docs/plan.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.core.db import db, one_at_a_time
from app.plan.models import DESTINATION_FIELDS, ChangeKind, ChangeState, PlanState, Source

F = DESTINATION_FIELDS
OWN = f"('{Source.STAFF}', '{Source.IMPORT}')"


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
    sources = excluded.sources, {_each("{f} = excluded.{f}")}
WHERE plan_entry.state IN ('{PlanState.OPEN}', '{PlanState.FILLED}') AND NOT plan_entry.by_staff
RETURNING id""")

TAKE_BACK = text(f"""WITH {CLEAN}
UPDATE plan_entry SET state = '{PlanState.OPEN}', placement_id = NULL, sources = '{{}}',
    changed_at = :now, {_each("{f} = NULL")}
WHERE student_id = :student AND placement_id = :placement AND state = '{PlanState.FILLED}'
    AND NOT by_staff
RETURNING id""")

# what stands in the row (o_…), what the placement in force says (c_…), what becomes of it (n_…)
_KEPT = f"(old_sources ->> '{{f}}') IN {OWN}"
_NEW = f"""CASE
    WHEN placement_id IS NULL AND (old_placement IS NULL OR keeps AND {_KEPT}) THEN o_{{f}}
    WHEN placement_id IS NULL THEN NULL
    WHEN linked AND {_KEPT} THEN o_{{f}} ELSE c_{{f}} END AS n_{{f}}"""
_SOURCE = f"""'{{f}}', CASE
    WHEN {_KEPT} AND n_{{f}} IS NOT DISTINCT FROM o_{{f}}
      AND (placement_id IS NULL OR linked) THEN old_sources ->> '{{f}}'
    WHEN n_{{f}} IS NULL THEN NULL WHEN placement_id IS NULL THEN old_sources ->> '{{f}}'
    ELSE source END"""

DECIDED = f"""pair AS MATERIALIZED (
  SELECT s.id AS student_id, s.school_id, s.college_id, s.graduation_year,
    s.origin_state = 'approved' AS graduates, e.id AS entry_id, e.state AS old_state,
    e.placement_id AS old_placement, coalesce(e.by_staff, false) AS by_staff,
    coalesce(e.sources, '{{}}') AS old_sources, e.changed_at AS old_changed_at,
    e.id IS NOT NULL AND (e.school_id, e.college_id, e.graduation_year)
      IS DISTINCT FROM (s.school_id, s.college_id, s.graduation_year) AS moved,
    coalesce(e.sources ->> 'destination_code', '') IN {OWN} AS keeps,
    c.placement_id, c.source, q.id AS request_id, q.placement_id AS request_placement,
    q.changes AS request_changes, {_each("e.{f} AS o_{f}")}, {_each("c.{f} AS c_{f}")},
    c.placement_id IS NOT NULL AND e.id IS NOT NULL AND (coalesce(e.placement_id = c.placement_id, false)
      OR ({_each("e.{f}")}) IS NOT DISTINCT FROM ({_each("c.{f}")})) AS linked
  FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
    LEFT JOIN change_request q ON q.entry_id = e.id AND q.state = '{ChangeState.OPEN}'
  WHERE {{scope}}),
aimed AS MATERIALIZED (SELECT *, {_each(_NEW)} FROM pair),
weighed AS MATERIALIZED (SELECT *, jsonb_strip_nulls(jsonb_build_object({_each(_SOURCE)})) AS new_sources,
    (SELECT jsonb_object_agg(f, jsonb_build_array(o, n)) FROM
      (VALUES {_each("('{f}', o_{f}, n_{f})")}) v(f, o, n) WHERE o IS DISTINCT FROM n) AS changes,
    coalesce(placement_id, old_placement) AS about FROM aimed),
acts AS MATERIALIZED (SELECT *, CASE
    WHEN entry_id IS NULL AND placement_id IS NULL THEN CASE WHEN graduates THEN 'open' ELSE 'none' END
    WHEN placement_id IS NULL AND old_placement IS NULL THEN 'none'
    WHEN old_state = '{PlanState.REPORTED}' AND changes IS NOT NULL THEN 'request'
    WHEN placement_id IS NOT NULL AND by_staff AND NOT linked THEN 'conflict'
    WHEN placement_id IS NULL THEN 'take_back'
    WHEN changes IS NOT NULL AND old_placement IS NULL THEN 'add'
    WHEN changes IS NOT NULL OR old_placement IS DISTINCT FROM placement_id THEN 'change'
    ELSE 'none' END AS wish FROM weighed),
decided AS MATERIALIZED (SELECT *, CASE
    WHEN wish IN ('request', 'conflict') AND request_placement = about AND request_changes = changes
      THEN 'waits'
    WHEN wish = 'request' AND EXISTS (SELECT 1 FROM change_request d WHERE d.entry_id = acts.entry_id
      AND d.kind = '{ChangeKind.REPORTED}' AND d.state = '{ChangeState.DROPPED}'
      AND d.placement_id = about AND d.changes = acts.changes)
      THEN 'settled'
    ELSE wish END AS act,
    CASE WHEN wish IN ('request', 'conflict', 'none') OR old_state = '{PlanState.REPORTED}'
      THEN coalesce(old_state, '{PlanState.OPEN}')
      WHEN n_destination_code IS NULL THEN '{PlanState.OPEN}'
      WHEN changes IS NULL THEN coalesce(old_state, '{PlanState.FILLED}')
      ELSE '{PlanState.FILLED}' END AS new_state FROM acts)"""

_WRITES = "d.act IN ('open', 'add', 'change', 'take_back')"
_TRAIL = """INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_role,
    actor_name, address, device, factor, reason, details, at)"""
_BY_CLOCK = "'system', 'system', '', '', '', ''"

WRITE = f"""WITH {DECIDED},
written AS (INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id,
    state, changed_at, sources, by_staff, {", ".join(F)})
  SELECT student_id, school_id, college_id, graduation_year,
    CASE WHEN {_WRITES} THEN placement_id ELSE old_placement END, new_state,
    CASE WHEN {_WRITES} THEN :now ELSE old_changed_at END,
    CASE WHEN {_WRITES} THEN new_sources ELSE old_sources END,
    CASE WHEN {_WRITES} THEN new_sources::text ~ '"(staff|import)"' ELSE by_staff END,
    {_each(f"CASE WHEN {_WRITES} THEN n_{{f}} ELSE o_{{f}} END")}
  FROM decided d WHERE {_WRITES} OR d.moved ORDER BY student_id
  ON CONFLICT (student_id) DO UPDATE SET school_id = excluded.school_id,
    college_id = excluded.college_id, graduation_year = excluded.graduation_year,
    placement_id = excluded.placement_id, state = excluded.state, changed_at = excluded.changed_at,
    sources = excluded.sources, by_staff = excluded.by_staff, {_each("{f} = excluded.{f}")}),
raised AS (INSERT INTO change_request (entry_id, student_id, school_id, college_id, graduation_year,
    placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, about,
    CASE act WHEN 'conflict' THEN '{ChangeKind.CONFLICT}' ELSE '{ChangeKind.REPORTED}' END,
    '{ChangeState.OPEN}', placement_id IS NULL, source, changes, :now, :now
  FROM decided d WHERE act IN ('request', 'conflict') ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET placement_id = excluded.placement_id,
    kind = excluded.kind, ends = excluded.ends, source = excluded.source,
    changes = excluded.changes, changed_at = excluded.changed_at
  RETURNING id, school_id, changes, xmax = 0 AS fresh),
gone AS (UPDATE change_request q SET state = '{ChangeState.OVERTAKEN}', changed_at = :now
  FROM decided d WHERE q.id = d.request_id AND d.act NOT IN ('request', 'conflict', 'waits')
    AND (q.source IS DISTINCT FROM '{Source.IMPORT}' OR {_WRITES})
  RETURNING q.id, q.school_id),
told AS ({_TRAIL}
  SELECT 'plan_entry', entry_id, school_id,
    CASE new_state WHEN '{PlanState.OPEN}' THEN 'emptied' ELSE 'renewed' END, old_state, new_state,
    {_BY_CLOCK}, jsonb_build_object('changes', changes), :now
  FROM decided d WHERE {_WRITES} AND old_state = '{PlanState.CHECKED}' AND new_state <> old_state
  UNION ALL SELECT 'change_request', id, school_id, CASE WHEN fresh THEN 'raise' ELSE 'renew' END,
    CASE WHEN NOT fresh THEN '{ChangeState.OPEN}' END, '{ChangeState.OPEN}', {_BY_CLOCK},
    jsonb_build_object('changes', changes), :now FROM raised
  UNION ALL SELECT 'change_request', id, school_id, 'overtake', '{ChangeState.OPEN}',
    '{ChangeState.OVERTAKEN}', {_BY_CLOCK}, '{{}}', :now FROM gone),
clean AS (DELETE FROM plan_dirty p USING decided d WHERE p.student_id = d.student_id
  AND p.xid = pg_current_xact_id()::text::bigint)
SELECT CASE WHEN act = 'none' AND moved THEN 'moved' ELSE act END, count(*) FROM decided d GROUP BY 1"""

WRITE_THESE = text(WRITE.replace("{scope}", "s.id = ANY(:ids)"))


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
    done = db.session.execute(WRITE_THESE, {"ids": list(student_ids), "now": now}).all()
    _read_afresh()
    return {act: count for act, count in done if act != "none"}


def _read_afresh() -> None:
    """What this session has read of the plan is read again when asked for."""
    from app.plan.models import ChangeRequest, PlanEntry

    for thing in db.session.identity_map.values():
        if isinstance(thing, PlanEntry | ChangeRequest):
            db.session.expire(thing)


def values(row: Any) -> dict[str, Any]:
    """The destination part of a row by field."""
    return {name: getattr(row, name) for name in F}


# -- the dirty keys, and everything at once --------------------------------------------------------

PORTION = 1000  # dirty students a transaction
DIFFERENCES = ("open", "add", "change", "take_back", "request", "conflict", "moved")

# a key is taken only with its student's lock: who holds that is still changing something
TAKE = text("""WITH taken AS MATERIALIZED (SELECT k.student_id FROM plan_dirty k
    JOIN student s ON s.id = k.student_id ORDER BY k.student_id LIMIT :most
    FOR UPDATE OF k SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED)
DELETE FROM plan_dirty p USING taken t WHERE p.student_id = t.student_id RETURNING p.student_id""")

_SCOPE = """(CAST(:school AS int) IS NULL OR s.school_id = :school)
    AND (CAST(:year AS int) IS NULL OR s.graduation_year = :year)"""
TOUCHED = text(f"""CREATE TEMP TABLE plan_touched ON COMMIT DROP AS
SELECT s.id AS student_id FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
WHERE {_SCOPE} AND (e.id IS NULL AND (c.placement_id IS NOT NULL OR s.origin_state = 'approved')
    OR e.placement_id IS DISTINCT FROM c.placement_id
    OR (e.school_id, e.college_id, e.graduation_year)
      IS DISTINCT FROM (s.school_id, s.college_id, s.graduation_year)
    OR c.placement_id IS NOT NULL AND ({_each("e.{f}")}) IS DISTINCT FROM ({_each("c.{f}")}))
UNION SELECT q.student_id FROM change_request q JOIN student s ON s.id = q.student_id
WHERE q.state = '{ChangeState.OPEN}' AND {_SCOPE}""")
_TOUCHED = "s.id IN (SELECT student_id FROM plan_touched)"
LOCK_TOUCHED = text(f"""SELECT count(*) FROM (SELECT 1 FROM student s WHERE {_TOUCHED} ORDER BY s.id
    FOR NO KEY UPDATE) x""")
WRITE_TOUCHED = text(WRITE.replace("{scope}", _TOUCHED))
COUNTS = text(f"""WITH {DECIDED.replace("{scope}", _TOUCHED)}
SELECT CASE WHEN act = 'none' AND moved THEN 'moved' ELSE act END, school_id, count(*)
FROM decided GROUP BY 1, 2""")
ROWS = text(f"""WITH {DECIDED.replace("{scope}", _TOUCHED)},
ranked AS (SELECT act, entry_id, decided.student_id, changes, request_id,
    row_number() OVER (PARTITION BY act ORDER BY decided.student_id) AS place
  FROM decided WHERE act NOT IN ('none', 'open'))
SELECT r.*, s.name, s.student_no FROM ranked r JOIN student s ON s.id = r.student_id
WHERE place <= :most ORDER BY act, place""")


def follow(now: datetime, most: int = PORTION) -> int:
    """Bring a portion of the dirty rows up to date; how many keys were taken. Not committed.

    Killed in the middle, keys and rows are as they were.
    """
    keys = db.session.scalars(TAKE, {"most": most}).all()
    if keys:
        sync(keys, now)
    return len(keys)


def _find(school_id: int | None, year: int | None) -> None:
    """The students whose rows may differ, into a table of this transaction."""
    db.session.flush()
    db.session.execute(text("SET LOCAL work_mem = '256MB'"))
    db.session.execute(text("SET LOCAL jit = off"))  # it takes longer than the statement
    db.session.execute(text("DROP TABLE IF EXISTS pg_temp.plan_touched"))
    db.session.execute(TOUCHED, {"school": school_id, "year": year})
    db.session.execute(text("ANALYZE pg_temp.plan_touched"))


def differences(school_id: int | None = None, year: int | None = None) -> dict[int, dict[str, int]]:
    """School → kind → rows that do not follow their placements; nothing is written (PLN-04)."""
    _find(school_id, year)
    found: dict[int, dict[str, int]] = {}
    for act, school, count in db.session.execute(COUNTS):
        if act != "none":
            found.setdefault(school, {})[act] = count
    return found


def side_by_side(school_id: int, year: int, most: int) -> Sequence[Any]:
    """The first rows of each kind of difference, with old and new values."""
    _find(school_id, year)
    return db.session.execute(ROWS, {"most": most}).all()


def reconcile(
    school_id: int | None, year: int | None, now: datetime, seen: dict[str, int] | None = None
) -> dict[str, int]:
    """Make all rows of a school and year follow their placements; what was done. Not committed (PLN-04).

    With `seen`, what the dry run showed: where that is no longer so, nothing is written and what
    would be done now comes back with a ValueError. One at a time a school.
    """
    one_at_a_time("plan.reconcile", school_id)
    if seen is not None and differences(school_id, year).get(school_id or 0, {}) != seen:
        raise ValueError
    _find(school_id, year)
    db.session.execute(LOCK_TOUCHED)
    done = db.session.execute(WRITE_TOUCHED, {"now": now}).all()
    _read_afresh()
    return {act: count for act, count in done if act != "none"}
