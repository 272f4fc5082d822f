-- A plan file beside the plan, into it and back (PLN-05). `importing.py` runs them, `differing.py` decides;
-- `:id` is the import, a row of the file is `r`.

-- piece: student
-- Whose row it is; `matching.sql` has found it.
(r.values ->> 'student_id')::int

-- piece: state_of(code)
-- What a row is that has this destination.
CASE WHEN {code} IS NULL THEN 'open' ELSE 'filled' END

-- piece: facts
-- What `differing.FACTS` names; theirs and ours where they differ, NULL elsewhere. Without a placement nothing
-- is a placement's own.
r.row, r.line, {student}, e.id, e.state, q.id, CASE WHEN e.placement_id IS NOT NULL THEN e.sources::text END,
    r.more -> 'choice', q.source, q.changes, {theirs}, {ours}

-- piece: pairs
-- A row with all that its cells say, also what is left out of the writing, beside the plan and its open change.
import_row r CROSS JOIN LATERAL jsonb_to_record(r.values || coalesce(r.more -> 'left', '{}')
      || coalesce(r.more -> 'waits', '{}')) AS f({typed})
    LEFT JOIN plan_entry e ON e.student_id = {student}
    LEFT JOIN change_request q ON q.entry_id = e.id AND q.state = 'open'

-- piece: otherwise
-- The good rows of a portion that say otherwise than the plan; an empty cell says nothing.
r.import_id = :id AND r.status <> 'faulty' AND r.row > :after AND r.row <= :until
    AND ({said}) IS DISTINCT FROM ({plan})

-- statement: different
-- Those rows, by `differing.NAMES`.
SELECT {facts} FROM {pairs} WHERE {otherwise} ORDER BY r.row

-- statement: shown
-- The same with whom they are about and what a placement says, at `:most`; only some `:rows`, only what
-- is `:waiting` for the decision on an earlier file's change.
SELECT {facts}, {claimed}, s.student_no, s.name, s.graduation_year
  FROM {pairs} JOIN student s ON s.id = {student} LEFT JOIN plan_claim c ON c.student_id = s.id
  WHERE {otherwise} AND (NOT :waiting OR q.source = 'import')
    AND (CAST(:rows AS int[]) IS NULL OR r.row = ANY(:rows))
  ORDER BY r.row LIMIT :most

-- statement: as_of
-- Which versions of the school's rows and open changes there are: another text, another comparison.
SELECT (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM plan_entry WHERE school_id = :school)
  || (SELECT concat('/', count(*), '/', sum(xmin::text::bigint)) FROM change_request
    WHERE school_id = :school AND state = 'open')

-- statement: lock
-- Nobody changes these students' placements meanwhile; in the order of their ids.
SELECT count(*) FROM (SELECT 1 FROM student s WHERE s.id IN (SELECT {student}
    FROM import_row r WHERE r.import_id = :id AND r.values ? 'student_id')
  ORDER BY s.id FOR NO KEY UPDATE) x

-- statement: stale
-- Whose row is to be brought up to date first. Who has no row and no placement gets one with the file
-- (`begin`), not before it is confirmed.
SELECT {student} FROM import_row r LEFT JOIN plan_entry e ON e.student_id = {student}
    LEFT JOIN plan_dirty p ON p.student_id = {student} LEFT JOIN plan_claim c ON c.student_id = {student}
  WHERE r.import_id = :id AND r.status <> 'faulty' AND CASE WHEN e.id IS NULL
    THEN c.placement_id IS NOT NULL ELSE p.student_id IS NOT NULL END

-- statement: begin
-- An open row for each graduate whom the plan does not have.
INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state, changed_at, sources,
    by_staff)
  SELECT s.id, s.school_id, s.college_id, s.graduation_year, 'open', :now, '{}', false
  FROM student s JOIN import_row r ON s.id = {student}
  WHERE r.import_id = :id AND r.status = 'new' ORDER BY s.id ON CONFLICT (student_id) DO NOTHING

-- table: plan_file
-- What is written of the file, by COPY: the new value where a field is written, NULL elsewhere.
SELECT 1 AS row, 1 AS student_id, CAST(NULL AS jsonb) AS asked, {texts}

-- statement: columns_written
-- How many rows change each field.
SELECT {counted} FROM plan_file

-- statement: write
-- Rows, changes to decide on, the trace of both, and beside each row of the file what it met. One
-- statement; a column that no row changes costs nothing: `put` names the others.
WITH {names}, todo AS MATERIALIZED (
  SELECT f.*, n.key, e.id AS entry_id, e.school_id, e.college_id, e.graduation_year,
    e.placement_id, e.state AS old_state, e.sources AS old_sources, e.destination_code AS old_code,
    nullif(jsonb_strip_nulls(jsonb_build_object({changes})), '{}') AS changes
  FROM plan_file f JOIN plan_entry e ON e.student_id = f.student_id
    LEFT JOIN names n ON n.name = f.employer_name),
