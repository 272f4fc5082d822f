-- Letters beside the plan; `differing.py` says which of its rows lack one, and which letters are no longer right.
-- `:entries` are plan rows.

-- piece: receivers
-- Who receives the archive, with the contact that was agreed on where the receiver is still that one.
(SELECT e.id, e.student_id, e.college_id, e.graduation_year, e.archive_to,
    coalesce(e.archive_address, '') AS archive_address, coalesce(e.archive_postcode, '') AS archive_postcode,
    CASE WHEN t.archive_to = e.archive_to THEN coalesce(t.archive_contact, '') ELSE '' END AS contact,
    CASE WHEN t.archive_to = e.archive_to THEN coalesce(t.archive_phone, '') ELSE '' END AS phone
  FROM plan_entry e {terms}
  WHERE e.id = ANY(:entries) AND coalesce(e.archive_to, '') <> '') r

-- statement: beside
-- Who has a letter, or a receiver of the archive: `differing.NAMES`, what the letter says and what the plan.
SELECT s.id, e.college_id, e.graduation_year, s.student_no, s.name, l.id, l.number, l.tracking_number,
  l.archive_to, l.archive_address, l.archive_postcode, l.contact, l.phone,
  r.archive_to, r.archive_address, r.archive_postcode, r.contact, r.phone
FROM plan_entry e JOIN student s ON s.id = e.student_id LEFT JOIN {receivers} ON r.id = e.id
  LEFT JOIN forwarding_letter l ON l.student_id = e.student_id AND l.void_at IS NULL
WHERE e.id = ANY(:entries) AND (l.id IS NOT NULL OR r.id IS NOT NULL)
