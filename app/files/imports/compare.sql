-- The staged rows of a file against each other and against the data (BLK-02, BLK-03). `:id` is the import, a row
-- of it `r`, the record that it means `t`; what each sheet's target puts in is said by `compare.pieces`.

-- statement: reset
-- Whatever was found before: new, until a record is found.
UPDATE import_row SET status = 'new', old = NULL WHERE import_id = :id AND status IN ('changed', 'same')

-- statement: counts
-- (status, rows).
SELECT status, count(*) FROM import_row WHERE import_id = :id GROUP BY status

-- statement: moved_on
-- Whether some row would now be told apart differently than when it was checked.
-- All are counted: an EXISTS would be planned for the first one, and as a rule there is none.
SELECT count(*) > 0 FROM import_row r LEFT JOIN {table} t ON {joined}
WHERE r.import_id = :id AND r.status <> 'faulty' AND CASE WHEN t.id IS NULL THEN r.status <> 'new'
  ELSE r.status = 'new' OR NOT ({current} @> (r.values || (coalesce(r.old, '{}') - {hidden}))) END

-- statement: match
-- New rows from those whose record exists, and of these the changed, with what they replace, from the same.
WITH c AS MATERIALIZED (SELECT r.row, CASE WHEN {differs} THEN (
      SELECT coalesce(jsonb_object_agg(k, x.cur -> k), '{}')
      FROM jsonb_object_keys(r.values) k WHERE x.cur -> k IS DISTINCT FROM r.values -> k) {replaced} END AS old
  FROM import_row r JOIN {table} t ON {joined} CROSS JOIN LATERAL (SELECT {current} AS cur OFFSET 0) x
  WHERE r.import_id = :id AND r.status <> 'faulty')
UPDATE import_row r SET status = CASE WHEN c.old IS NULL THEN 'same' ELSE 'changed' END, old = c.old
FROM c WHERE r.import_id = :id AND r.row = c.row

-- piece: replaced_number(number)
-- Of a number that changes, what it was: encrypted, and its mask.
|| CASE WHEN r.values ->> '{number}_index' <> coalesce(x.cur ->> '{number}_index', '')
    THEN jsonb_build_object('{number}_sealed', encode(t.{number}_sealed, 'hex'),
      '{number}_masked', t.{number}_masked) ELSE '{}' END

-- statement: mark
-- Rows of which the condition holds are faulty, with the sentence; only good ones, unless `:all_rows`.
UPDATE import_row r SET status = 'faulty', old = NULL, problems = coalesce(problems, '[]')
    || jsonb_build_array(jsonb_build_array(CAST(:field AS text), CAST(:sentence AS text)))
  WHERE r.import_id = :id AND (:all_rows OR r.status <> 'faulty') AND ({condition})

-- piece: unknown_mask(number)
-- A masked number is taken for the record's own only where its mask is; else nobody knows it.
r.more ? '{number}_mask' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE {joined}
    AND (t.{number}_masked = (r.more ->> '{number}_mask') OR (r.more ->> '{number}_mask') LIKE '***%'
      AND right(t.{number}_masked, 4) = right((r.more ->> '{number}_mask'), 4)))

-- piece: taken_by_another(table; key; w_has; o_has)
-- Another record of the school has the value (bind `school`), and no good row of the file gives that
-- record another one. Such rows may lean on one another; where one of them is marked, all that lean on it are.
r.row IN (WITH RECURSIVE wants AS (SELECT w.row, o.row AS giver
    FROM import_row w JOIN {table} t ON t.school_id = :school AND {w_has}
      AND t.{key} <> w.values ->> '{key}'
    LEFT JOIN import_row o ON o.import_id = :id AND o.status <> 'faulty'
      AND o.values ->> '{key}' = t.{key} AND NOT {o_has}
  WHERE w.import_id = :id AND w.status <> 'faulty' AND NOT EXISTS (SELECT 1 FROM {table} t
    WHERE t.school_id = :school AND t.{key} = w.values ->> '{key}' AND {w_has})),
  stuck AS (SELECT row FROM wants WHERE giver IS NULL
    UNION SELECT w.row FROM wants w JOIN stuck s ON w.giver = s.row)
  SELECT row FROM stuck)

-- piece: mark_doubles(first; others; which; told)
-- What stands in several rows though it may only stand once: `{value}` of the columns `:names`.
WITH g AS (SELECT {value} AS value, {first} AS first, max(row) AS last, min({told}) AS least,
    max({told}) AS most
  FROM import_row r WHERE import_id = :id AND values ?& :names GROUP BY 1 HAVING count(*) > 1)
UPDATE import_row r SET status = 'faulty', problems = coalesce(r.problems, '[]')
    || jsonb_build_array(jsonb_build_array(CAST(:field AS text), replace(CAST(:sentence AS text), 'ROW',
      CASE WHEN f.sheet = r.sheet THEN '' ELSE (CAST(:sheets AS text[]))[f.sheet + 1] || '!' END || f.line)))
  FROM g, import_row f WHERE r.import_id = :id AND r.values ?& :names AND {value} = g.value
    AND {others} AND f.import_id = :id AND f.row = {which}

-- statement: mark_same_key
-- Of rows with the same key the first good one stays: they mean the same (F-55).
{mark_doubles(coalesce(min(row) FILTER (WHERE status <> 'faulty'), min(row)); r.row <> g.first; g.first; {told})}

-- statement: mark_same_value
-- Which of two records has the phone that both have only the person knows: all of them are marked.
{mark_doubles(min(row); g.least <> g.most; CASE WHEN r.row = g.first THEN g.last ELSE g.first END; {told})}
