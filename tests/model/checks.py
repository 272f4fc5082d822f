"""What may never be, told by plain SQL over what is stored: independent of the guards it watches."""

from __future__ import annotations

import importlib
from datetime import timedelta

from sqlalchemy import text

from app.core.db import db
from app.wiring import WORKFLOWS
from app.workflow.actor import PARTIES, Role
from app.workflow.steps import Reason

# name → SELECT of the rows that must not be there; :kind and :id are those of the record just changed
ALWAYS = {
    "GRD-01 two placements hold one student": """
        SELECT student_id FROM placement WHERE settles AND state NOT IN ('refused', 'terminated', 'given_up', 'replaced')
        GROUP BY student_id HAVING count(*) > 1""",
    "GRD-02 two open invitations of one employer to one student": """
        SELECT 1 FROM invitation WHERE state = 'open' GROUP BY employer_id, student_id HAVING count(*) > 1""",
    "GRD-03 two running terminations": """
        SELECT 1 FROM termination WHERE state NOT IN ('approved', 'refused', 'closed')
        GROUP BY placement_id HAVING count(*) > 1""",
    "PLN-01/02 plan row in force <> placement in force, where no change waits or was turned down": """
        SELECT p.id FROM placement p LEFT JOIN plan_entry e ON e.placement_id = p.id
        WHERE (p.state = 'in_force') <> (e.id IS NOT NULL AND e.state <> 'open') AND NOT EXISTS (
          SELECT 1 FROM change_request q WHERE q.student_id = p.student_id
          AND (q.state = 'open' OR q.state = 'dropped' AND q.kind = 'reported'))""",
    "PLN-02 an empty row with a destination": """
        SELECT id FROM plan_entry WHERE (placement_id IS NULL) <> (destination_code IS NULL)
        AND NOT (placement_id IS NULL AND sources ->> 'destination_code' = 'staff') AND state <> 'reported'""",
    "PLN-03 a row that staff wrote without the mark, or the other way round": """
        SELECT id FROM plan_entry WHERE by_staff <> (sources::text ~ '"staff"')""",
    "PLN-03/06 a change waits where staff wrote nothing and nothing is reported": """
        SELECT q.id FROM change_request q JOIN plan_entry e ON e.id = q.entry_id
        WHERE q.state = 'open' AND NOT e.by_staff AND e.state <> 'reported'""",
    "AGR-10 in force without a number": """
        SELECT id FROM placement WHERE state = 'in_force' AND ((agreement_no IS NULL) <> (kind = 'destination') OR attested_at IS NULL)""",
    "AGR-10 gap in the numbers": """
        SELECT 1 FROM placement WHERE agreement_no IS NOT NULL GROUP BY kind, graduation_year, school_id
        HAVING max(right(agreement_no, 5)::int) <> count(*) OR count(DISTINCT agreement_no) <> count(*)""",
    "DST-05 two unsettled destinations in force": """
        SELECT 1 FROM placement WHERE NOT settles AND state = 'in_force' GROUP BY student_id HAVING count(*) > 1""",
    "DST-05 an unsettled destination beside a settled placement in force": """
        SELECT 1 FROM placement p JOIN placement o ON o.student_id = p.student_id AND o.settles
        WHERE NOT p.settles AND p.state = 'in_force' AND o.state = 'in_force'""",
    "DST-05 a settled placement gave way": "SELECT 1 FROM placement WHERE settles AND state = 'replaced'",
    "ADM-09 what carries a college stayed behind its student": """
        SELECT p.id FROM placement p JOIN student s ON s.id = p.student_id
        WHERE (p.college_id, p.major_id) IS DISTINCT FROM (s.college_id, s.major_id)
        UNION ALL SELECT t.id FROM termination t JOIN student s ON s.id = t.student_id
        WHERE t.college_id <> s.college_id""",
    "OFF-03 to be stamped without a number": """
        SELECT 1 FROM placement WHERE state IN ('awaiting_scan', 'giving_up') AND agreement_no IS NULL""",
    "PLN-01 the plan names another destination": """
        SELECT 1 FROM placement p JOIN plan_entry e ON e.placement_id = p.id
        WHERE e.destination_code <> p.plan_code AND NOT e.by_staff""",
    "TRM-01 a termination runs where nothing is in force": """
        SELECT t.id FROM termination t JOIN placement p ON p.id = t.placement_id
        WHERE t.state NOT IN ('approved', 'refused', 'closed') AND p.state <> 'in_force'""",
    "TRM-04 terminated without an approved termination": """
        SELECT p.id FROM placement p WHERE p.state = 'terminated' AND NOT EXISTS (
          SELECT 1 FROM termination t WHERE t.placement_id = p.id AND t.state = 'approved')""",
    "TRM-04 approved termination of a placement that is not terminated": """
        SELECT t.id FROM termination t JOIN placement p ON p.id = t.placement_id
        WHERE t.state = 'approved' AND p.state <> 'terminated'""",
    "TRM-05 more terminations than chances": """
        SELECT t.student_id FROM termination t JOIN student s ON s.id = t.student_id
        WHERE t.state = 'approved' AND t.way NOT IN ('forced', 'release')
        GROUP BY t.student_id, date_part('year', t.approved_at AT TIME ZONE 'Asia/Shanghai')
        HAVING count(*) > 1 + (SELECT count(*) FROM termination_chance c WHERE c.student_id = t.student_id
          AND c.year = date_part('year', min(t.approved_at) AT TIME ZONE 'Asia/Shanghai'))""",
    "INV-20 frozen without a report, or the other way round": """
        SELECT p.id FROM placement p WHERE p.frozen <> EXISTS (
          SELECT 1 FROM objection o WHERE o.placement_id = p.id AND o.state = 'open')
        UNION ALL SELECT i.id FROM invitation i WHERE i.frozen <> EXISTS (
          SELECT 1 FROM objection o WHERE o.invitation_id = i.id AND o.state = 'open')""",
    "INV-13 accepted without a placement": """
        SELECT i.id FROM invitation i WHERE (i.state = 'accepted') <> EXISTS (
          SELECT 1 FROM placement p WHERE p.invitation_id = i.id)""",
    "INV-16 a proposal outside an amendment": """
        SELECT id FROM placement WHERE (state = 'amending') <> (proposed_id IS NOT NULL AND answer_by IS NOT NULL)""",
    "AGR-09 ended by force by one person where it waited for two": """
        SELECT t.record_id FROM trail t JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = 1
        WHERE t.kind = 'termination' AND t.step = 'confirm_force' AND t.actor_id = b.actor_id""",
}
EVERYTHING = text(
    " UNION ALL ".join(f"SELECT '{rule}' WHERE EXISTS ({query})" for rule, query in ALWAYS.items())
)
TRAIL = {
    "GRD-05 the trace does not lead to the state": """
        SELECT 1 FROM {kind} r LEFT JOIN LATERAL (SELECT to_state FROM trail WHERE kind = '{kind}'
          AND record_id = r.id ORDER BY seq DESC LIMIT 1) t ON true
        WHERE r.id = :id AND t.to_state IS DISTINCT FROM r.state""",
    "GRD-05 a link of the trace is broken": """
        SELECT 1 FROM (SELECT *, lag(hash, 1, '') OVER w AS before, lag(to_state) OVER w AS came_from,
            trail_hash(t) AS mine FROM trail t WHERE kind = '{kind}' AND record_id = :id WINDOW w AS (ORDER BY seq)) x
        WHERE previous <> before OR hash <> mine OR came_from IS DISTINCT FROM from_state""",
}
PAPER = ("awaiting_scan", "awaiting_college", "awaiting_school")  # a paper agreement stays printed
DECIDING = (
    "attest",
    "refuse",
    "attest_college",
    "refuse_college",
    "attest_for_college",
    "refuse_for_college",
)
REMINDERS = ("nudge", "nudge_student")  # they stand in the trace and are no decision


