-- The staged rows into the data and back (BLK-03). `:id` is the import, a row of it `r`, the record that it
-- means `t`; what each sheet's target puts in is said by `writing.pieces`.

-- piece: new
-- The rows of new records.
r.import_id = :id AND r.status = 'new'

-- piece: changed
-- The rows that change a record.
r.import_id = :id AND r.status = 'changed'

-- statement: lock_changed
-- Nobody else writes these records meanwhile; in the order of their ids.
SELECT t.id FROM {table} t JOIN import_row r ON {joined} WHERE {changed} ORDER BY t.id FOR NO KEY UPDATE OF t

-- piece: name_keys(column; person; source; which)
-- The keys by which a list orders the names of the rows, each name's made once, not for each row that has it.
{column}_keys AS MATERIALIZED (SELECT name, name_order(name, {person}) AS key
  FROM (SELECT DISTINCT {source} ->> '{column}' AS name FROM import_row r WHERE {which}) x)

-- piece: with_keys(column; source)
LEFT JOIN {column}_keys ON {column}_keys.name = {source} ->> '{column}'

-- statement: insert
-- New records in the order of the key, so that two imports do not wait for one another in a circle.
{keys}INSERT INTO {table} ({names}) SELECT {values} FROM import_row r {keyed} WHERE {new}
  ORDER BY {order} ON CONFLICT ({key}) DO NOTHING

-- statement: columns_changed
-- The columns of which some row changes a cell.
SELECT DISTINCT jsonb_object_keys(r.old) FROM import_row r WHERE {changed}

-- statement: update
-- The cells that the file changes, or gives back.
{keys}UPDATE {table} t SET {put} FROM import_row r {keyed} WHERE {changed} AND {joined}

-- statement: numbers_to_move
-- Row, its own name, the record's, and the number (`:sealed`) that is encrypted for the row.
SELECT r.row, r.uid, {uid}, r.more ->> :sealed FROM import_row r JOIN {table} t ON {joined}
  WHERE {changed} AND r.old ? :sealed

-- table: moved_numbers
-- Numbers that are encrypted for the records, by COPY.
SELECT 1 AS row, CAST('' AS text) AS data

-- statement: keep_moved
-- They stand where those for the rows stood.
UPDATE import_row r SET more = r.more || jsonb_build_object(CAST(:sealed AS text), m.data)
  FROM moved_numbers m WHERE r.import_id = :id AND r.row = m.row

-- statement: remove
-- New records go again.
DELETE FROM {table} t USING import_row r WHERE {new} AND {joined}

-- statement: taken_back
-- Whether what is written now is given back: that is nobody's former name.
SELECT set_config('qingqian.taken_back', :said, true)

-- statement: younger
-- How many records somebody has changed after the import.
SELECT count(*) FROM {table} t JOIN import_row r ON {joined}
  WHERE r.import_id = :id AND r.status IN ('new', 'changed') AND NOT ({current} @> r.values)

-- piece: use(other; column)
-- A row of another table refers to the record.
EXISTS (SELECT 1 FROM {other} o WHERE o.{column} = t.id)

-- statement: used
-- How many new records something refers to already.
SELECT count(*) FROM {table} t JOIN import_row r ON {joined} WHERE {new} AND ({uses})
