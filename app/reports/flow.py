"""The flow of work: what was signed and decided, what waits and how long, invitations, terminations (RPT-02).

Everything is counted from the process trace and the records of a school and a span of days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.placements.models import REVIEWS, Kind
from app.placements.workflow import PLACEMENTS
from app.termination.models import IN_REVIEW
from app.termination.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.steps import Tone, deciding

MOST_DAYS = 366
ZONE = "Asia/Shanghai"
APPROVES = deciding(Tone.DONE, PLACEMENTS, TERMINATIONS)
REFUSES = (*deciding(Tone.REFUSED, PLACEMENTS, TERMINATIONS), "send_back")
_SPAN = """t.school_id = :school AND t.at >= CAST(:since AS timestamptz)
  AND t.at < CAST(:until AS timestamptz)"""
# a row of the trace with its placement, be it the placement's own or of a termination of it
_PLACEMENT = """trail t LEFT JOIN termination z ON t.kind = 'termination' AND z.id = t.record_id
  JOIN placement p ON t.kind IN ('placement', 'termination')
    AND p.id = coalesce(z.placement_id, t.record_id)"""
# what waits for a reviewer now
_WAITS = """(SELECT 'placement' AS kind, state, school_id, college_id, changed_at FROM placement
    WHERE school_id = :school AND state IN (SELECT unnest(CAST(:waiting AS text[])))
  UNION ALL SELECT 'termination', state, school_id, college_id, changed_at FROM termination
    WHERE school_id = :school AND state IN (SELECT unnest(CAST(:ending AS text[])))) p"""
_SIGNED = "(t.from_state IS NULL AND p.kind <> :destination)"  # a destination is registered
_COLLEGE = "(CAST(:college AS int) IS NULL OR {0}.college_id = :college)"


@dataclass(frozen=True)
class Span:
    """A school, or one of its colleges, and the days to look at, both included."""

    school: int
    college: int | None
    since: date
    until: date

    @property
    def values(self) -> dict[str, Any]:
        """What the statements are filled with; days begin at midnight in China."""
        since = clock.end_of_day(self.since - timedelta(days=1))
        return {
            "school": self.school, "college": self.college, "since": since,
            "until": clock.end_of_day(self.until), "now": clock.now(),
            "approves": list(APPROVES), "refuses": list(REFUSES),
            "waiting": [str(state) for state in REVIEWS],
            "ending": [str(state) for state in IN_REVIEW], "destination": str(Kind.DESTINATION),
        }  # fmt: skip


def span_of(who: Actor, since: date | None, until: date | None, school: int | None) -> Span:
    """What the person may look at; the last 30 days unless told otherwise. Raises NotYours."""
    last = until or clock.today()
    first = since or last - timedelta(days=29)
    first = max(first, last - timedelta(days=MOST_DAYS))
    chosen = who.school_id or (school if who.role in (Role.PROVINCE, Role.DATA) else None)
    if chosen is None:
        raise NotYours("flow")
    return Span(chosen, who.college_id, min(first, last), last)


def _rows(statement: str, span: Span) -> Sequence[Any]:
    return db.session.execute(text(statement), span.values).all()


def days(span: Span) -> Sequence[Any]:
    """(day, begun, in force, terminated) of each day on which anything was."""
    return _rows(
        f"""SELECT CAST(t.at AT TIME ZONE '{ZONE}' AS date) AS day,
          count(*) FILTER (WHERE {_SIGNED}) AS begun,
          count(*) FILTER (WHERE t.to_state = 'in_force' AND t.from_state <> 'in_force') AS in_force,
          count(*) FILTER (WHERE t.to_state = 'terminated') AS ended
        FROM trail t JOIN placement p ON p.id = t.record_id
        WHERE t.kind = 'placement' AND {_SPAN} AND {_COLLEGE.format("p")}
          AND ({_SIGNED} OR t.to_state IN ('in_force', 'terminated'))
        GROUP BY 1 ORDER BY 1 DESC""",
        span,
    )


def reviewers(span: Span) -> Sequence[Any]:
    """(name, approved, refused, hours in the middle until decided) of each reviewer, by name (RPT-04)."""
    return _rows(
        f"""SELECT t.actor_name AS name, count(*) FILTER (WHERE t.step = ANY(:approves)) AS approved,
          count(*) FILTER (WHERE t.step = ANY(:refuses)) AS refused,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.at - b.at) / 3600) AS hours
        FROM {_PLACEMENT}
        LEFT JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = t.seq - 1
        WHERE {_SPAN} AND {_COLLEGE.format("p")} AND t.actor_role IN ('college', 'school')
          AND (t.step = ANY(:approves) OR t.step = ANY(:refuses))
        GROUP BY t.actor_id, t.actor_name ORDER BY t.actor_name, t.actor_id""",
        span,
    )


def waiting(span: Span) -> Sequence[Any]:
    """(kind, state, under a day, 1–3 days, 3–7 days, longer) of what waits for a reviewer now."""
    age = ":now - p.changed_at"
    return _rows(
        f"""SELECT p.kind, p.state, count(*) FILTER (WHERE {age} < interval '1 day') AS fresh,
          count(*) FILTER (WHERE {age} >= interval '1 day' AND {age} < interval '3 days') AS days,
          count(*) FILTER (WHERE {age} >= interval '3 days' AND {age} < interval '7 days') AS week,
          count(*) FILTER (WHERE {age} >= interval '7 days') AS longer
        FROM {_WAITS} WHERE {_COLLEGE.format("p")} GROUP BY 1, 2 ORDER BY 1, 2""",
        span,
    )


def invitations(span: Span) -> Sequence[Any]:
    """(state, how many) of the invitations sent in these days."""
    return _rows(
        f"""SELECT i.state, count(*) AS count
        FROM invitation i JOIN student s ON s.id = i.student_id
        WHERE i.school_id = :school AND i.sent_at >= CAST(:since AS timestamptz)
          AND i.sent_at < CAST(:until AS timestamptz) AND {_COLLEGE.format("s")} GROUP BY 1""",
        span,
    )


def terminations(span: Span) -> Sequence[Any]:
    """(state, who applied, how many) of the terminations begun in these days."""
    return _rows(
        f"""SELECT t.state, t.started_by, count(*) AS count FROM termination t
          JOIN placement p ON p.id = t.placement_id
        WHERE t.school_id = :school AND t.created_at >= CAST(:since AS timestamptz)
          AND t.created_at < CAST(:until AS timestamptz) AND {_COLLEGE.format("p")}
        GROUP BY 1, 2 ORDER BY 1, 2""",
        span,
    )


def service(span: Span, year: int) -> Sequence[Any]:
    """(college, waiting, hours in the middle until decided, graduates without contact), by code (RPT-04).

    Without contact: no destination, and neither an invitation nor a placement ever.
    """
    return _rows(
        f"""WITH decided AS (SELECT p.college_id, percentile_cont(0.5) WITHIN GROUP
            (ORDER BY extract(epoch FROM t.at - b.at) / 3600) AS hours
          FROM {_PLACEMENT}
          JOIN trail b ON b.kind = t.kind AND b.record_id = t.record_id AND b.seq = t.seq - 1
          WHERE {_SPAN} AND t.actor_role IN ('college', 'school')
            AND (t.step = ANY(:approves) OR t.step = ANY(:refuses)) GROUP BY 1),
        waits AS (SELECT p.college_id, count(*) AS n FROM {_WAITS} GROUP BY 1),
        alone AS (SELECT s.college_id, count(*) AS n FROM student s
          LEFT JOIN plan_entry e ON e.student_id = s.id
          WHERE s.school_id = :school AND s.graduation_year = {year} AND s.origin_state = 'approved'
            AND e.destination_code IS NULL
            AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id) GROUP BY 1)
        SELECT c.name, coalesce(w.n, 0) AS waits, d.hours, coalesce(a.n, 0) AS alone
        FROM college c LEFT JOIN decided d ON d.college_id = c.id
        LEFT JOIN waits w ON w.college_id = c.id LEFT JOIN alone a ON a.college_id = c.id
        WHERE c.school_id = :school AND (CAST(:college AS int) IS NULL OR c.id = :college)
        ORDER BY c.code""",
        span,
    )