MEANT = {
    (flow.kind, step.name): step for flow in WORKFLOWS for step in flow.steps
}  # before any bug
ALWAYS = {flow.kind: flow.always for flow in WORKFLOWS}


def before(record) -> dict:
    """What was true of a record before a step."""
    holder = getattr(record, "placement", None) if record.__tablename__ == "termination" else record
    return {
        "id": record.id,
        "state": record.state,
        "frozen": bool(getattr(holder, "frozen", False)),
        "opens_at": getattr(record, "opens_at", None),
        "reply_by": getattr(record, "reply_by", None),
        "answer_by": getattr(record, "answer_by", None),
        "terms_id": getattr(record, "terms_id", None),
        "review": getattr(record, "review", None),
        "school_id": record.school_id,
        "college_id": getattr(record, "college_id", None),
        "started_by": getattr(record, "started_by", None),
    }


def after(world, flow, name: str, who, outcome: str, was: dict | None) -> None:
    """Look at the whole small world after a step; at the step's own promises if it was taken."""
    from tests.model.world import Violation

    broken = db.session.scalars(EVERYTHING).all()
    if broken:
        raise Violation(f"{'; '.join(broken)} after {world.last} ({outcome})")
    row = db.session.execute(
        text("SELECT * FROM trail WHERE kind = :k ORDER BY id DESC LIMIT 1"), {"k": flow.kind}
    ).first()
    if outcome != "done" or row is None:
        return
    for rule, query in TRAIL.items():
        if db.session.execute(text(query.format(kind=flow.kind)), {"id": row.record_id}).first():
            raise Violation(f"{rule} after {world.last}")
    for rule, broken in promises(flow, MEANT[flow.kind, name], who, row, was or {}):
        if broken:
            raise Violation(f"{rule} after {world.last}: {was}")


