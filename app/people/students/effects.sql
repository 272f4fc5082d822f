-- Accounts of students, opened and closed by set. `which` is a condition on the student `s`.

-- statement: open
-- Opens what is missing, `:most` of it: (account, student). Without a password: the student sets one by a
-- code to the phone on record, at its first sign-in.
INSERT INTO ab_user (id, username, first_name, last_name, email, active, role, school_id, student_id,
    demo, must_change_password, login_count, fail_login_count, created_on, changed_on)
  SELECT nextval('ab_user_id_seq'), {username}, '', s.name, {email},
    true, 'student', s.school_id, s.id, false, false, 0, 0,
    app_now() AT TIME ZONE 'Asia/Shanghai', app_now() AT TIME ZONE 'Asia/Shanghai'
  FROM student s JOIN school c ON c.id = s.school_id
  WHERE NOT EXISTS (SELECT 1 FROM ab_user u WHERE u.student_id = s.id) AND {which}
  ORDER BY s.id LIMIT :most ON CONFLICT (username) DO NOTHING RETURNING id, student_id

-- piece: username
-- A name that another still bears (a number entered wrongly, corrected since) gets the record's id.
c.code || '-' || s.student_no || CASE WHEN EXISTS (SELECT 1 FROM ab_user t
    WHERE t.username = c.code || '-' || s.student_no AND t.student_id IS DISTINCT FROM s.id)
    THEN '-' || s.id ELSE '' END

-- piece: email
-- The record's e-mail, unless an account has it, or an older record of nobody's yet.
CASE WHEN s.email <> '' AND NOT EXISTS (SELECT 1 FROM ab_user t
    WHERE lower(t.email) = lower(s.email)) AND s.id = (SELECT min(x.id) FROM student x
    WHERE lower(x.email) = lower(s.email)) THEN s.email ELSE s.uid || '@invalid' END

-- statement: rename
-- The name of one account, by what the record says now.
UPDATE ab_user u SET username = {username}
  FROM student s JOIN school c ON c.id = s.school_id WHERE s.id = :student AND u.id = :user

-- statement: numbers
-- What opens the accounts of these students.
SELECT s.id, s.uid, c.code, s.student_no, s.id_number_sealed, s.phone_sealed
  FROM student s JOIN school c ON c.id = s.school_id WHERE s.id = ANY(:ids)

-- statement: forget
-- Deletes the accounts that nobody has used.
DELETE FROM ab_user u USING student s
  WHERE u.student_id = s.id AND u.password IS NULL AND u.last_login IS NULL
    AND s.verified_at IS NULL AND {which}
