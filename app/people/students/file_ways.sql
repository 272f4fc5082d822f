-- Ways in that a file of students changes: traced, counted, compared (ACC-12, ACC-15).

-- piece: known
-- The student of a row.
s.school_id = :school AND s.student_no = r.values ->> 'student_no'

-- statement: trace
-- A line in the trail of each student: the way in before and after, masked; given back the other way round.
{into} {lines}
  FROM student s JOIN ab_user u ON u.student_id = s.id
    JOIN LATERAL (SELECT old_masked, new_masked FROM contact_change c WHERE c.user_id = u.id
      AND c.import_id = :import AND c.channel = :channel ORDER BY c.id LIMIT 1) c ON true
  WHERE s.id = ANY(:ids) ORDER BY s.id

-- piece: changed
-- What such a line says of it.
jsonb_build_object('import', :import ::int, 'changed', jsonb_build_object(:field ::text,
    jsonb_build_array(CASE WHEN :undone THEN c.new_masked ELSE c.old_masked END,
      CASE WHEN :undone THEN c.old_masked ELSE c.new_masked END)))

-- statement: told
-- How many students will be told that a way in of theirs has changed.
SELECT count(*) FROM import_row r JOIN student s ON {known} LEFT JOIN ab_user u ON u.student_id = s.id
  WHERE r.import_id = :id AND r.status = 'changed' AND (r.old ? 'phone_index' OR (r.old ? 'email'
    AND (coalesce(s.email, '') <> '' OR u.password IS NOT NULL OR coalesce(u.login_count, 0) > 0)))

-- statement: same_mail
-- An address that is only written otherwise is the same address.
UPDATE import_row r SET values = r.values || jsonb_build_object('email', s.email)
  FROM student s WHERE r.import_id = :id AND r.status <> 'faulty' AND {known}
    AND lower(s.email) = lower(r.values ->> 'email') AND s.email <> r.values ->> 'email'

-- statement: own_mail
-- What a student who has signed in keeps itself no file changes.
UPDATE import_row r SET values = r.values - 'email'
  FROM student s JOIN ab_user u ON u.student_id = s.id
  WHERE r.import_id = :id AND r.status <> 'faulty' AND r.values ? 'email' AND {known} AND s.email <> ''
    AND lower(s.email) <> lower(r.values ->> 'email') AND (u.password IS NOT NULL OR u.login_count > 0)

-- piece: mail_taken
-- Another account has the address, or another student of the school.
r.values ? 'email' AND (EXISTS (SELECT 1 FROM ab_user u LEFT JOIN student s
    ON s.id = u.student_id WHERE lower(u.email) = lower(r.values ->> 'email')
    AND (s.school_id, s.student_no) IS DISTINCT FROM (:school, r.values ->> 'student_no'))
  OR EXISTS (SELECT 1 FROM student s WHERE lower(s.email) = lower(r.values ->> 'email')
    AND s.school_id = :school AND s.student_no <> r.values ->> 'student_no'))
