-- A plan file and our plan side by side: who is in one of them only, and where a choice moves a value.
-- `:id` is the import, a row of the file is `r`.

-- piece: only_ours
-- Graduates of the file's years who are not in it.
FROM plan_entry e JOIN student s ON s.id = e.student_id WHERE e.school_id = :school
  AND e.graduation_year IN (SELECT DISTINCT x.graduation_year FROM import_row r
    JOIN student x ON x.id = {student} WHERE r.import_id = :id AND r.status <> 'faulty')
  AND NOT EXISTS (SELECT 1 FROM import_row r WHERE r.import_id = :id AND {student} = e.student_id)

-- piece: only_theirs
-- Rows of the file that are nobody's here.
FROM import_row r WHERE r.import_id = :id AND r.status = 'faulty' AND NOT r.values ? 'student_id'

-- piece: said(name)
-- What such a row said, as far as it could be read.
coalesce(r.more ->> '{name}', r.more -> 'shown' ->> '{name}', '') AS {name}

-- statement: sides
-- How many rows are good, or faulty although we know whose they are; only ours, only in the file.
SELECT
  (SELECT count(*) FROM import_row WHERE import_id = :id AND status <> 'faulty') AS good,
  (SELECT count(*) FROM import_row WHERE import_id = :id AND status = 'faulty' AND values ? 'student_id')
    AS faulty,
  (SELECT count(*) {only_ours}) AS ours, (SELECT count(*) {only_theirs}) AS theirs

-- statement: only_ours_listed
-- The first of them, by student number.
SELECT e.id, s.student_no, s.name, e.destination_code, e.graduation_year {only_ours}
  ORDER BY s.student_no LIMIT :most

-- statement: only_theirs_listed
-- The first of them in the order of the file, with the number they give and why they are nobody's.
SELECT r.line, {said(student_no)}, {said(name)},
  coalesce(r.more ->> 'id_number_masked', r.more ->> 'examinee_no', '') AS other, r.problems
  {only_theirs} ORDER BY r.row LIMIT :most

-- table: plan_choice
-- What was chosen, by COPY: row, field → ours or skip.
SELECT 1 AS row, CAST('{}' AS jsonb) AS choice

-- statement: move
-- What is not to be taken lies in `more.left`, everything else among what is written.
UPDATE import_row r SET values = x.said - ARRAY(SELECT jsonb_object_keys(c.choice)),
  more = r.more || jsonb_build_object('choice', c.choice, 'left', (SELECT
    coalesce(jsonb_object_agg(k, v), '{}') FROM jsonb_each(x.said) y(k, v) WHERE c.choice ? k))
  FROM plan_choice c, import_row o, LATERAL (SELECT o.values || coalesce(o.more -> 'left', '{}') AS said) x
  WHERE o.import_id = :id AND o.row = c.row AND r.import_id = o.import_id AND r.row = o.row
