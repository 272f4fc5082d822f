-- Rules that need the whole year: (student_id, facts), or (college_id, facts), of whom a rule finds (CHK-01).
-- after: sync.sql

-- piece: twice(columns; first; more; facts)
-- Graduates of the year who have the same in a column.
SELECT b.student_id, jsonb_build_object('count', x.n{facts}) AS facts
  FROM check_base b JOIN (SELECT {columns}, count(*) AS n FROM check_base
    WHERE {first} IS NOT NULL {more} GROUP BY {columns} HAVING count(*) > 1) x
    USING ({columns})

-- piece: shared(column; fact; most)
-- Rows whose value several employers have; a branch with the name of its parent is one of them. Shorter
-- values than `most` are no telephones, no addresses.
SELECT b.student_id, jsonb_build_object('count', x.n, '{fact}', b.{column}) AS facts
  FROM check_base b JOIN (SELECT {column}, count(DISTINCT employer_name) AS n FROM check_base
    WHERE length({column}) > {most} GROUP BY 1 HAVING count(DISTINCT employer_name) >= :several) x
    USING ({column})

-- statement: id_twice
-- One number of identity of several graduates; a number counts with its kind and country.
{twice(id_number_index, id_kind, id_country; id_number_index;; )}

-- statement: examinee
-- One candidate number of several graduates.
{twice(examinee_no; examinee_no; AND examinee_no <> ''; , 'number', b.examinee_no)}

-- statement: phone
-- One phone of several students.
{twice(phone_index; phone_index;; )}

-- statement: contact
-- One telephone of several employers.
{shared(contact_phone; phone; 6)}

-- statement: address
-- One address of several employers.
{shared(address; address; 8)}

-- statement: names
-- One credit code with several names.
SELECT b.student_id, jsonb_build_object('code', b.credit_code, 'count', x.n,
    'names', x.names) AS facts
  FROM check_base b JOIN (SELECT credit_code, count(*) AS n,
      string_agg(employer_name, '、' ORDER BY employer_name) AS names
    FROM (SELECT DISTINCT credit_code, employer_name FROM check_base
      WHERE credit_code IS NOT NULL AND employer_name IS NOT NULL) d
    GROUP BY 1 HAVING count(*) > 1) x USING (credit_code)

-- statement: small
-- Many graduates at one small employer: a micro-enterprise, or a self-employed person (credit code 92…).
SELECT b.student_id, jsonb_build_object('count', x.n, 'name', b.employer_name) AS facts
  FROM check_base b JOIN (SELECT credit_code, employer_name, count(*) AS n FROM check_base
    WHERE employer_name <> '' AND (employer_kind = '33' OR left(credit_code, 2) = '92')
    GROUP BY 1, 2 HAVING count(*) >= :crowd) x
  ON x.employer_name = b.employer_name AND x.credit_code IS NOT DISTINCT FROM b.credit_code

-- statement: differs
-- Rows unlike most approved rows of their employer, in what is a fact of the employer.
SELECT b.student_id, jsonb_build_object('fields', concat_ws(' ', {unlike})) AS facts
  FROM check_base b JOIN (SELECT credit_code, {modes} FROM check_base
    WHERE credit_code IS NOT NULL AND (placement_state = 'in_force'
      OR entry_state IN ('checked', 'reported'))
    GROUP BY 1 HAVING {differ}) x USING (credit_code) WHERE concat_ws(' ', {unlike}) <> ''

-- statement: flexible
-- Colleges with an unusual share of flexible kinds among their settled graduates.
SELECT college_id, jsonb_build_object('count', n, 'share', 100 * flexible / n) AS facts
  FROM (SELECT college_id, count(*) AS n,
      count(*) FILTER (WHERE part IN ('flexible', 'freelance') OR destination_code = '12') AS flexible
    FROM check_base WHERE part IN ('agreement', 'employed', 'startup', 'flexible', 'freelance',
      'study') GROUP BY 1) x
  WHERE n >= :enough AND 100 * flexible > :share * n

-- statement: gaps
-- What most graduates of the year have and this one has not, of what the shorter layout prints.
SELECT b.student_id, jsonb_build_object('fields', concat_ws(' ', {gap})) AS facts
  FROM check_base b CROSS JOIN (SELECT {most} FROM check_base HAVING count(*) >= :enough) m
  WHERE concat_ws(' ', {gap}) <> ''

-- statement: accepts
-- Students who accepted within minutes from one address and device. Who accepted from where is in the
-- trace of the invitation, or of what the student entered.
SELECT student_id, jsonb_build_object('count', n) AS facts
  FROM (SELECT student_id, count(*) OVER (PARTITION BY t.address, t.device ORDER BY t.at
      RANGE BETWEEN make_interval(mins => :minutes) PRECEDING
        AND make_interval(mins => :minutes) FOLLOWING) AS n
    FROM (SELECT b.student_id, 'invitation' AS kind, b.invitation_id AS record_id
        FROM check_base b WHERE b.invitation_id IS NOT NULL
      UNION ALL SELECT b.student_id, 'placement', b.placement_id FROM check_base b
        WHERE b.placement_id IS NOT NULL AND b.invitation_id IS NULL) a
    JOIN trail t ON t.kind = a.kind AND t.record_id = a.record_id AND t.actor_role = 'student'
      AND (t.step = 'accept' OR a.kind = 'placement' AND t.from_state IS NULL)
    WHERE t.address <> '') y WHERE n >= :at_once
