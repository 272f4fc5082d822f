-- The plan of a school and year, kept for good, and two such copies compared (PLN-08).

-- statement: copy
-- Every graduate of the year into the snapshot, and (why outside, code, how many) of what was copied. Rows
-- and counts by one statement: they are of one moment, however much is changed meanwhile. The counts by
-- college, level and code are kept too: a trend reads them, not the rows.
WITH copied AS (INSERT INTO plan_snapshot_row (snapshot_id, student_id, college_id, outside, row)
  SELECT :snapshot, s.id, s.college_id,
    CASE WHEN s.origin_state = 'approved' THEN '' ELSE s.origin_state END,
    jsonb_strip_nulls(jsonb_build_object(
      'student_no', s.student_no, 'name', s.name, 'sex', s.sex, 'education', s.education,
      'major_id', s.major_id, 'state', coalesce(e.state, 'open'), 'placement_id', e.placement_id, {row}))
  FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id
  WHERE s.school_id = :school AND s.graduation_year = :year
  RETURNING snapshot_id, college_id, outside, row ->> 'education' AS education,
    row ->> 'destination_code' AS code),
counted AS (INSERT INTO plan_snapshot_count
    (snapshot_id, college_id, outside, education, destination_code, count)
  SELECT snapshot_id, college_id, outside, coalesce(education, ''), coalesce(code, ''), count(*)
  FROM copied GROUP BY 1, 2, 3, 4, 5)
SELECT outside, code, count(*) FROM copied GROUP BY 1, 2

-- piece: compared
-- The graduates who differ; a step of review alone (`state`) is no difference.
(SELECT coalesce(a.student_id, b.student_id) AS student_id, a.row AS old, b.row AS new,
    CASE WHEN a.student_id IS NULL THEN 'added' WHEN b.student_id IS NULL THEN 'left'
         WHEN (a.row ->> 'destination_code') IS NULL THEN 'settled'
         WHEN (b.row ->> 'destination_code') IS NULL THEN 'ended' ELSE 'changed' END AS kind
  FROM (SELECT * FROM plan_snapshot_row WHERE snapshot_id = :old AND outside = '') a
  FULL JOIN (SELECT * FROM plan_snapshot_row WHERE snapshot_id = :new AND outside = '') b USING (student_id)
  WHERE (a.row - 'state') IS DISTINCT FROM (b.row - 'state')) x

-- statement: count
-- (kind, how many) of the graduates who differ between two snapshots.
SELECT kind, count(*) FROM {compared} GROUP BY 1

-- statement: first
-- The first graduates of each kind, `:most` of it.
SELECT * FROM (SELECT x.*, row_number() OVER (PARTITION BY kind ORDER BY student_id) AS place
  FROM {compared}) y WHERE place <= :most ORDER BY kind, place
