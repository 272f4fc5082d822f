-- The list of employers against the register (ADM-06).

-- piece: not_ours
-- What an employer keeps itself, or another school has entered, and the row says otherwise.
EXISTS (SELECT 1 FROM employer t WHERE t.credit_code = r.values ->> 'credit_code'
  AND (t.state <> 'listed' OR t.school_id <> :school) AND NOT ({current} @> r.values))

-- statement: trace
-- Each new record begins its trail as one that was entered by hand.
{into} {lines} FROM employer e
  JOIN import_row r ON e.credit_code = r.values ->> 'credit_code'
  WHERE r.import_id = :id AND r.status = 'new' AND NOT EXISTS
    (SELECT 1 FROM trail t WHERE t.kind = 'employer' AND t.record_id = e.id) ORDER BY e.id
