"""What pages show of restrictions: where one stands today, a student's, and their trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.fab.once import once
from app.fab.shown import chip
from app.people.models import RESTRICTION_KINDS, Restriction, RestrictionState, Student
from app.people.queries import restrictions_for
from app.workflow.actor import Actor
from app.workflow.models import Trail
from app.workflow.queries import said


@dataclass(frozen=True)
class Shown:
    """One restriction as a line of the student's page."""

    id: int
    kind: Any
    days: str
    reason: str
    chip: Markup


def standing_chip(span: tuple[str, date, date | None]) -> Markup:
    """Whether a restriction bars today, later or no more."""
    state, since, until = span
    today = once("today", clock.today)
    if state == RestrictionState.RELEASED:
        return chip(_("Released"), "closed")
    if until is not None and until < today:
        return chip(_("Over"), "closed")
    return chip(_("Later"), "waiting") if since > today else chip(_("In effect"), "refused")


def days_of(restriction: Restriction) -> str:
    """From and to in words."""
    if restriction.until is None:
        return _("from %(since)s until released", since=restriction.since)
    return f"{restriction.since} – {restriction.until}"


def restrictions_of(who: Actor, student_id: int) -> list[Shown]:
    """A student's restrictions, the newest first."""
    rows = db.session.scalars(
        restrictions_for(who)
        .where(Restriction.student_id == student_id)
        .order_by(Restriction.id.desc())
    )
    return [
        Shown(
            row.id, RESTRICTION_KINDS[row.kind], days_of(row), row.reason, standing_chip(row.span)
        )
        for row in rows
    ]


def trace_of(ids: Sequence[int]) -> list[dict[str, Any]]:
    """What was done to these restrictions, the newest first."""
    rows = db.session.scalars(
        select(Trail)
        .where(Trail.kind == "restriction", Trail.record_id.in_(ids))
        .order_by(Trail.seq.desc())
    )
    return [
        {"who": row.actor_name, "what": said(row), "when": clock.local(row.at), "note": row.reason}
        for row in rows
    ]


def restricted_so(students: Sequence[Student], **values: Any) -> set[int]:
    """The ids of those students who have a restriction of exactly these values in force."""
    wanted = select(Restriction.student_id).where(
        Restriction.student_id.in_([student.id for student in students]),
        Restriction.state == RestrictionState.SET,
        *(getattr(Restriction, name) == value for name, value in values.items()),
    )
    return set(db.session.scalars(wanted))
