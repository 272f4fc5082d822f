"""What a student's other college or major takes along: whoever has to see a record still does (ADM-09).

Signings, terminations, letters and the rest carry college and major beside the student, for the scope
of each reader. This is the one place that moves them, by SQL and for one student or a whole file; the
row of the plan follows by its own sync. The date of the last change stays: nothing was decided.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.workflow.actor import Actor

# a placement that is over moves as well (it may be restored), but only one that runs or is in force
# says so in its trace
_PLACEMENTS = """
WITH found AS MATERIALIZED (SELECT p.id, p.school_id, p.state, s.college_id, s.major_id,
    concat_ws(' ', oc.name, om.name) || ' → ' || concat_ws(' ', nc.name, nm.name) AS said
  FROM placement p JOIN student s ON s.id = p.student_id
    JOIN college oc ON oc.id = p.college_id JOIN major om ON om.id = p.major_id
    JOIN college nc ON nc.id = s.college_id JOIN major nm ON nm.id = s.major_id
  WHERE {which} AND (p.college_id, p.major_id) IS DISTINCT FROM (s.college_id, s.major_id)
  ORDER BY p.id FOR NO KEY UPDATE OF p),
moved AS (UPDATE placement p SET college_id = f.college_id, major_id = f.major_id
  FROM found f WHERE p.id = f.id)
INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_id, actor_role,
    actor_name, address, device, factor, reason, details, at)
  SELECT 'placement', id, school_id, 'follow_student', state, state, :user, :role, :name, :address,
    :device, '', said, '{{}}'::jsonb, app_now() FROM found
  WHERE state NOT IN ('refused', 'terminated', 'given_up', 'replaced') ORDER BY id"""
_OTHERS = """
UPDATE {table} t SET college_id = s.college_id FROM student s
  WHERE t.student_id = s.id AND {which} AND t.college_id <> s.college_id"""
TABLES = ("termination", "change_request", "forwarding_letter", "finding")


def follow_student(which: str, actor: Actor, **values: Any) -> None:
    """Bring what carries a college to that of the students `s` of the condition. Not committed.

    The students are locked by the caller. What the session had read is read anew.
    """
    db.session.flush()
    who = {"user": actor.user_id, "role": str(actor.role), "name": actor.name,
           "address": actor.address, "device": actor.device}  # fmt: skip
    db.session.execute(text(_PLACEMENTS.format(which=which)), {**values, **who})
    for table in TABLES:
        db.session.execute(text(_OTHERS.format(table=table, which=which)), values)
    db.session.expire_all()
