-- Which rows of the plan lack a letter, and which letters are no longer right. `:entries` are plan rows.

-- piece: receivers
-- Who receives the archive, with the contact that was agreed on where the receiver is still that one.
(SELECT e.id, e.student_id, e.college_id, e.graduation_year, e.archive_to,
    coalesce(e.archive_address, '') AS archive_address, coalesce(e.archive_postcode, '') AS archive_postcode,
    CASE WHEN t.archive_to = e.archive_to THEN coalesce(t.archive_contact, '') ELSE '' END AS contact,
    CASE WHEN t.archive_to = e.archive_to THEN coalesce(t.archive_phone, '') ELSE '' END AS phone
  FROM plan_entry e {terms}
  WHERE e.id = ANY(:entries) AND coalesce(e.archive_to, '') <> '') r

-- statement: void
-- A letter whose receiver changed or went away is void; one that was sent stands, whatever changes.
UPDATE forwarding_letter l SET void_at = :now
FROM plan_entry e LEFT JOIN {receivers} ON r.id = e.id
WHERE e.id = ANY(:entries) AND l.student_id = e.student_id AND l.void_at IS NULL
  AND l.tracking_number IS NULL AND (r.id IS NULL
    OR NOT (l.archive_to, l.archive_address, l.archive_postcode, l.contact, l.phone)
      = (r.archive_to, r.archive_address, r.archive_postcode, r.contact, r.phone))

-- statement: missing
-- The rows with a receiver and without a letter that stands, in the order in which they are numbered.
SELECT r.* FROM {receivers} WHERE NOT EXISTS (SELECT 1 FROM forwarding_letter l
  WHERE l.student_id = r.student_id AND l.void_at IS NULL)
ORDER BY r.graduation_year, r.college_id, r.student_id
