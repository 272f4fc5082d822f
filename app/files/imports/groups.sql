-- The problems of a file by column and by what is wrong (BLK-06); `:plain` are the columns without secrets.

-- piece: why
-- A sentence without what it quotes, so that all rows with the same trouble fall into one group.
regexp_replace(regexp_replace(p ->> 1, '“[^”]*”', '“…”', 'g'), '[0-9]+', '#', 'g')

-- piece: shown
-- What only SQL found wrong (a double, somebody else's) lies in no cell of its own: of it there is none.
CASE WHEN p ->> 0 = ANY(:plain) THEN r.more -> 'shown' ->> (p ->> 0) END

-- piece: of_problems
-- A line for each problem of each faulty row.
FROM import_row r, jsonb_array_elements(r.problems) p WHERE r.import_id = :id AND r.status = 'faulty'

-- statement: groups
-- (field, why, a sentence, rows, different sentences, first line, different cells, cells), largest first.
SELECT p ->> 0 AS field, {why} AS why, min(p ->> 1) AS sentence, count(*) AS n,
  count(DISTINCT p ->> 1) AS told, min(r.line) AS first, count(DISTINCT {shown}) AS texts,
  count({shown}) AS of_cells
{of_problems} GROUP BY 1, 2 ORDER BY n DESC, field, why

-- statement: values
-- (field, why, cell, rows) of the groups that `:fields` and `:whys` name, one beside the other.
SELECT p ->> 0 AS field, {why} AS why, {shown} AS text, count(*) AS n {of_problems}
  AND (p ->> 0, {why}) IN (SELECT * FROM unnest(:fields ::text[], :whys ::text[]))
GROUP BY 1, 2, 3 ORDER BY n DESC, text

-- statement: rows
-- The running numbers of the rows of a group; with a `:value` only those that have it.
SELECT DISTINCT r.row {of_problems} AND p ->> 0 = :name AND {why} = :why
  AND (:value ::text IS NULL OR {shown} = :value) ORDER BY 1
