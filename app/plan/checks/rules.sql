-- Conditions on one line `b`, too long for the table of rules (`rules.py`); `sync.sql` explains them all.

-- piece: unknown(column; table)
-- The column's name where its table of the year's edition does not know the code.
CASE WHEN b.{column} NOT IN (SELECT code FROM code WHERE "table" = '{table}' AND edition = :{table}) THEN '{column}' END

-- piece: no_region(column; there)
-- The column's name where there is no such region.
CASE WHEN b.{column} {there} AND NOT EXISTS (SELECT 1 FROM region r WHERE r.code = b.{column})
    THEN '{column}' END

-- piece: no_county
-- A region that has counties, or cities, inside it: the region asked for is the smallest.
b.location IN (SELECT left(code, 4) || '00' FROM region WHERE level = 3 UNION SELECT left(code, 2) || '0000' FROM region WHERE level = 2)

-- piece: elsewhere
-- The address begins with a province, or with a city, that is not the region's.
(b.province IS NOT NULL AND left(b.province, 2) <> left(b.location, 2)
  OR b.province IS NULL AND b.city IS NOT NULL AND left(b.city, 4) <> left(b.location, 4)
     AND NOT (left(b.city, 2) = left(b.location, 2) AND substr(b.location, 3, 2) IN ('00', '90')))

-- piece: no_proof
-- A paper contract has one file at least, a destination each proof that its kind requires.
CASE WHEN b.kind = 'offline' THEN b.placement_state IN ('in_force', 'awaiting_school',
    'awaiting_college') AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.record_kind = 'placement'
    AND a.record_id = b.placement_id)
  WHEN b.kind = 'destination' THEN EXISTS (SELECT 1 FROM destination d JOIN destination_proof q
    ON q.kind_id = d.kind_id AND q.required AND q.active WHERE d.placement_id = b.placement_id
    AND NOT EXISTS (SELECT 1 FROM destination_file x WHERE x.destination_id = d.id
      AND x.proof = q.key))
  ELSE false END

-- piece: has_other
-- The student's slot is held more than once.
(SELECT count(*) FROM placement x WHERE x.student_id = b.student_id AND x.settles
  AND x.state IN (SELECT unnest(CAST(:held AS text[])))) > 1

-- piece: checked_by
-- The school that has checked the employer.
(SELECT c.name FROM employer m JOIN school c ON c.id = m.school_id
  WHERE m.id = b.employer_id AND m.profile_at IS NOT NULL)
