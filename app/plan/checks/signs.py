"""Signs of surrogate signing: SELECTs over the parties' acts, one line a graduate (CHK-01, ACC-15).

They read `check_act` (what the parties did), `check_use` (where staff were at work) and `check_shared`
(outgoing addresses of a campus, behind which many are): tables of the pass, or parts of the one
statement of the desk. A sign is no proof: it says what to ask the student.
"""

from __future__ import annotations

from typing import Any

from app.settings.models import SETTINGS
from app.workflow.actor import STAFF

LIMITS = {
    "changed_days": 30,  # from a change of a way in by staff, file or merging to an act
    "staff_hours": 24,  # between a staff member's use of a device or address and an act on it
    "first_minutes": 15,  # from the first sign-in to an act
    "together_minutes": 60,  # three students on one device within so long …
    "at_a_time_minutes": 5,  # … or two within this
    "loosened_days": 7,  # from a setting made looser to an act
    "fresh_minutes": 60,  # a browser that the account has used no longer than this is a fresh one
    "row_minutes": 30,  # several students on fresh browsers of one kind at one address within so long
    "row": 4,  # how many they are
    "settled": 5,  # students who come back to an address by a browser of their own make it shared …
    "crowd_students": 50,  # … or so many different ones …
    "crowd_days": 15,  # … on so many days …
    "mixed_students": 15,  # … or fewer …
    "mixed_browsers": 10,  # … by so many kinds of browsers
    "sample": 400,  # the newest acts and sign-ins of an address that are looked at for this
}
_STAFF = ", ".join(sorted(f"'{role}'" for role in STAFF))
_STAFF_USERS = f"""SELECT id FROM ab_user
  WHERE role IN ({_STAFF}) AND (school_id = :school OR school_id IS NULL)"""
# what a party did on a record that is, or was, a placement; a placement is born with the acceptance
_RECORDS = """SELECT b.student_id, 'placement' AS kind, p.id AS record_id,
    CAST(NULL AS timestamptz) AS sent_at
  FROM {base} b JOIN placement p ON p.student_id = b.student_id {0}
  UNION ALL SELECT b.student_id, 'invitation', i.id, i.sent_at
  FROM {base} b JOIN invitation i ON i.student_id = b.student_id
    AND i.state IN ('accepted', 'declined') {1}
  UNION ALL SELECT b.student_id, 'termination', x.id, NULL
  FROM {base} b JOIN termination x ON x.student_id = b.student_id {2}"""
_ACTS = """SELECT r.student_id, r.sent_at, t.id, t.kind, t.record_id, t.step, t.actor_role AS role,
    t.actor_id, t.address, t.device, t.device_id, t.at
  FROM ({records}) r JOIN trail t ON t.kind = r.kind AND t.record_id = r.record_id
  WHERE t.actor_role IN ('student', 'employer') AND t.actor_id IS NOT NULL
    AND t.step NOT IN ('form', 'nudge_student')"""
