-- How rows of the plan follow the placements in force (PLN-01…06): what `sync.py` runs. `deciding.py` says what
-- becomes of each row; a row is `e`, what the placement in force says `c` (the view `plan_claim`).

-- piece: new_row
-- All that a row is written by; what is left as it was is `by_staff`, and `id`.
school_id = excluded.school_id, college_id = excluded.college_id,
    graduation_year = excluded.graduation_year, placement_id = excluded.placement_id,
    state = excluded.state, changed_at = excluded.changed_at, sources = excluded.sources,
    employer_name_order = excluded.employer_name_order, {follow}

-- piece: clean
-- The key that this very transaction has left: its row is right with the step.
clean AS (DELETE FROM plan_dirty WHERE student_id = :student
    AND xid = pg_current_xact_id()::text::bigint)

-- statement: fill
-- A placement comes into force: its row, where that is new, or plain. One that staff wrote, or that is checked
-- or reported, is not touched, and none comes back.
WITH {clean}
INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id, state,
    changed_at, sources, {fields})
SELECT s.id, s.school_id, s.college_id, s.graduation_year, c.placement_id, 'filled', :now,
    jsonb_strip_nulls(jsonb_build_object({sourced})), {claimed}
FROM plan_claim c JOIN student s ON s.id = c.student_id WHERE c.placement_id = :placement
ON CONFLICT (student_id) DO UPDATE SET {new_row}
WHERE plan_entry.state IN ('open', 'filled') AND NOT plan_entry.by_staff
RETURNING id

-- statement: take_back
-- A placement is no longer in force: its row is empty again, where it is plain.
WITH {clean}
UPDATE plan_entry SET state = 'open', placement_id = NULL, sources = '{}', changed_at = :now, {emptied}
WHERE student_id = :student AND placement_id = :placement AND state = 'filled' AND NOT by_staff
RETURNING id

-- statement: pairs
-- Rows beside what the placements in force say: `deciding.FACTS`, then the fields of the row, of the
-- placement, and where those of the row come from.
SELECT s.id AS student_id, s.name, s.student_no, s.school_id, s.college_id,
    s.graduation_year, s.origin_state = 'approved' AS graduates, e.id IS NOT NULL AND {moved} AS moved,
    e.id AS entry_id, e.state, coalesce(e.by_staff, false) AS by_staff, e.placement_id AS old_placement,
    c.placement_id, c.source, q.id AS request_id, q.source AS request_source,
    q.placement_id AS request_placement, q.changes AS request_changes,
    CASE e.state WHEN 'reported' THEN (
      SELECT jsonb_agg(jsonb_build_array(d.placement_id, d.changes)) FROM change_request d
      WHERE d.entry_id = e.id AND d.kind = 'reported' AND d.state = 'dropped')
    END AS dropped, {ours}, {claimed}, {of_ours}
  FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
    LEFT JOIN change_request q ON q.entry_id = e.id AND q.state = 'open'
  WHERE s.id = ANY(:ids) ORDER BY s.id

-- piece: moved
-- The row still has another school, college or year than its graduate.
(e.school_id, e.college_id, e.graduation_year)
        IS DISTINCT FROM (s.school_id, s.college_id, s.graduation_year)

-- piece: of_scope
-- Of one school and year, where these are asked for.
(CAST(:school AS int) IS NULL OR s.school_id = :school)
    AND (CAST(:year AS int) IS NULL OR s.graduation_year = :year)

-- statement: find
-- The graduates whose rows may differ: missing, another placement's, other fields, a change to decide on.
SELECT s.id FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
    LEFT JOIN plan_claim c ON c.student_id = s.id
WHERE {of_scope} AND (e.id IS NULL AND (c.placement_id IS NOT NULL OR s.origin_state = 'approved')
    OR e.placement_id IS DISTINCT FROM c.placement_id OR {moved}
    OR c.placement_id IS NOT NULL AND ({ours}) IS DISTINCT FROM ({claimed}))
UNION SELECT q.student_id FROM change_request q JOIN student s ON s.id = q.student_id
WHERE q.state = 'open' AND {of_scope} ORDER BY 1

-- statement: lock
-- Their placements stay as they are until this transaction ends; in the order of their ids.
SELECT count(*) FROM (SELECT 1 FROM student WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE) x

-- statement: take
-- Some dirty keys, taken with the locks of key and student: nobody is waited for.
WITH taken AS MATERIALIZED (SELECT k.student_id FROM plan_dirty k
    JOIN student s ON s.id = k.student_id ORDER BY k.student_id LIMIT :most
    FOR UPDATE OF k SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED)
DELETE FROM plan_dirty p USING taken t WHERE p.student_id = t.student_id RETURNING p.student_id

-- statement: clean_these
-- The keys that this transaction itself has left for them.
DELETE FROM plan_dirty WHERE student_id = ANY(:ids) AND xid = pg_current_xact_id()::text::bigint

-- table: plan_decided
-- What was decided of each, by COPY: `deciding.Decided.lines`.
SELECT {staged}

-- piece: writes
-- The acts that write the row.
d.act IN ('open', 'add', 'change', 'take_back')

-- statement: write
-- The rows themselves; the order of each name is made once.
WITH {names}
INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id,
    state, changed_at, sources, by_staff, employer_name_order, {fields})
  SELECT student_id, school_id, college_id, graduation_year, placement_id, new_state, :now, sources,
    by_staff, coalesce(n.key, ''), {fields}
  FROM plan_decided d LEFT JOIN names n ON n.name = d.employer_name WHERE {writes} ORDER BY student_id
  ON CONFLICT (student_id) DO UPDATE SET by_staff = excluded.by_staff, {new_row}

-- statement: fall
-- A line of the trail for each that was checked and is no longer: the database refuses a state without it.
{into} {fell} FROM plan_decided d WHERE {writes} AND old_state = 'checked' AND new_state <> old_state

-- statement: move
-- Rows that are not written otherwise follow their graduates to another school, college or year.
UPDATE plan_entry e SET school_id = d.school_id, college_id = d.college_id,
    graduation_year = d.graduation_year FROM plan_decided d
  WHERE e.id = d.entry_id AND d.moved AND NOT {writes}

-- statement: ask
-- A change to decide on, one open one a row: raised, or renewed by the younger placement; each with its line.
WITH raised AS (INSERT INTO change_request (entry_id, student_id, school_id, college_id,
    graduation_year, placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, about,
    CASE act WHEN 'conflict' THEN 'conflict' ELSE 'reported' END,
    'open', placement_id IS NULL, source, changes, :now, :now
  FROM plan_decided WHERE act IN ('request', 'conflict') ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET placement_id = excluded.placement_id,
    kind = excluded.kind, ends = excluded.ends, source = excluded.source,
    changes = excluded.changes, changed_at = excluded.changed_at
  RETURNING id, school_id, changes, xmax = 0 AS fresh)
{into} {raised} FROM raised

-- statement: overtake
-- Open changes that nothing is to be decided of any more. What a file asks for stays open as long as the row
-- itself is not written.
WITH gone AS (UPDATE change_request q SET state = 'overtaken', changed_at = :now
  FROM plan_decided d WHERE q.id = d.request_id AND d.act NOT IN ('request', 'conflict', 'waits')
    AND (d.request_source IS DISTINCT FROM 'import' OR {writes})
  RETURNING q.id, q.school_id)
{into} {overtaken} FROM gone
