"""What an employer's list of signings once in force is narrowed by (TRM-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import aliased

from app.codes import labels
from app.core import clock
from app.core.db import db
from app.people.schools.models import Major, School
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placements_for
from app.signing.terminations.models import (
    Termination,
)
from app.workflow.actor import Actor, Role


def signings_once_in_force(who: Actor) -> Select[Any]:
    """The party's placements that are or were in force."""
    return placements_for(who).where(Placement.attested_at.is_not(None))


def once_in_force(who: Actor) -> Sequence[Placement]:
    """A student's own signings, the newest first; a destination is left on its own page (DST-03)."""
    signings = signings_once_in_force(who).where(Placement.kind != Kind.DESTINATION)
    return db.session.scalars(signings.order_by(Placement.id.desc()).limit(50)).all()


def employer_tab(name: str) -> SQLColumnExpression[bool] | None:
    """The rows of a tab of the employer's list (TRM-07); None: all."""
    asked = select(Termination.placement_id).where(
        Termination.is_running, Termination.started_by == Role.STUDENT
    )
    tabs = {"asked": Placement.id.in_(asked), "signed": Placement.in_force}
    return tabs.get(name)


def with_termination(state: str) -> ColumnElement[bool]:
    """The placements whose last termination is in this state: what their rows show."""
    other = aliased(Termination)
    later = select(other.id).where(
        other.placement_id == Termination.placement_id, other.id > Termination.id
    )
    last = select(Termination.placement_id).where(Termination.state == state, ~later.exists())
    return Placement.id.in_(last)


def invited_from(month: str) -> ColumnElement[bool]:
    """The placements whose invitation was sent in that month (2026-11) or later."""
    return _invited(Invitation.sent_at >= _begin(month))


def invited_to(month: str) -> ColumnElement[bool]:
    """The placements whose invitation was sent in that month or earlier."""
    after = date.fromisoformat(f"{month}-28") + timedelta(days=4)
    return _invited(Invitation.sent_at < _begin(f"{after:%Y-%m}"))


def _begin(month: str) -> datetime:
    return clock.end_of_day(date.fromisoformat(f"{month}-01") - timedelta(days=1))


def _invited(when: ColumnElement[bool]) -> ColumnElement[bool]:
    return Placement.invitation_id.in_(select(Invitation.id).where(when))


def education(code: str | None) -> str:
    """The level of education in words."""
    return labels.code("xl", code)


@dataclass(frozen=True)
class ListChoices:
    """What an employer's list can be narrowed to: (value, label) each."""

    schools: list[tuple[str, str]]
    years: list[tuple[str, str]]
    majors: list[tuple[str, str]]
    months: list[tuple[str, str]]  # in which they were invited, the last first


def choices(who: Actor) -> ListChoices:
    """Schools, graduation years, majors and months of invitation of the party's signings."""
    mine = signings_once_in_force(who).subquery()
    rows = db.session.execute(
        select(School.id, School.name, mine.c.graduation_year, Major.id, Major.name)
        .join(mine, mine.c.school_id == School.id)
        .join(Major, Major.id == mine.c.major_id)
        .distinct()
    ).all()
    month = func.to_char(func.timezone(clock.SHANGHAI.key, Invitation.sent_at), "YYYY-MM")
    months = db.session.scalars(
        select(month).join(mine, mine.c.invitation_id == Invitation.id).distinct()
    ).all()
    return ListChoices(
        sorted({(str(row[0]), row[1]) for row in rows}, key=lambda item: item[1]),
        [(str(year), str(year)) for year in sorted({row[2] for row in rows}, reverse=True)],
        sorted({(str(row[3]), row[4]) for row in rows}, key=lambda item: item[1]),
        [(text, text) for text in sorted(months, reverse=True)],
    )
