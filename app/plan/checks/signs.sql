-- Signs of surrogate signing: what the parties did, one line a graduate (CHK-01, ACC-15). A sign is no
-- proof: it says what to ask the student. The tables are those of the pass over a year; the desk, which
-- asks for one record, puts the same statements (`…_of_one` where they differ) into one as its parts.
-- after: sync.sql

-- piece: staff
-- The accounts that work for the school: its own, and those that see every school.
SELECT id FROM ab_user WHERE role IN ({staff_roles}) AND (school_id = :school OR school_id IS NULL)

-- piece: records(base; of_placement; of_invitation; of_termination)
-- What a party did on a record that is, or was, a placement; a placement is born with the acceptance.
SELECT b.student_id, 'placement' AS kind, p.id AS record_id, CAST(NULL AS timestamptz) AS sent_at
  FROM {base} b JOIN placement p ON p.student_id = b.student_id {of_placement}
  UNION ALL SELECT b.student_id, 'invitation', i.id, i.sent_at
  FROM {base} b JOIN invitation i ON i.student_id = b.student_id
    AND i.state IN ('accepted', 'declined') {of_invitation}
  UNION ALL SELECT b.student_id, 'termination', x.id, NULL
  FROM {base} b JOIN termination x ON x.student_id = b.student_id {of_termination}

-- piece: acts
-- The parties' own acts; to look at a form, or to nudge, is none.
SELECT r.student_id, r.sent_at, t.id, t.kind, t.record_id, t.step, t.actor_role AS role,
    t.actor_id, t.address, t.device, t.device_id, t.at

-- piece: of_trail
-- See `acts`.
r JOIN trail t ON t.kind = r.kind AND t.record_id = r.record_id
  WHERE t.actor_role IN ('student', 'employer') AND t.actor_id IS NOT NULL
    AND t.step NOT IN ('form', 'nudge_student')

-- table: check_act
-- What the parties of all graduates of the year did.
{acts} FROM ({records(check_base;;;)}) {of_trail}

-- piece: act_of_one
-- The same of the one placement that the desk asks about, which is `b`.
{acts} FROM ({records(b; AND p.id = b.placement_id; AND i.id = b.invitation_id; AND x.placement_id = b.placement_id)}) {of_trail}

-- piece: row_columns(row)
-- What `in_a_row` reads of an act.
{row}id, {row}kind, {row}step, {row}actor_id, {row}address, {row}device, {row}device_id, {row}at

-- table: check_near
-- Whom a private window hides: the students' acts by address and kind of browser.
SELECT student_id, role, {row_columns()} FROM check_act
  WHERE role = 'student' AND address <> '' AND device_id <> ''

-- piece: near_one
-- The desk knows the acts of one placement only: those of others in the hour around are in the trace.
SELECT a.student_id, t.actor_role AS role, {row_columns(t.)}
  FROM trail t LEFT JOIN check_act a ON a.id = t.id
  WHERE t.school_id = :school AND t.at BETWEEN (SELECT min(at) - interval '1 hour' FROM check_act)
    AND (SELECT max(at) + interval '1 hour' FROM check_act)
    AND t.actor_role = 'student' AND t.address <> '' AND t.device_id <> '' AND t.step <> 'form'

-- piece: around
-- How far from its use by staff an act still counts as done there.
make_interval(hours => :staff_hours)

-- piece: since
-- Before this nobody's use matters.
(SELECT min(at) - {around} FROM check_act)

-- piece: until
-- After this neither.
(SELECT max(at) + {around} FROM check_act)

-- table: check_use
-- Where staff were at work. Acts and sign-ins of a day are one line; a failed try with a staff name is
-- nobody's use.
SELECT u.address, u.device_id, min(u.begins) AS begins, max(u.ends) AS ends,
    min(u.user_id) AS user_id
  FROM (SELECT t.address, t.device_id, t.at AS begins, t.at AS ends, t.actor_id AS user_id
      FROM trail t WHERE t.actor_id IN ({staff}) AND t.at BETWEEN {since} AND {until}
    UNION ALL SELECT e.address, e.device_id, e.at, e.at, e.actor_id FROM security_event e
      WHERE e.actor_id IN ({staff}) AND e.at BETWEEN {since} AND {until}
    UNION ALL SELECT e.address, e.device_id, e.at, e.at, e.user_id FROM security_event e
      WHERE e.user_id IN ({staff}) AND e.actor_id IS NULL AND e.event = 'sign_in'
        AND e.outcome = 'done' AND e.at BETWEEN {since} AND {until}
    UNION ALL SELECT s.address, s.device_id, s.created_at, s.seen_at, s.user_id
      FROM account_session s WHERE s.user_id IN ({staff}) AND s.seen_at >= {since}
        AND s.created_at <= {until}) u
  WHERE u.address <> '' OR u.device_id <> ''
  GROUP BY u.address, u.device_id, u.user_id, date_trunc('day', u.begins)

