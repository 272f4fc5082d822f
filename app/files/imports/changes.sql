-- What a checked file would change, column by column (BLK-09).

-- statement: by_column
-- (key, how many rows change it); `:replaced`: only those that had a value.
SELECT k, count(*) FROM import_row r, jsonb_object_keys(r.old) k
WHERE r.import_id = :id AND r.status = 'changed'
  AND NOT (:replaced AND coalesce(r.old ->> k, '') = '') GROUP BY k

-- statement: slipped
-- How many changed cells have now what stood one to three rows below, or above: in this order the column
-- stands three, two, one rows too high, and one, two, three too low.
WITH c AS (SELECT row, r.values ->> :key AS now, coalesce(r.old ? :key, false) AS moved,
    CASE WHEN r.old ? :key THEN r.old ->> :key ELSE r.values ->> :key END AS was
  FROM import_row r WHERE r.import_id = :id AND r.status IN ('changed', 'same')),
n AS (SELECT now, moved, lead(was, 3) OVER w AS up_3, lead(was, 2) OVER w AS up_2,
    lead(was, 1) OVER w AS up_1, lag(was, 1) OVER w AS down_1, lag(was, 2) OVER w AS down_2,
    lag(was, 3) OVER w AS down_3
  FROM c WINDOW w AS (ORDER BY row))
SELECT count(*) FILTER (WHERE moved AND now = up_3), count(*) FILTER (WHERE moved AND now = up_2),
  count(*) FILTER (WHERE moved AND now = up_1), count(*) FILTER (WHERE moved AND now = down_1),
  count(*) FILTER (WHERE moved AND now = down_2), count(*) FILTER (WHERE moved AND now = down_3)
FROM n