ACTS = _ACTS.format(records=_RECORDS.format("", "", "", base="check_base"))
ACTS_OF_ONE = _ACTS.format(
    records=_RECORDS.format(
        "AND p.id = b.placement_id",
        "AND i.id = b.invitation_id",
        "AND x.placement_id = b.placement_id",
        base="b",
    )
)
_HOURS = "make_interval(hours => :staff_hours)"
_SINCE = f"(SELECT min(at) - {_HOURS} FROM check_act)"
_UNTIL = f"(SELECT max(at) + {_HOURS} FROM check_act)"
# acts and sign-ins of a day are one line; a failed try with a staff name is nobody's use
USES = f"""SELECT u.address, u.device_id, min(u.begins) AS begins, max(u.ends) AS ends,
    min(u.user_id) AS user_id
  FROM (SELECT t.address, t.device_id, t.at AS begins, t.at AS ends, t.actor_id AS user_id
      FROM trail t WHERE t.actor_id IN ({_STAFF_USERS}) AND t.at BETWEEN {_SINCE} AND {_UNTIL}
    UNION ALL SELECT e.address, e.device_id, e.at, e.at, e.actor_id FROM security_event e
      WHERE e.actor_id IN ({_STAFF_USERS}) AND e.at BETWEEN {_SINCE} AND {_UNTIL}
    UNION ALL SELECT e.address, e.device_id, e.at, e.at, e.user_id FROM security_event e
      WHERE e.user_id IN ({_STAFF_USERS}) AND e.actor_id IS NULL AND e.event = 'sign_in'
        AND e.outcome = 'done' AND e.at BETWEEN {_SINCE} AND {_UNTIL}
    UNION ALL SELECT s.address, s.device_id, s.created_at, s.seen_at, s.user_id
      FROM account_session s WHERE s.user_id IN ({_STAFF_USERS}) AND s.seen_at >= {_SINCE}
        AND s.created_at <= {_UNTIL}) u
  WHERE u.address <> '' OR u.device_id <> ''
  GROUP BY u.address, u.device_id, u.user_id, date_trunc('day', u.begins)"""
_NEWEST = """(SELECT {who} AS who, device, device_id, CAST(at AS date) AS day FROM {table}
      WHERE address = o.address AND actor_role = 'student' ORDER BY id DESC LIMIT :sample)"""
# a browser is somebody's own where one student uses it on several days: nobody's borrowed moment
SHARED = f"""SELECT o.address FROM (SELECT DISTINCT address FROM check_use WHERE address <> '') o
  CROSS JOIN LATERAL (SELECT count(DISTINCT x.who) AS students, count(DISTINCT x.device) AS browsers,
      count(DISTINCT x.day) AS days,
      (SELECT count(DISTINCT z.who) FROM (SELECT min(y.who) AS who
        FROM ({_NEWEST.format(who="actor_id", table="trail")}
          UNION ALL {_NEWEST.format(who="actor_id", table="security_event")}) y
        WHERE y.device_id <> '' GROUP BY y.device_id
        HAVING count(DISTINCT y.who) = 1 AND count(DISTINCT y.day) > 1) z) AS settled
    FROM ({_NEWEST.format(who="actor_id", table="trail")}
      UNION ALL {_NEWEST.format(who="actor_id", table="security_event")}) x) n
  WHERE n.settled >= :settled OR n.students >= :crowd_students AND n.days >= :crowd_days
    OR n.students >= :mixed_students AND n.browsers >= :mixed_browsers"""


def _known(moment: str, act: str = "a") -> str:
    """Whether the account had used the browser of its act before that moment: the person's own."""
    same = f"k.device_id = {act}.device_id"
    return f"""({act}.device_id <> '' AND (
      EXISTS (SELECT 1 FROM trail k WHERE k.actor_id = {act}.actor_id AND {same} AND k.at < {moment})
      OR EXISTS (SELECT 1 FROM account_session k WHERE k.user_id = {act}.actor_id AND {same}
        AND k.created_at < {moment})
      OR EXISTS (SELECT 1 FROM security_event k WHERE k.user_id = {act}.actor_id AND {same}
        AND k.event = 'sign_in' AND k.outcome = 'done' AND k.at < {moment})))"""


def _facts(act: str = "a", **more: str) -> str:
    """What every sign says of the act, and what this one adds."""
    known = {
        "act": f"{act}.kind || '.' || {act}.step",
        "party": f"{act}.role",
        "at": f"to_char({act}.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')",
    }
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in {**known, **more}.items())
    return f"jsonb_build_object({pairs}) AS facts"


_FIRST = "SELECT DISTINCT ON (a.student_id) a.student_id"
_ORDER = "ORDER BY a.student_id, a.at, a.id"
_CALLED = "coalesce(nullif({0}.last_name || {0}.first_name, ''), {0}.username)"
_NAME = f"(SELECT {_CALLED.format('n')} FROM ab_user n WHERE n.id = {{0}})"