-- piece: newest(table)
-- The newest acts and sign-ins of students at an address: more need not be looked at.
(SELECT actor_id AS who, device, device_id, CAST(at AS date) AS day FROM {table}
      WHERE address = o.address AND actor_role = 'student' ORDER BY id DESC LIMIT :sample)

-- table: check_shared
-- Outgoing addresses of a campus, behind which many are. A browser is somebody's own where one student
-- uses it on several days: nobody's borrowed moment.
SELECT o.address FROM (SELECT DISTINCT address FROM check_use WHERE address <> '') o
  CROSS JOIN LATERAL (SELECT count(DISTINCT x.who) AS students, count(DISTINCT x.device) AS browsers,
      count(DISTINCT x.day) AS days,
      (SELECT count(DISTINCT z.who) FROM (SELECT min(y.who) AS who
        FROM ({newest(trail)}
          UNION ALL {newest(security_event)}) y
        WHERE y.device_id <> '' GROUP BY y.device_id
        HAVING count(DISTINCT y.who) = 1 AND count(DISTINCT y.day) > 1) z) AS settled
    FROM ({newest(trail)}
      UNION ALL {newest(security_event)}) x) n
  WHERE n.settled >= :settled OR n.students >= :crowd_students AND n.days >= :crowd_days
    OR n.students >= :mixed_students AND n.browsers >= :mixed_browsers

-- piece: known(moment)
-- Whether the account had used the browser of its act before that moment: the person's own.
(a.device_id <> '' AND (
      EXISTS (SELECT 1 FROM trail k WHERE k.actor_id = a.actor_id AND k.device_id = a.device_id AND k.at < {moment})
      OR EXISTS (SELECT 1 FROM account_session k WHERE k.user_id = a.actor_id AND k.device_id = a.device_id
        AND k.created_at < {moment})
      OR EXISTS (SELECT 1 FROM security_event k WHERE k.user_id = a.actor_id AND k.device_id = a.device_id
        AND k.event = 'sign_in' AND k.outcome = 'done' AND k.at < {moment})))