def promises(flow, step, who, row, was: dict):
    """(rule, broken?) of a step that was taken; `row` is its row of the trace."""
    name, now = step.name, row.at
    yield "GRD-05 the step is not in the trace", row.step != name or row.actor_id != who.user_id
    yield (
        "ACC-10 staff acted as a party",
        bool(set(step.roles) & PARTIES) and who.role not in PARTIES,
    )
    yield "ACC-02 taken by a role that may not", who.role not in step.roles
    yield "ACC-10 no fresh code", who.role in step.fresh and not row.factor
    yield "AGR-05 no reason", step.reason is Reason.REQUIRED and not row.reason
    yield (
        "INV-20 it was frozen",
        was.get("frozen") and who.role is not Role.SYSTEM and flow.kind != "objection",
    )
    yield (
        "ACC-02 another school's record",
        (
            who.role in (Role.SCHOOL, Role.COLLEGE)
            and flow.kind != "employer"
            and row.school_id != who.school_id
        ),
    )
    yield (
        "AGR-06 another college's record",
        who.role is Role.COLLEGE and was.get("college_id") != who.college_id,
    )
    if name in REMINDERS:
        yield "AGR-17 a reminder moved the record", row.from_state != row.to_state
        yield (
            "AGR-17 reminded twice a day",
            _value(
                """SELECT count(*) FROM trail t WHERE t.kind = :kind AND t.record_id = :id
               AND t.step IN ('nudge', 'nudge_student') AND t.to_state = :state
               AND (t.at AT TIME ZONE 'Asia/Shanghai')::date =
                   (CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date""",
                row.record_id,
                at=now,
                kind=row.kind,
                state=row.to_state,
            )
            > 1,
        )
    if name.endswith("_for_college"):
        yield "AGR-17 decided where no college was awaited", not row.from_state.endswith("_college")
        yield (
            "AGR-17 decided in the college's place too early",
            now - _began(row) < timedelta(days=2),
        )
    yield from _by_kind.get(flow.kind, lambda *_a: ())(name, now, who, row, was)
    yield "NTF-01 nobody was told", _untold(flow, name, row)


def _began(row):
    """When the record had come to the college's level, as the trace says."""
    return db.session.scalar(
        text("""SELECT max(at) FROM trail WHERE kind = :k AND record_id = :id AND seq < :seq
                AND to_state = :state AND from_state IS DISTINCT FROM to_state AND step <> 'undo'"""),
        {"k": row.kind, "id": row.record_id, "seq": row.seq, "state": row.from_state},
    )


