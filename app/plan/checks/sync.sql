-- The rules at work: the line of a graduate that they read, the findings they leave, and the checked rows
-- that fall back (CHK-01, CHK-02, PLN-06). `rules.py` has the rules, `sync.py` puts them in.
-- after: signs.sql

-- piece: begins(as; level)
-- The province, or the city, that an address begins with.
LEFT JOIN (SELECT name, min(code) AS code, left(name, 2) AS head FROM region
    WHERE level = {level} GROUP BY name) {as}
  ON {as}.head = left(e.address, 2) AND starts_with(e.address, {as}.name)

-- piece: line
-- What a rule can look at, of one graduate: person, placement, and the destination of the plan row.
SELECT s.id AS student_id, s.school_id, s.college_id, s.graduation_year, s.sex,
    s.education, s.training_mode, s.nation, s.origin, s.origin_state, s.examinee_no,
    {person}, s.birth_date_index, i.birth_index AS born_index,
    s.id_number_index, s.id_kind, s.id_country, s.phone_index, p.id AS placement_id, p.kind,
    p.state AS placement_state,
    p.invitation_id, p.employer_id, e.entry_state, {destination},
    c.part, string_to_array(coalesce(c.needs, ''), ' ') AS needs,
    coalesce(i.fault, '') AS id_fault, coalesce(i.sex, '') AS id_sex,
    r1.code AS province, r2.code AS city

-- piece: named
-- What the codes of the row count as, and where its address lies.
LEFT JOIN counts_as c ON c.edition = :formula AND c.code = e.destination_code
  {begins(r1; 1)} {begins(r2; 2)}

-- piece: rows
-- The graduates of a year with their rows; whose origin record waits counts only once it has a row.
student s LEFT JOIN (SELECT student_id AS owner, state AS entry_state, placement_id AS of, {fields}
    FROM plan_entry) e ON e.owner = s.id LEFT JOIN placement p ON p.id = e.of
    LEFT JOIN id_number_fact i ON i.id_number_index = s.id_number_index AND i.id_kind = s.id_kind

-- piece: of_year
-- See `rows`.
WHERE s.school_id = :school AND s.graduation_year = :year
  AND (s.origin_state = 'approved' OR e.owner IS NOT NULL)

-- table: check_base
-- One line a graduate of the year.
{line} FROM {rows} {named} {of_year}

-- statement: base_of_some
-- The same line, of a few graduates.
{line} FROM {rows} {named} {of_year} AND s.id = ANY(:ids)

-- piece: wish
-- What a placement would write into the plan, with what its kind says of it (`:values`).
placement p JOIN student s ON s.id = p.student_id
  JOIN (SELECT w.placement_id AS of, NULL AS entry_state, {wished} FROM plan_wish w) e ON e.of = p.id
  CROSS JOIN (SELECT CAST(:fault AS text) AS fault, CAST(:sex AS text) AS sex,
    CAST(NULL AS bytea) AS birth_index) i

-- piece: found_of_college(rule; severity; where)
-- What a rule found in colleges, as (rule, severity, subject, college_id, student_id, facts).
SELECT '{rule}' AS rule, '{severity}' AS severity, 'c' || x.college_id AS subject, x.college_id, CAST(NULL AS int) AS student_id,
          x.facts FROM ({where}) x

-- piece: found_of_students(rule; severity; where)
-- What a rule found of graduates, likewise.
SELECT '{rule}' AS rule, '{severity}' AS severity, 's' || x.student_id AS subject, y.college_id, x.student_id, x.facts
      FROM ({where}) x JOIN check_base y ON y.student_id = x.student_id

-- piece: found_of_record(facts; applies; where)
-- Whom a rule finds that needs one line only.
SELECT b.student_id, {facts} AS facts FROM check_base b
          WHERE {applies} AND ({where})

-- piece: scope
-- The findings that a run looks after; without `:subjects` those of the whole year.
f.school_id = :school AND f.graduation_year = :year AND f.rule = ANY(:rules)
    AND (CAST(:subjects AS text[]) IS NULL OR f.subject = ANY(:subjects))

-- piece: write(found)
-- Findings as the rules find them now: new ones open, changed ones open again, mended ones gone; an
-- acceptance stays while the facts are the same, and its end is told in the trail.
WITH found AS MATERIALIZED ({found}),
before AS MATERIALIZED (SELECT f.* FROM finding f WHERE {scope}),
written AS (INSERT INTO finding AS f (school_id, graduation_year, rule, severity, subject, college_id,
    student_id, facts, state, found_at, changed_at)
  SELECT :school, :year, rule, severity, subject, college_id, student_id, facts, 'open', :now, :now
  FROM found ON CONFLICT (school_id, graduation_year, rule, subject) DO UPDATE SET
    severity = excluded.severity, college_id = excluded.college_id, facts = excluded.facts,
    state = CASE WHEN f.state = 'accepted' AND f.facts = excluded.facts THEN f.state
      ELSE 'open' END,
    found_at = CASE WHEN f.state = 'gone' THEN excluded.found_at ELSE f.found_at END,
    changed_at = excluded.changed_at
  WHERE f.state = 'gone' OR (f.severity, f.college_id, f.facts)
    IS DISTINCT FROM (excluded.severity, excluded.college_id, excluded.facts)),
