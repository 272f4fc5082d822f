-- What has to be checked anew (CHK-01).

-- statement: stale
-- (school, year) whose rows, students or placements changed after the checks looked at them, of these plan
-- rows; without `:ids` of all, those years too whose students have left while findings stay.
SELECT x.school_id, x.graduation_year
FROM (SELECT e.school_id, e.graduation_year, max(e.changed_at) AS changed_at FROM plan_entry e
  WHERE (e.school_id, e.graduation_year) IN (SELECT school_id, graduation_year FROM plan_entry
    WHERE CAST(:ids AS int[]) IS NULL OR id = ANY(:ids)) GROUP BY 1, 2
  UNION ALL SELECT f.school_id, f.graduation_year, '-infinity' FROM finding f
    WHERE CAST(:ids AS int[]) IS NULL AND f.state <> 'gone' GROUP BY 1, 2) x
LEFT JOIN check_run r USING (school_id, graduation_year)
WHERE r.ran_at IS NULL OR r.ran_at <= x.changed_at OR r.ran_at < :recent GROUP BY 1, 2 ORDER BY 1, 2

-- piece: years_by(how)
-- The graduation years of the students whom rows of a file mean.
SELECT s.graduation_year FROM import_row r JOIN student s ON {how}
WHERE r.import_id = :id AND r.status IN ('new', 'changed') AND s.school_id = :school

-- statement: years_of_file
-- By number of record, or by student number: with one join that says «or» the database would compare every
-- row with every student.
{years_by(s.id = (r.values ->> 'student_id')::int)}
UNION {years_by(s.school_id = :school AND s.student_no = r.values ->> 'student_no')} ORDER BY 1