def _invitation(name, now, who, row, was):
    if name == "accept":
        yield "INV-10 accepted within the cooling-off", now < was["opens_at"]
        yield "INV-11 accepted too late", now >= was["reply_by"]
    if name in ("accept", "send"):
        yield "ADM-04 outside the window", _closed(row, now)
        yield "ADM-03 restricted", _restricted(row, now)
    if name in ("decline", "withdraw", "amend", "extend"):
        yield "INV-11 changed too late", now >= was["reply_by"]
    if name == "extend":
        until = _value("SELECT reply_by FROM invitation WHERE id = :id", row.record_id)
        yield "INV-11 extended to an earlier day", until <= was["reply_by"]
    if name == "expire":
        yield "INV-11 expired too early", now < was["reply_by"]


def _placement(name, now, who, row, was):
    both, college = was.get("review") == "both", was.get("review") == "college"
    changed = _value("SELECT terms_id FROM placement WHERE id = :id", row.record_id) != was.get(
        "terms_id"
    )
    yield (
        "INV-16 terms changed by something else",
        changed and name not in ("agree_terms", "generate"),
    )
    yield "INV-16 terms did not change", not changed and name == "agree_terms"
    if name in ("agree_terms", "decline_terms"):
        yield "INV-16 answered too late", now >= was["answer_by"]
    if name == "propose_terms":
        undone = _value(
            "SELECT count(*) FROM trail WHERE kind = 'placement' AND record_id = :id AND step = 'undo'",
            row.record_id,
        )
        decided = _value(
            f"SELECT count(*) FROM trail WHERE kind = 'placement' AND record_id = :id AND step IN {DECIDING}",
            row.record_id,
        )
        yield "INV-16 amended after a review", decided > undone
    if name == "attest":
        college_said = _value(
            "SELECT count(*) FROM trail WHERE kind = 'placement' AND record_id = :id AND step IN ('attest_college', 'attest_for_college')",
            row.record_id,
        )
        yield "AGR-06 the college was passed over", both and not college_said
        yield "AGR-06 the college alone decides", college and row.from_state == "awaiting_college"
    if name in ("attest", "attest_college", "attest_for_college"):
        missing = "kind <> 'destination' AND (employer_kind IS NULL OR employer_industry IS NULL OR employer_location IS NULL)"
        yield (
            "AGR-03 facts are missing",
            _value(f"SELECT {missing} FROM placement WHERE id = :id", row.record_id),
        )
    if name == "undo":
        yield from _undone(now, who, row)
    if name in ("generate", "submit"):
        yield "ADM-04 entered outside the window", _closed(row, now)
        yield "ADM-03 entered in spite of a restriction", _restricted(row, now)
    if name == "hand_in":
        yield (
            "OFF-04 handed in without a file",
            not _value(
                """SELECT count(*) FROM attachment WHERE record_kind = 'placement' AND record_id = :id AND created_at >=
            (SELECT max(t.at) FROM trail t WHERE t.kind = 'placement' AND t.record_id = :id
             AND t.to_state = 'awaiting_scan' AND t.from_state NOT IN ('giving_up', 'awaiting_scan')
             AND NOT EXISTS (  -- what was undone asked for nothing
              SELECT 1 FROM trail u WHERE u.kind = 'placement' AND u.record_id = :id AND u.step = 'undo'
               AND u.from_state = 'awaiting_scan' AND u.id > t.id AND NOT EXISTS (
                SELECT 1 FROM trail v WHERE v.kind = 'placement' AND v.record_id = :id
                 AND v.to_state = 'awaiting_scan' AND v.from_state NOT IN ('giving_up', 'awaiting_scan') AND v.id > t.id AND v.id < u.id)))""",
                row.record_id,
            ),
        )
    if name in ("refuse", "refuse_college", "refuse_for_college"):
        yield (
            "OFF-05 a refused scan ends the signing",
            _paper(row.record_id) != (row.to_state == "awaiting_scan"),
        )
    if name in ("reopen", "undo"):
        void = "SELECT count(*) FROM document WHERE record_kind = 'placement' AND record_id = :id AND void_at IS NULL"
        yield (
            "AGR-08 the agreement is not void",
            _value(void, row.record_id)
            and row.to_state != "in_force"
            and not (_paper(row.record_id) and row.to_state in PAPER),
        )


def _paper(record_id: int) -> bool:
    return bool(_value("SELECT kind = 'offline' FROM placement WHERE id = :id", record_id))


