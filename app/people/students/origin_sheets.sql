-- What a number of identity says of the rest of a row (PLN-12), and whose rows name nobody known (CHK-02).

-- piece: known
-- The student of a row.
s.school_id = :school AND s.student_no = r.values ->> 'student_no'

-- piece: says
-- The record has a number that says the day of birth, where the row brings none.
s.id_kind IN ('id_card', 'residence', 'foreigner') AND s.id_number_masked LIKE '______*****____'

-- statement: what
-- (any row whose number says a sex and that has none, any row with a typed day of birth).
SELECT bool_or(r.more ? 'id_sex' AND NOT r.values ? 'sex'),
    bool_or(r.more ? 'typed_birth_date_index')
  FROM import_row r WHERE r.import_id = :id AND r.status <> 'faulty'

-- statement: sex
-- The sex that the number says, where neither the row nor the record has one.
UPDATE import_row r SET values = r.values || jsonb_build_object('sex', r.more ->> 'id_sex')
  WHERE r.import_id = :id AND r.status <> 'faulty' AND r.more ? 'id_sex' AND NOT r.values ? 'sex'
    AND NOT EXISTS (SELECT 1 FROM student s WHERE {known} AND s.sex <> '')

-- piece: otherwise
-- The typed day of birth is not the one that the number says.
r.more ? 'typed_birth_date_index' AND r.more ->> 'typed_birth_date_index' <>
  coalesce(r.values ->> 'birth_date_index', (SELECT encode(s.birth_date_index, 'hex') FROM student s
    WHERE {known} AND {says} AND NOT r.values ? 'id_number_index'),
    r.more ->> 'typed_birth_date_index')

-- statement: taken
-- The typed day of birth, where no number says one.
UPDATE import_row r SET
    values = r.values || jsonb_build_object('birth_date_index', r.more -> 'typed_birth_date_index'),
    more = r.more || jsonb_build_object('birth_date_sealed', r.more -> 'typed_birth_date_sealed',
      'birth_date_masked', r.more -> 'typed_birth_date_masked')
  WHERE r.import_id = :id AND r.status <> 'faulty' AND r.more ? 'typed_birth_date_index'
    AND NOT r.values ? 'birth_date_index'

-- piece: unknown
-- The school has no student of this number.
NOT EXISTS (SELECT 1 FROM student s WHERE {known})

-- piece: called_otherwise
-- The row's name is not the record's.
r.more ? 'name' AND EXISTS (SELECT 1 FROM student s WHERE
  {known} AND lower(s.name) <> lower(r.more ->> 'name'))
