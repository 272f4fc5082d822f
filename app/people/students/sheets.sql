-- The list of students against the records of the school.

-- piece: known
-- The student of a row.
s.school_id = :school AND s.student_no = r.values ->> 'student_no'

-- statement: as_known
-- Kind and country of a document stay as the record has them, where the number is the same and the row
-- says neither.
UPDATE import_row r SET values = r.values || jsonb_build_object(
    'id_kind', s.id_kind, 'id_country', s.id_country)
  FROM student s WHERE r.import_id = :id AND r.status <> 'faulty' AND {known}
    AND s.id_number_index = decode(r.values ->> 'id_number_index', 'hex')
    AND (r.more ? 'kind_told' OR s.id_kind = r.values ->> 'id_kind')
    AND r.values ->> 'id_country' = ''
    AND (s.id_country <> '' OR s.id_kind IS DISTINCT FROM r.values ->> 'id_kind')

-- piece: number_taken
-- Another student of the school and year has the number of identity.
EXISTS (SELECT 1 FROM student s WHERE s.school_id = :school
  AND s.id_number_index = decode(r.values ->> 'id_number_index', 'hex')
  AND s.id_kind = r.values ->> 'id_kind'
  AND (s.id_country = '' OR r.values ->> 'id_country' IN ('', s.id_country))
  AND s.graduation_year = (r.values ->> 'graduation_year')::int
  AND s.student_no <> r.values ->> 'student_no')

-- piece: reset_held
-- The sign-in was reset a short time ago: the phone may not change in the same breath (ACC-15).
EXISTS (SELECT 1 FROM student s JOIN ab_user u ON u.student_id = s.id
    JOIN contact_change c ON c.user_id = u.id
  WHERE {known} AND s.phone_index IS DISTINCT FROM decode(r.values ->> 'phone_index', 'hex')
    AND r.values ? 'phone_index' AND c.channel = 'reset' AND c.held_until > app_now()
    AND c.confirmed_at IS NULL AND c.undone_at IS NULL)

-- piece: moved
-- The students `s` whose college or major the file has changed.
s.school_id = :school AND s.student_no IN (SELECT r.values ->> 'student_no' FROM import_row r
  WHERE r.import_id = :id AND r.status = 'changed' AND r.old ?| ARRAY['college_id', 'major_id'])

-- piece: added
-- The students `s` whom the file has added.
s.school_id = :school AND s.student_no IN (SELECT r.values ->> 'student_no' FROM import_row r
  WHERE r.import_id = :id AND r.status = 'new')

-- statement: last_names
-- The accounts are called as their students are.
UPDATE ab_user u SET last_name = s.name FROM student s WHERE u.student_id = s.id AND s.id = ANY(:ids)

-- statement: changed
-- (student, what it had) of whom the file changed in that field. From the file's rows to the students: joined
-- to more, the database may begin at the other end and read the file once for each account.
SELECT s.id, r.old FROM import_row r JOIN student s ON {known}
  WHERE r.import_id = :id AND r.status = 'changed' AND r.old ? :field