# -- the signs -------------------------------------------------------------------------------------

CHANGED = f"""{_FIRST}, {
    _facts(days="CAST(extract(epoch FROM a.at - c.at) AS int) / 86400", channel="c.channel",
           source="c.source", who="c.actor_name")
}
  FROM check_act a JOIN contact_change c ON c.user_id = a.actor_id AND c.source <> 'self'
    AND a.at >= c.at AND a.at <= c.at + make_interval(days => :changed_days)
  WHERE (c.undone_at IS NULL OR c.undone_at > a.at)
    AND NOT (c.confirmed_by IN ('old_phone', 'mail', 'campus')
      AND (c.confirmed_at IS NULL OR c.confirmed_at <= a.at))
    AND NOT {_known("c.at")} {_ORDER}, c.at, c.id"""  # fmt: skip
_NEAR = f"a.at BETWEEN u.begins - {_HOURS} AND u.ends + {_HOURS}"
STAFF_DEVICE = f"""{_FIRST}, {_facts(who=_NAME.format("u.user_id"))}
  FROM check_act a JOIN check_use u ON u.device_id = a.device_id AND {_NEAR}
  WHERE a.device_id <> '' {_ORDER}, u.user_id"""
STAFF_ADDRESS = f"""{_FIRST}, {_facts(who=_NAME.format("u.user_id"), address="a.address")}
  FROM check_use u JOIN check_act a ON a.address = u.address AND {_NEAR}
  WHERE u.address <> '' AND u.address NOT IN (SELECT address FROM check_shared)
    AND NOT {_known(f"a.at - {_HOURS}")} {_ORDER}, u.user_id"""
FIRST_SIGN_IN = f"""{_FIRST}, {
    _facts(minutes="CAST(extract(epoch FROM a.at - s.verified_at) AS int) / 60")
}
  FROM check_act a JOIN student s ON s.id = a.student_id
  WHERE a.role = 'student' AND a.at >= s.verified_at
    AND a.at <= s.verified_at + make_interval(mins => :first_minutes) {_ORDER}"""
_SPAN = "make_interval(mins => :together_minutes)"
_HALF = f"{_SPAN} / 2"
_AT_A_TIME = "make_interval(mins => :at_a_time_minutes)"


def _others(between: str) -> str:
    return f"count(DISTINCT t.actor_id) FILTER (WHERE t.at BETWEEN {between})"


ONE_DEVICE = f"""{_FIRST}, {_facts(count="a.others + 1")}
  FROM (SELECT a.student_id, a.id, a.kind, a.step, a.role, a.at,
      greatest({_others(f"a.at - {_SPAN} AND a.at")}, {_others(f"a.at AND a.at + {_SPAN}")},
        {_others(f"a.at - {_HALF} AND a.at + {_HALF}")}) AS others,
      bool_or(t.at BETWEEN a.at - {_AT_A_TIME} AND a.at + {_AT_A_TIME}) AS at_once
    FROM check_act a JOIN trail t ON t.device_id = a.device_id AND t.device_id <> ''
      AND t.actor_role = 'student' AND t.actor_id <> a.actor_id
      AND t.at BETWEEN a.at - {_SPAN} AND a.at + {_SPAN}
    WHERE a.role = 'student' AND a.device_id <> '' GROUP BY 1, 2, 3, 4, 5, 6) a
  WHERE a.others >= 2 OR a.at_once {_ORDER}"""
_ROW_SINCE = "(SELECT min(at) - interval '1 hour' FROM check_act)"
_ROW_UNTIL = "(SELECT max(at) + interval '1 hour' FROM check_act)"
# whom a private window hides: the same kind of browser at one address, new to each account
_ROW = "make_interval(mins => :row_minutes)"
_BY_KIND = f"""count(*) OVER (PARTITION BY a.address, a.device ORDER BY a.at
    RANGE BETWEEN {_ROW} PRECEDING AND {_ROW} FOLLOWING)"""