written AS (UPDATE plan_entry e SET {put} by_staff = true, changed_at = :now,
    state = {state_of(coalesce(d.destination_code, d.old_code))},
    sources = e.sources || jsonb_strip_nulls(jsonb_build_object({sources}))
  FROM todo d WHERE e.id = d.entry_id AND d.changes IS NOT NULL),
raised AS (INSERT INTO change_request AS q (entry_id, student_id, school_id, college_id,
    graduation_year, placement_id, kind, state, ends, source, changes, created_at, changed_at)
  SELECT entry_id, student_id, school_id, college_id, graduation_year, placement_id,
    CASE old_state WHEN 'reported' THEN 'reported' ELSE 'import' END,
    'open', false, 'import', asked, :now, :now
  FROM todo WHERE asked IS NOT NULL ORDER BY student_id
  ON CONFLICT (entry_id) WHERE state = 'open' DO UPDATE SET changes = q.changes || excluded.changes,
    kind = excluded.kind, changed_at = excluded.changed_at WHERE q.source = 'import'
  RETURNING q.id, q.entry_id, q.school_id, q.changes, xmax = 0 AS fresh),
kept AS (UPDATE import_row r SET more = r.more || jsonb_strip_nulls(jsonb_build_object(
    'was', d.changes, 'sources', d.old_sources, 'request', q.id))
  FROM todo d LEFT JOIN raised q ON q.entry_id = d.entry_id
  WHERE r.import_id = :id AND r.row = d.row),
told AS ({into} {imported} FROM todo d WHERE d.changes IS NOT NULL
  UNION ALL {asked} FROM raised q)
SELECT count(changes) AS written, (SELECT count(*) FROM raised) AS asked,
  count(asked) - (SELECT count(*) FROM raised) AS blocked FROM todo

-- statement: younger
-- How many rows were changed, reported or decided on since. A question that another file asks as well is
-- not dropped with one of them.
SELECT count(*) FROM import_row r
    LEFT JOIN plan_entry e ON e.student_id = {student}
    LEFT JOIN change_request q ON q.id = (r.more ->> 'request')::int
  WHERE r.import_id = :id AND r.more ?| ARRAY['was', 'request'] AND (e.id IS NULL
    OR q.state = 'applied' OR q.state = 'open' AND EXISTS (
      SELECT 1 FROM jsonb_each(q.changes) c WHERE c.value ->> 1 IS DISTINCT FROM r.values ->> c.key)
    OR r.more ? 'was' AND (e.state = 'reported'
      OR EXISTS (SELECT 1 FROM (VALUES {now}) v(f, now)
        WHERE r.more -> 'was' ? v.f AND (v.now IS DISTINCT FROM r.values ->> v.f
          OR e.sources ->> v.f IS DISTINCT FROM 'import'))))

-- piece: code_back
-- The destination that a row has when it is given back.
(CASE WHEN d.was ? 'destination_code' THEN d.was -> 'destination_code' ->> 0 ELSE d.destination_code END)

-- statement: give_back
-- Values, sources and state as the file met them; what it asked for is asked no more. The students.
WITH todo AS MATERIALIZED (SELECT e.id, e.student_id, e.school_id, e.state AS old_state,
    e.destination_code, r.more -> 'was' AS was,
    (e.sources - ARRAY(SELECT jsonb_object_keys(r.more -> 'was'))) || coalesce((SELECT
      jsonb_object_agg(k, s) FROM jsonb_each(r.more -> 'sources') x(k, s) WHERE r.more -> 'was' ? k), '{}')
      AS sources
  FROM import_row r JOIN plan_entry e ON e.student_id = {student}
  WHERE r.import_id = :id AND r.more ? 'was'),
written AS (UPDATE plan_entry e SET {given},
    sources = d.sources, by_staff = d.sources::text ~ '"(staff|import)"', changed_at = :now,
    state = {state_of({code_back})} FROM todo d WHERE e.id = d.id),
gone AS (UPDATE change_request q SET state = 'overtaken', changed_at = :now
  FROM import_row r WHERE r.import_id = :id AND q.id = (r.more ->> 'request')::int
    AND q.state = 'open' AND q.source = 'import' RETURNING q.id, q.school_id),
told AS ({into} {undone} FROM todo d UNION ALL {overtaken} FROM gone)
SELECT student_id FROM todo

-- statement: remove
-- The rows that the file began and nothing else filled. The students.
DELETE FROM plan_entry e USING import_row r WHERE r.import_id = :id
  AND r.status = 'new' AND e.student_id = {student} AND e.state = 'open'
  AND NOT e.by_staff AND NOT EXISTS (SELECT 1 FROM change_request q WHERE q.entry_id = e.id)
  RETURNING e.student_id