-- piece: facts(more)
-- What every sign says of the act, and what this one adds.
jsonb_build_object('act', a.kind || '.' || a.step, 'party', a.role,
  'at', to_char(a.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'){more}) AS facts

-- piece: first
-- Of several acts of a graduate the first speaks.
SELECT DISTINCT ON (a.student_id) a.student_id

-- piece: by_time
-- See `first`.
ORDER BY a.student_id, a.at, a.id

-- piece: called(user)
-- An account as people call it.
coalesce(nullif({user}.last_name || {user}.first_name, ''), {user}.username)

-- piece: name_of(user)
-- The name of an account's number.
(SELECT {called(n)} FROM ab_user n WHERE n.id = {user})

-- piece: near
-- An act within hours of the use `u`.
a.at BETWEEN u.begins - {around} AND u.ends + {around}

-- statement: changed
-- A way in was replaced by others before the act, and nothing of the person's own spoke for it.
{first}, {facts(, 'days', CAST(extract(epoch FROM a.at - c.at) AS int) / 86400, 'channel', c.channel, 'source', c.source, 'who', c.actor_name)}
  FROM check_act a JOIN contact_change c ON c.user_id = a.actor_id AND c.source <> 'self'
    AND a.at >= c.at AND a.at <= c.at + make_interval(days => :changed_days)
  WHERE (c.undone_at IS NULL OR c.undone_at > a.at)
    AND NOT (c.confirmed_by IN ('old_phone', 'mail', 'campus')
      AND (c.confirmed_at IS NULL OR c.confirmed_at <= a.at))
    AND NOT {known(c.at)} {by_time}, c.at, c.id

-- statement: staff_device
-- Done on a browser in which staff were at work within hours.
{first}, {facts(, 'who', {name_of(u.user_id)})}
  FROM check_act a JOIN check_use u ON u.device_id = a.device_id AND {near}
  WHERE a.device_id <> '' {by_time}, u.user_id

-- statement: staff_address
-- Done from an address where staff were at work, by a browser new to the account.
{first}, {facts(, 'who', {name_of(u.user_id)}, 'address', a.address)}
  FROM check_use u JOIN check_act a ON a.address = u.address AND {near}
  WHERE u.address <> '' AND u.address NOT IN (SELECT address FROM check_shared)
    AND NOT {known(a.at - make_interval(hours => :staff_hours))} {by_time}, u.user_id

-- statement: first_sign_in
-- Done within minutes of the first sign-in.
{first}, {facts(, 'minutes', CAST(extract(epoch FROM a.at - s.verified_at) AS int) / 60)}
  FROM check_act a JOIN student s ON s.id = a.student_id
  WHERE a.role = 'student' AND a.at >= s.verified_at
    AND a.at <= s.verified_at + make_interval(mins => :first_minutes) {by_time}

-- piece: span
-- Three students on one device within so long …
make_interval(mins => :together_minutes)

-- piece: at_a_time
-- … or two within this.
make_interval(mins => :at_a_time_minutes)

-- piece: others(from; until)
-- How many other students acted on the device between the two.
count(DISTINCT t.actor_id) FILTER (WHERE t.at BETWEEN {from} AND {until})

-- statement: one_device
-- Several students acted on one device one after another.
{first}, {facts(, 'count', a.others + 1)}
  FROM (SELECT a.student_id, a.id, a.kind, a.step, a.role, a.at,
      greatest({others(a.at - {span}; a.at)}, {others(a.at; a.at + {span})},
        {others(a.at - {span} / 2; a.at + {span} / 2)}) AS others,
      bool_or(t.at BETWEEN a.at - {at_a_time} AND a.at + {at_a_time}) AS at_once
    FROM check_act a JOIN trail t ON t.device_id = a.device_id AND t.device_id <> ''
      AND t.actor_role = 'student' AND t.actor_id <> a.actor_id
      AND t.at BETWEEN a.at - {span} AND a.at + {span}
    WHERE a.role = 'student' AND a.device_id <> '' GROUP BY 1, 2, 3, 4, 5, 6) a
  WHERE a.others >= 2 OR a.at_once {by_time}

-- piece: by_kind
-- How many acts the same kind of browser did at the address around that time.
count(*) OVER (PARTITION BY a.address, a.device ORDER BY a.at
    RANGE BETWEEN make_interval(mins => :row_minutes) PRECEDING AND make_interval(mins => :row_minutes) FOLLOWING)

-- statement: in_a_row
-- Several students at one address, each on a browser that is new to the account and of the same kind.
{first}, {facts(, 'count', a.n, 'address', a.address)}
  FROM (SELECT a.*, {by_kind} AS n FROM (SELECT a.*, {by_kind} AS many FROM check_near a) a
    WHERE a.many >= :row
      AND NOT {known(a.at - make_interval(mins => :fresh_minutes))}) a
  WHERE a.student_id IS NOT NULL AND a.n >= :row {by_time}

-- statement: both_parties
-- The student's act came from the browser in which the employer acted.
{first}, {facts()}
  FROM check_act a JOIN check_act e ON e.student_id = a.student_id AND e.device_id = a.device_id
    AND e.role = 'employer'
  WHERE a.role = 'student' AND a.device_id <> '' {by_time}

-- statement: staff_mail
-- The student's e-mail address is that of a member of staff.
{first}, {facts(, 'who', {called(u)})}
  FROM check_act a JOIN student s ON s.id = a.student_id
    JOIN ab_user u ON lower(u.email) = lower(s.email) AND u.role IN ({staff_roles})
  WHERE a.role = 'student' AND s.email <> '' {by_time}, u.id

-- statement: loosened
-- A setting that protects the party was made looser before the act.
{first}, {facts(, 'setting', v.key, 'days', CAST(extract(epoch FROM a.at - v.set_at) AS int) / 86400, 'who', coalesce({name_of(v.set_by)}, ''))}
  FROM (SELECT s.id, s.key, s.value, s.set_at, s.set_by, l.looser,
      coalesce(lag(s.value) OVER (PARTITION BY s.key ORDER BY s.id), l.before) AS before
    FROM school_setting s JOIN jsonb_to_recordset(CAST(:looser AS jsonb))
      AS l(key text, before jsonb, looser text) ON l.key = s.key
    WHERE s.school_id = :school) v
  JOIN check_act a ON a.role = 'student' AND a.at >= v.set_at
    AND a.at <= v.set_at + make_interval(days => :loosened_days)
  WHERE CASE v.looser {loosened} END AND NOT {known(v.set_at)} {by_time}, v.id
