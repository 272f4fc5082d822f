-- Whose the rows of a plan file are, and what their destinations mean (PLN-05). `:id` is the import, `:school`
-- its school; a row of the file is `r`, a student `s`.
-- after: importing.sql

-- piece: same_id(row)
-- The student's ID number is that of the row, also of a permit that was renewed since.
s.id_number_index IN (decode({row}.more ->> 'id_number_index', 'hex'),
  decode({row}.more ->> 'as_permit', 'hex'))

-- piece: found
-- Of the rows that are nobody's yet these are somebody's: `f` is (row, id).
UPDATE import_row r SET values = r.values || jsonb_build_object('student_id', f.id)

-- piece: nobodys(row)
-- A good row of which it is not known whose it is.
{row}.import_id = :id AND {row}.status <> 'faulty' AND NOT {row}.values ? 'student_id'

-- statement: by_number
-- By the student number, of which a school has no two.
{found} FROM (SELECT i.row, s.id FROM import_row i JOIN student s
    ON s.school_id = :school AND s.student_no = i.more ->> 'student_no' WHERE {nobodys(i)}) f
  WHERE r.import_id = :id AND r.row = f.row

-- piece: by_other(joined)
-- By another number, where the row has none of the `:better` ones and one student alone has it.
{found} FROM (SELECT i.row, min(s.id) AS id FROM import_row i JOIN student s ON {joined}
    WHERE {nobodys(i)} AND s.school_id = :school AND NOT i.more ?| :better GROUP BY i.row
    HAVING count(*) = 1) f
  WHERE r.import_id = :id AND r.row = f.row

-- statement: by_id_number
-- By the ID number's index.
{by_other({same_id(i)})}

-- statement: by_examinee_no
-- By the examinee number.
{by_other(s.examinee_no = i.more ->> 'examinee_no')}

-- piece: other_way(than)
-- The student whose row it is is not so.
EXISTS (SELECT 1 FROM student s WHERE s.id = {student} AND {than})

-- piece: another_name
-- Somebody else than the row names.
{other_way(lower(s.name) <> lower(r.more ->> 'name'))}

-- piece: another_id
-- Somebody with another ID number than the row gives.
r.more ? 'id_number_index' AND {other_way(NOT {same_id(r)})}

-- piece: several(same)
-- A row that is nobody's although the school has students of this number.
NOT r.values ? 'student_id' AND r.more ? :number
  AND EXISTS (SELECT 1 FROM student s WHERE s.school_id = :school AND {same})

-- piece: unknown
-- A row that is nobody's, of its number.
NOT r.values ? 'student_id' AND r.more ? :number

-- piece: undecided
-- A placement's change waits for the decision, and the file says otherwise than the row.
EXISTS (SELECT 1 FROM plan_entry t JOIN change_request q ON q.entry_id = t.id
    AND q.state = 'open' AND q.source IS DISTINCT FROM 'import'
  WHERE t.student_id = {student} AND NOT {ours} @> r.values)

-- statement: said
-- (graduation year, what is said) of a `:field` whose codes have editions.
SELECT DISTINCT s.graduation_year, r.values ->> :field FROM import_row r JOIN student s ON s.id = {student}
  WHERE r.import_id = :id AND r.status <> 'faulty' AND r.values ? :field

-- piece: who_says
-- Every good row that says this of a student of that year; `:rows` is JSON of year, said, text.
FROM student s, jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(year int, said text, text text)
  WHERE r.import_id = :id AND r.status <> 'faulty' AND s.id = {student}
    AND s.graduation_year = g.year AND r.values ->> :field = g.said

-- statement: read_code
-- The code stands for the name that was typed.
UPDATE import_row r SET values = r.values || jsonb_build_object(CAST(:field AS text), g.text) {who_says}

-- statement: refuse_code
-- What is no code of that year makes the row faulty.
UPDATE import_row r SET status = 'faulty', problems = coalesce(r.problems, '[]')
    || jsonb_build_array(jsonb_build_array(CAST(:field AS text), g.text)) {who_says}

-- statement: unpark
-- What waited for a decision is compared again: it may have been decided on.
UPDATE import_row r SET values = r.values || (r.more -> 'waits'), more = r.more - 'waits'
  WHERE r.import_id = :id AND r.more ? 'waits'

-- statement: park
-- What an earlier file asked for and nobody has decided on is not asked for again.
UPDATE import_row r SET values = r.values - ARRAY(SELECT jsonb_object_keys(w.waits)),
    more = r.more || jsonb_build_object('waits', w.waits)
  FROM (SELECT i.row, jsonb_object_agg(c.key, c.value ->> 1) AS waits FROM import_row i
    JOIN change_request q ON q.student_id = (i.values ->> 'student_id')::int
      AND q.state = 'open' AND q.source = 'import'
    CROSS JOIN LATERAL jsonb_each(q.changes) c
    WHERE i.import_id = :id AND i.status <> 'faulty' AND i.values -> c.key = c.value -> 1
    GROUP BY i.row) w
  WHERE r.import_id = :id AND r.row = w.row