_COLUMNS = "id, kind, step, actor_id, address, device, device_id, at"
NEAR = f"""SELECT student_id, role, {_COLUMNS} FROM check_act
  WHERE role = 'student' AND address <> '' AND device_id <> ''"""
NEAR_ONE = f"""SELECT a.student_id, t.actor_role AS role, {
    ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
}
  FROM trail t LEFT JOIN check_act a ON a.id = t.id
  WHERE t.school_id = :school AND t.at BETWEEN {_ROW_SINCE} AND {_ROW_UNTIL}
    AND t.actor_role = 'student' AND t.address <> '' AND t.device_id <> '' AND t.step <> 'form'"""
IN_A_ROW = f"""{_FIRST}, {_facts(count="a.n", address="a.address")}
  FROM (SELECT a.*, {_BY_KIND} AS n FROM (SELECT a.*, {_BY_KIND} AS many FROM check_near a) a
    WHERE a.many >= :row
      AND NOT {_known("a.at - make_interval(mins => :fresh_minutes)")}) a
  WHERE a.student_id IS NOT NULL AND a.n >= :row {_ORDER}"""
BOTH_PARTIES = f"""{_FIRST}, {_facts()}
  FROM check_act a JOIN check_act e ON e.student_id = a.student_id AND e.device_id = a.device_id
    AND e.role = 'employer'
  WHERE a.role = 'student' AND a.device_id <> '' {_ORDER}"""
STAFF_MAIL = f"""{_FIRST}, {_facts(who=_CALLED.format("u"))}
  FROM check_act a JOIN student s ON s.id = a.student_id
    JOIN ab_user u ON lower(u.email) = lower(s.email) AND u.role IN ({_STAFF})
  WHERE a.role = 'student' AND s.email <> '' {_ORDER}, u.id"""
LOOSER = {
    "less": "CAST(v.value #>> '{}' AS numeric) < CAST(v.before #>> '{}' AS numeric)",
    "off": "v.before #>> '{}' = 'true' AND v.value #>> '{}' = 'false'",
    "on": "v.before #>> '{}' = 'false' AND v.value #>> '{}' = 'true'",
    "sooner": "CAST(v.value #>> '{}' AS int) > 0 AND (CAST(v.before #>> '{}' AS int) = 0 "
    "OR CAST(v.value #>> '{}' AS int) < CAST(v.before #>> '{}' AS int))",
    "levels": "v.before #>> '{}' = 'both' AND v.value #>> '{}' <> 'both'",
}
_LOOSENED = " ".join(f"WHEN '{way}' THEN {sql}" for way, sql in LOOSER.items())
LOOSENED = f"""{_FIRST}, {
    _facts(setting="v.key", days="CAST(extract(epoch FROM a.at - v.set_at) AS int) / 86400",
           who=f"coalesce({_NAME.format('v.set_by')}, '')")
}
  FROM (SELECT s.id, s.key, s.value, s.set_at, s.set_by, l.looser,
      coalesce(lag(s.value) OVER (PARTITION BY s.key ORDER BY s.id), l.before) AS before
    FROM school_setting s JOIN jsonb_to_recordset(CAST(:looser AS jsonb))
      AS l(key text, before jsonb, looser text) ON l.key = s.key
    WHERE s.school_id = :school) v
  JOIN check_act a ON a.role = 'student' AND a.at >= v.set_at
    AND a.at <= v.set_at + make_interval(days => :loosened_days)
  WHERE CASE v.looser {_LOOSENED} END AND NOT {_known("v.set_at")} {_ORDER}, v.id"""  # fmt: skip


def looser() -> list[dict[str, Any]]:
    """The settings that protect a party, their default, and which way is looser (`Settings`)."""
    return [
        {"key": name, "before": getattr(item.default, "value", item.default), "looser": way}
        for name, item in SETTINGS.items()
        if (way := item.metadata.get("looser"))
    ]