def _termination(name, now, who, row, was):
    if name in ("agree", "decline", "leave"):
        yield "TRM-03 the applicant answered itself", was["started_by"] == who.role
    if name == "ask_mediation":
        yield "TRM-09 mediation too early", row.from_state != "declined" and now < was["reply_by"]
    if name == "review_one_sided":
        evidence = (
            "SELECT count(*) FROM attachment WHERE record_kind = 'termination' AND record_id = :id"
        )
        yield "TRM-09 one-sided without evidence", not _value(evidence, row.record_id)
    if name == "apply_with_proof":
        proofs = (
            "SELECT count(*) FROM attachment WHERE record_kind = 'termination' AND record_id = :id"
        )
        yield "TRM-06 without a proof", not _value(proofs, row.record_id)
        kind = "SELECT p.kind FROM placement p JOIN termination t ON t.placement_id = p.id WHERE t.id = :id"
        yield "TRM-02 an online signing undone by one side", _value(kind, row.record_id) == "online"
    if name == "force":
        allowed = """SELECT value FROM school_setting s JOIN termination t ON t.school_id = s.school_id
            WHERE t.id = :id AND s.key = 'forced_online' ORDER BY s.id DESC LIMIT 1"""
        kind = "SELECT p.kind FROM placement p JOIN termination t ON t.placement_id = p.id WHERE t.id = :id"
        paper = _value(kind, row.record_id) == "offline"
        yield "AGR-09 force is not allowed", not paper and not _value(allowed, row.record_id)
    if name == "undo":
        yield from _undone(now, who, row)


def _undone(now, who, row):
    """What was undone was one's own decision of the last half minute, and nobody was told of it."""
    one = db.session.execute(
        text(f"""SELECT * FROM trail WHERE kind = :k AND record_id = :id AND seq < :seq
                 AND step NOT IN {REMINDERS} ORDER BY seq DESC LIMIT 1"""),
        {"k": row.kind, "id": row.record_id, "seq": row.seq},
    ).one()
    yield "undone by somebody else", one.actor_id != who.user_id
    yield "undone too late", now - one.at > timedelta(seconds=31)
    yield "undone to somewhere else", row.to_state != one.from_state
    told = text("SELECT count(*) FROM notice WHERE key LIKE :k")
    key = f"{row.kind}:{row.record_id}:{one.step}:{one.at.astimezone(_utc()).isoformat()}%"
    yield "told of what was undone", db.session.scalar(told, {"k": key}) > 0


def _utc():
    from datetime import UTC

    return UTC


# whom these tell may have no account
MAYBE = (
    "send_back",
    "ask_mediation",
    "attest_college",
    "report",
    "apply_with_proof",
    "overtake",
    "approve_for_college",
)


def _untold(flow, name, row) -> bool:
    package = flow.model.__module__.rsplit(".", 1)[0]
    module = importlib.import_module(f"{package}.notices")
    if name in module.SILENT or name == "force":
        return False
    # the key names the moment; staff receivers may be none at a college without staff
    told = text("SELECT count(*) FROM notice WHERE key LIKE :k")
    found = db.session.scalar(told, {"k": f"{row.kind}:{row.record_id}:{name}:%"})
    return not found and name not in MAYBE


def _closed(row, now) -> bool:
    query = """
        SELECT value FROM school_setting WHERE school_id = :s AND key = 'window:2027' ORDER BY id DESC LIMIT 1"""
    value = db.session.scalar(text(query), {"s": row.school_id})
    day = _value("SELECT (CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date", 0, at=now)
    return bool(value) and not value["opens"] <= day.isoformat() <= value["closes"]


def _restricted(row, now) -> bool:
    query = """
        SELECT count(*) FROM restriction r JOIN {kind} i ON i.student_id = r.student_id
        WHERE i.id = :id AND r.state = 'set' AND r.kind IN ('all', {way})
          AND r.since <= (CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date
          AND (r.until IS NULL OR r.until >= (CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date)"""
    way = "'online'" if row.kind == "invitation" else "i.kind"
    return bool(_value(query.format(kind=row.kind, way=way), row.record_id, at=now))


def _value(query: str, key: int, **more):
    return db.session.scalar(text(query), {"id": key, **more})


_by_kind = {"invitation": _invitation, "placement": _placement, "termination": _termination}
