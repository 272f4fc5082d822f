-- A list of restrictions and releases against what stands (ADM-03, BLK-08).

-- piece: known
-- The student of a row.
SELECT 1 FROM student s WHERE s.school_id = :school AND s.student_no = r.values ->> 'student_no'

-- piece: stands
-- A restriction that bars now, or will.
'set' = t.state AND (t.until IS NULL OR t.until >= :today)

-- piece: unknown
NOT EXISTS ({known})

-- piece: called_otherwise
r.values ? 'name' AND NOT EXISTS ({known} AND lower(s.name) = lower(r.values ->> 'name'))

-- piece: barred
-- The student is restricted in the way that the row names.
EXISTS ({known} AND EXISTS (SELECT 1 FROM restriction t WHERE t.student_id = s.id
  AND t.kind = r.values ->> 'kind' AND {stands}))

-- piece: said
-- A restriction of the record says exactly what the row says: our own list, come back.
EXISTS ({known} AND EXISTS (SELECT 1 FROM restriction t WHERE t.student_id = s.id
  AND t.kind = r.values ->> 'kind' AND t.since::text = r.values ->> 'since'
  AND coalesce(t.until::text, '') = coalesce(r.values ->> 'until', '') AND t.reason = r.values ->> 'reason'
  AND ({stands}) = (r.values ->> 'act' = 'restrict')))

-- statement: compare
-- What our own list says of a restriction that stands, or of one that is over: nothing is to be done.
UPDATE import_row r SET status = CASE WHEN {said} AND {barred} = (r.values ->> 'act' = 'restrict')
    THEN 'same' ELSE 'new' END
  WHERE r.import_id = :id AND r.status IN ('new', 'same')

-- piece: free
-- Who is to be released is not restricted in this way.
r.status = 'new' AND r.values ->> 'act' = 'release' AND NOT {barred}

-- piece: barred_already
r.status = 'new' AND r.values ->> 'act' = 'restrict' AND {barred}

-- piece: twice
-- A row before it restricts the student in the same way, from another day.
r.status = 'new' AND r.values ->> 'act' = 'restrict' AND EXISTS (SELECT 1 FROM import_row o
  WHERE o.import_id = r.import_id AND o.row < r.row AND o.status = 'new'
    AND o.values ->> 'act' = 'restrict' AND o.values ->> 'kind' = r.values ->> 'kind'
    AND o.values ->> 'since' IS DISTINCT FROM r.values ->> 'since'
    AND o.values ->> 'student_no' = r.values ->> 'student_no')
