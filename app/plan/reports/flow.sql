-- The flow of work of a school, or of one of its colleges, in a span of days (RPT-02, RPT-04).

-- piece: in_span
-- A row of the trace in the days that are looked at.
t.school_id = :school AND t.at >= CAST(:since AS timestamptz) AND t.at < CAST(:until AS timestamptz)

-- piece: of_college(row)
-- Without a college the whole school.
(CAST(:college AS int) IS NULL OR {row}.college_id = :college)

-- piece: signed
-- A destination is not signed: it is registered, and counts only once it is in force.
(t.from_state IS NULL AND p.kind <> :destination)

-- piece: with_placement
-- A row of the trace with its placement, be it the placement's own or of a termination of it.
trail t LEFT JOIN termination z ON t.kind = 'termination' AND z.id = t.record_id
  JOIN placement p ON t.kind IN ('placement', 'termination')
    AND p.id = coalesce(z.placement_id, t.record_id)

-- piece: decided
-- What a reviewer did, beside the row before it in the record's trace: since then it had waited.
t.actor_role IN ('college', 'school') AND (t.step = ANY(:approves) OR t.step = ANY(:refuses))

-- piece: hours
-- The hour in the middle, not the mean: one forgotten record would spoil it.
percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.at - b.at) / 3600) AS hours

-- piece: waits
-- What waits for a reviewer now.
(SELECT 'placement' AS kind, state, school_id, college_id, changed_at FROM placement
    WHERE school_id = :school AND state IN (SELECT unnest(CAST(:waiting AS text[])))
  UNION ALL SELECT 'termination', state, school_id, college_id, changed_at FROM termination
    WHERE school_id = :school AND state IN (SELECT unnest(CAST(:ending AS text[])))) p

-- piece: age
-- How long it has waited.
CAST(:now AS timestamptz) - p.changed_at

-- statement: days
-- (day, begun, in force, terminated) of each day in China on which anything was.
SELECT CAST(t.at AT TIME ZONE 'Asia/Shanghai' AS date) AS day,
  count(*) FILTER (WHERE {signed}) AS begun,
  count(*) FILTER (WHERE t.to_state = 'in_force' AND t.from_state <> 'in_force') AS in_force,
  count(*) FILTER (WHERE t.to_state = 'terminated') AS ended
FROM trail t JOIN placement p ON p.id = t.record_id
WHERE t.kind = 'placement' AND {in_span} AND {of_college(p)}
  AND ({signed} OR t.to_state IN ('in_force', 'terminated'))
GROUP BY 1 ORDER BY 1 DESC

-- statement: reviewers
-- (name, approved, refused, hours in the middle until decided) of each reviewer, by name as it is read.
SELECT t.actor_name AS name, count(*) FILTER (WHERE t.step = ANY(:approves)) AS approved,
  count(*) FILTER (WHERE t.step = ANY(:refuses)) AS refused, {hours}
FROM {with_placement}
LEFT JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = t.seq - 1
WHERE {in_span} AND {of_college(p)} AND {decided}
GROUP BY t.actor_id, t.actor_name ORDER BY name_order(t.actor_name, true), t.actor_id

-- statement: waiting
-- (kind, state, under a day, 1–3 days, 3–7 days, longer) of what waits for a reviewer now.
SELECT p.kind, p.state, count(*) FILTER (WHERE {age} < interval '1 day') AS fresh,
  count(*) FILTER (WHERE {age} >= interval '1 day' AND {age} < interval '3 days') AS days,
  count(*) FILTER (WHERE {age} >= interval '3 days' AND {age} < interval '7 days') AS week,
  count(*) FILTER (WHERE {age} >= interval '7 days') AS longer
FROM {waits} WHERE {of_college(p)} GROUP BY 1, 2 ORDER BY 1, 2

-- statement: invitations
-- (state, how many) of the invitations sent in these days.
SELECT i.state, count(*) AS count
FROM invitation i JOIN student s ON s.id = i.student_id
WHERE i.school_id = :school AND i.sent_at >= CAST(:since AS timestamptz)
  AND i.sent_at < CAST(:until AS timestamptz) AND {of_college(s)} GROUP BY 1

-- statement: terminations
-- (state, who applied, how many) of the terminations begun in these days.
SELECT t.state, t.started_by, count(*) AS count FROM termination t
  JOIN placement p ON p.id = t.placement_id
WHERE t.school_id = :school AND t.created_at >= CAST(:since AS timestamptz)
  AND t.created_at < CAST(:until AS timestamptz) AND {of_college(p)}
GROUP BY 1, 2 ORDER BY 1, 2

-- statement: service
-- (college, waiting, hours in the middle until decided, graduates without contact), by the code of the
-- college. Without contact: no destination, and neither an invitation nor a placement ever.
WITH decided AS (SELECT p.college_id, {hours}
  FROM {with_placement}
  JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = t.seq - 1
  WHERE {in_span} AND {decided} GROUP BY 1),
waits AS (SELECT p.college_id, count(*) AS n FROM {waits} GROUP BY 1),
alone AS (SELECT s.college_id, count(*) AS n FROM student s
  LEFT JOIN plan_entry e ON e.student_id = s.id
  WHERE s.school_id = :school AND s.graduation_year = :year AND s.origin_state = 'approved'
    AND e.destination_code IS NULL
    AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id) GROUP BY 1)
SELECT c.name, coalesce(w.n, 0) AS waits, d.hours, coalesce(a.n, 0) AS alone
FROM college c LEFT JOIN decided d ON d.college_id = c.id
LEFT JOIN waits w ON w.college_id = c.id LEFT JOIN alone a ON a.college_id = c.id
WHERE c.school_id = :school AND (CAST(:college AS int) IS NULL OR c.id = :college)
ORDER BY c.code

-- statement: schools
-- (school, active, waiting, longer than three days, hours until decided, rows of the plan, of them reported,
-- day and note of the last snapshot) of every school, by its code: the service figures of a province.
WITH waits AS (SELECT p.school_id, count(*) AS n,
    count(*) FILTER (WHERE {age} >= interval '3 days') AS late
  FROM (SELECT school_id, changed_at FROM placement
      WHERE state IN (SELECT unnest(CAST(:waiting AS text[])))
    UNION ALL SELECT school_id, changed_at FROM termination
      WHERE state IN (SELECT unnest(CAST(:ending AS text[])))) p GROUP BY 1),
plan AS (SELECT school_id, count(*) AS n, count(*) FILTER (WHERE state = 'reported') AS reported
  FROM plan_entry WHERE graduation_year = :year GROUP BY 1)
SELECT s.id, s.active, coalesce(w.n, 0) AS waits, coalesce(w.late, 0) AS late, d.hours,
  coalesce(e.n, 0) AS rows, coalesce(e.reported, 0) AS reported, k.day, k.note
FROM school s LEFT JOIN waits w ON w.school_id = s.id LEFT JOIN plan e ON e.school_id = s.id
LEFT JOIN LATERAL (SELECT {hours} FROM trail t
  JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = t.seq - 1
  WHERE t.school_id = s.id AND t.at >= CAST(:since AS timestamptz)
    AND t.kind IN ('placement', 'termination') AND {decided}) d ON true
LEFT JOIN LATERAL (SELECT day, note FROM plan_snapshot
  WHERE school_id = s.id AND graduation_year = :year ORDER BY id DESC LIMIT 1) k ON true
ORDER BY s.code