missed AS (UPDATE finding f SET state = 'gone', changed_at = :now FROM before o
  WHERE o.id = f.id AND o.state <> 'gone' AND NOT EXISTS (SELECT 1 FROM found n
    WHERE n.rule = o.rule AND n.subject = o.subject)),
told AS ({told} FROM (
  SELECT o.id, CASE WHEN n.subject IS NULL THEN 'mended' ELSE 'changed' END AS step,
    CASE WHEN n.subject IS NULL THEN 'gone' ELSE 'open' END AS target
  FROM before o LEFT JOIN found n ON n.rule = o.rule AND n.subject = o.subject
  WHERE o.state = 'accepted' AND o.facts IS DISTINCT FROM n.facts) t)
SELECT severity, count(*) FROM found GROUP BY 1

-- statement: write_all
-- (severity, how many) of the findings of all rules over a year.
{write({found_all})}

-- statement: write_records
-- The same of the rules that need one line only.
{write({found_records})}

-- statement: lock
-- The findings that will be written, locked in the order of their ids, as everybody does.
SELECT count(*) FROM (SELECT 1 FROM finding f WHERE {scope}
    AND f.state <> 'gone' ORDER BY f.id FOR UPDATE) x

-- piece: falls
-- Checked rows in which the checks find an error.
e.school_id = :school AND e.graduation_year = :year AND e.state = 'checked'
    AND (CAST(:student AS int) IS NULL OR e.student_id = :student)
    AND EXISTS (SELECT 1 FROM finding f WHERE f.student_id = e.student_id AND f.school_id = :school
      AND f.graduation_year = :year AND f.state = 'open' AND f.severity = 'error')

-- statement: lock_falling
-- Their students, locked before the rows, as every step of the plan does.
SELECT count(*) FROM (SELECT 1 FROM student s WHERE s.id IN (
    SELECT e.student_id FROM plan_entry e WHERE {falls}) ORDER BY s.id FOR NO KEY UPDATE) x

-- piece: errors
-- The rules that bar the row, for the line of the trail.
jsonb_build_object('hints', (SELECT jsonb_agg(f.rule ORDER BY f.id) FROM finding f
    WHERE f.student_id = fallen.student_id AND f.graduation_year = :year AND f.state = 'open'
      AND f.severity = 'error'))

-- statement: fall
-- How many fell back. `changed_at` stays: nothing of the row was changed, and the checks need not look again.
WITH fallen AS (UPDATE plan_entry e SET state = 'filled' WHERE {falls}
  RETURNING e.id, e.school_id, e.student_id),
told AS ({fell} FROM fallen)
SELECT count(*) FROM fallen

-- statement: unread
-- Students whose number of identity was not read yet; `unborn` where the day of birth was never kept.
SELECT s.id, s.uid, s.id_number_sealed, s.id_number_index, s.id_kind,
  s.birth_date_index IS NULL AS unborn FROM student s
WHERE s.school_id = :school AND s.graduation_year = :year AND s.id_number_sealed IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM id_number_fact i WHERE i.id_number_index = s.id_number_index
    AND i.id_kind = s.id_kind)
ORDER BY s.id

-- statement: keep_facts
-- What numbers say, without the numbers; two runs may learn the same.
INSERT INTO id_number_fact (id_number_index, id_kind, fault, sex, birth_index)
SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:kinds AS text[]),
  CAST(:faults AS text[]), CAST(:sexes AS text[]), CAST(:births AS bytea[]))
ON CONFLICT DO NOTHING

-- statement: keep_births
-- The day of birth of records of before it was kept. Who holds a student keeps it: the next run is soon
-- enough.
UPDATE student s SET birth_date_sealed = x.sealed, birth_date_index = x.index,
  birth_date_masked = x.masked
FROM unnest(CAST(:ids AS int[]), CAST(:sealed AS bytea[]), CAST(:index AS bytea[]),
  CAST(:masked AS text[])) x(id, sealed, index, masked)
WHERE s.id = x.id AND s.id IN (SELECT id FROM student WHERE id = ANY(CAST(:ids AS int[]))
  AND birth_date_index IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)

-- piece: ask_record(rule; where; facts; applies)
-- What a rule says of the one line `b`: also that it is met.
SELECT {rule} AS rule, coalesce({where}, false) AS bad, {facts} AS facts FROM b WHERE {applies}

-- piece: ask_sign(rule; where)
-- A sign has a line only where there is one.
SELECT {rule} AS rule, true AS bad, x.facts FROM ({where}) x

-- statement: ask_one
-- (rule, whether it is broken, facts) of the one placement that the desk asks about.
WITH b AS MATERIALIZED ({line} FROM {wish} {named} WHERE p.id = :placement), {parts_of_one} {asked}
