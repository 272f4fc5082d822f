"""The flow of work: what was signed and decided, what waits and how long, invitations, terminations (RPT-02).

Everything is counted from the process trace and the records of a school and a span of days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.core.statements import Statements
from app.signing.placements.models import REVIEWS, Kind
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.models import IN_REVIEW
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.steps import deciding
from app.workflow.verdicts import Tone

MOST_DAYS = 366
APPROVES = deciding(Tone.DONE, PLACEMENTS, TERMINATIONS)
REFUSES = (*deciding(Tone.REFUSED, PLACEMENTS, TERMINATIONS), "send_back")
SQL = Statements(__file__, "flow.sql")
_STEPS = {
    "approves": list(APPROVES),
    "refuses": list(REFUSES),
    "waiting": [str(state) for state in REVIEWS],
    "ending": [str(state) for state in IN_REVIEW],
}


@dataclass(frozen=True)
class FlowSpan:
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
            "school": self.school,
            "college": self.college,
            "since": since,
            "until": clock.end_of_day(self.until),
            "now": clock.now(),
            "destination": str(Kind.DESTINATION),
            **_STEPS,
        }


def span_of(who: Actor, since: date | None, until: date | None, school: int | None) -> FlowSpan:
    """What the person may look at; the last 30 days unless told otherwise. Raises NotYours."""
    last = until or clock.today()
    first = since or last - timedelta(days=29)
    first = max(first, last - timedelta(days=MOST_DAYS))
    chosen = who.school_id or (school if who.role in (Role.PROVINCE, Role.DATA) else None)
    if chosen is None:
        raise NotYours("flow")
    return FlowSpan(chosen, who.college_id, min(first, last), last)


SERVICE_DAYS = 7  # how far back the hours until decided of all schools look


def schools(who: Actor, year: int) -> Sequence[Any]:
    """The service figures of every school, by code (`flow.sql`). Raises NotYours but for the province."""
    if who.role is not Role.PROVINCE:
        raise NotYours("schools")
    values = {
        "now": clock.now(),
        "since": clock.now() - timedelta(days=SERVICE_DAYS),
        "year": year,
        **_STEPS,
    }
    return db.session.execute(SQL["schools"], values).all()


def _rows(name: str, span: FlowSpan, **more: Any) -> Sequence[object]:
    return db.session.execute(SQL[name], {**span.values, **more}).all()


def days(span: FlowSpan) -> Sequence[Any]:
    """(day, begun, in force, terminated) of each day on which anything was."""
    return _rows("days", span)


def reviewers(span: FlowSpan) -> Sequence[Any]:
    """(name, approved, refused, hours in the middle until decided) of each reviewer, by name (RPT-04)."""
    return _rows("reviewers", span)


def waiting(span: FlowSpan) -> Sequence[Any]:
    """(kind, state, under a day, 1–3 days, 3–7 days, longer) of what waits for a reviewer now."""
    return _rows("waiting", span)


def invitations(span: FlowSpan) -> Sequence[Any]:
    """(state, how many) of the invitations sent in these days."""
    return _rows("invitations", span)


def terminations(span: FlowSpan) -> Sequence[Any]:
    """(state, who applied, how many) of the terminations begun in these days."""
    return _rows("terminations", span)


def service(span: FlowSpan, year: int) -> Sequence[Any]:
    """(college, waiting, hours in the middle until decided, graduates without contact), by code (RPT-04).

    Without contact: no destination, and neither an invitation nor a placement ever.
    """
    return _rows("service", span, year=year)
