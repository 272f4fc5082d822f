"""Which terminations a person may see, and the SELECTs of their guards and pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.accounts import beside
from app.codes import labels
from app.core import clock, page
from app.core.db import db
from app.core.errors import NotYours
from app.notices.queries import near
from app.people.schools.models import Major, School
from app.people.schools.queries import at_school
from app.settings.queries import settings
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placements_for
from app.signing.terminations.models import (
    IN_REVIEW,
    Chance,
    Termination,
    TerminationState,
    Way,
)
from app.workflow.actor import Actor, Role

S = TerminationState
LARGEST_KEY = 2**31 - 1
# what the school only considers doing by itself is nobody's but its office's (AGR-09)
ANNOUNCED = or_(Termination.way != Way.FORCED, Termination.approved_at.is_not(None))


def terminations_for(who: Actor) -> Select[Termination]:
    """Staff see their school's or college's, a party its own (ACC-02)."""
    if who.role is Role.STUDENT:
        return select(Termination).where(Termination.student_id == who.student_id, ANNOUNCED)
    if who.role is Role.EMPLOYER:
        return select(Termination).where(Termination.employer_id == who.employer_id, ANNOUNCED)
    if who.role is Role.SYSTEM:  # what follows by itself
        return select(Termination)
    return select(Termination).where(at_school(who, Termination.school_id, Termination.college_id))


def termination_of(who: Actor, key: int) -> Termination:
    """The termination of that key in the person's scope, with its placement. Raises NotYours."""
    found = None
    if key <= LARGEST_KEY:
        found = db.session.scalars(
            terminations_for(who)
            .where(Termination.id == key)
            .options(joinedload(Termination.placement).joinedload(Placement.student))
        ).one_or_none()
    if found is None:
        raise NotYours(f"termination {key}")
    return found


def running(placement_id: int) -> Termination | None:
    """The one termination under way of a placement (GRD-03)."""
    return db.session.scalars(
        select(Termination).where(Termination.placement_id == placement_id, Termination.is_running)
    ).first()


def _all_or_mine(who: Actor | None) -> Select[Termination]:
    return select(Termination) if who is None else terminations_for(who)


def latest(placement_id: int, who: Actor | None = None) -> Termination | None:
    """The last termination of a placement, whatever became of it; of those that `who` may see."""
    if page.current() is not None:  # a page shows the others, too
        return next(reversed(of_placement(placement_id, who)), None)
    return db.session.scalars(
        _all_or_mine(who)
        .where(Termination.placement_id == placement_id)
        .order_by(Termination.id.desc())
        .limit(1)
    ).first()


def last(placement_id: int) -> int | None:
    """The id of the last termination of a placement, whatever became of it."""
    wanted = select(func.max(Termination.id)).where(Termination.placement_id == placement_id)
    return db.session.scalar(wanted)


def latest_of(placement_ids: Iterable[int], who: Actor | None = None) -> dict[int, Termination]:
    """The last termination of each of these placements that has one, by one query."""
    rows = db.session.scalars(
        _all_or_mine(who)
        .distinct(Termination.placement_id)
        .where(Termination.placement_id.in_(list(placement_ids)))
        .order_by(Termination.placement_id, Termination.id.desc())
    )
    return {row.placement_id: row for row in rows}


@page.once
def of_placement(placement_id: int, who: Actor | None = None) -> Sequence[Termination]:
    """All terminations of a placement, oldest first; of those that `who` may see."""
    mine = _all_or_mine(who).where(Termination.placement_id == placement_id)
    return db.session.scalars(mine.order_by(Termination.id)).all()


@page.once
def chances_used(student_id: int, year: int) -> int:
    """Approved terminations of a student in a calendar year; forced ones use none up."""
    begins = clock.end_of_day(clock.last_day(year - 1))
    ends = clock.end_of_day(clock.last_day(year))
    approved = select(func.count()).where(
        Termination.student_id == student_id,
        Termination.is_approved,
        Termination.way.not_in((Way.FORCED, Way.RELEASE)),
        Termination.approved_at >= begins,
        Termination.approved_at < ends,
    )
    return db.session.scalar(approved) or 0


@page.once
def chances_granted(student_id: int, year: int) -> int:
    """How many more the school granted for that year."""
    more = select(func.count()).where(Chance.student_id == student_id, Chance.year == year)
    return db.session.scalar(more) or 0


def chances_left(student_id: int, school_id: int, now: datetime) -> int:
    """How many terminations the student may still have approved this year, at least 0."""
    year = clock.local(now).year
    most = settings(school_id).termination_chances + chances_granted(student_id, year)
    return max(0, most - chances_used(student_id, year))


def chances_of(student_id: int) -> Sequence[Chance]:
    """What was granted to a student, the newest first."""
    return db.session.scalars(
        select(Chance).where(Chance.student_id == student_id).order_by(Chance.id.desc())
    ).all()


def awaiting(who: Actor) -> ColumnElement[bool]:
    """What waits for this person's decision; for readers, what waits for any (TRM-03, TRM-09)."""
    mine = {
        Role.COLLEGE: (S.AWAITING_COLLEGE,),
        Role.SCHOOL: (S.AWAITING_SCHOOL, S.MEDIATION, S.AWAITING_SECOND),
    }
    return Termination.state.in_(mine.get(who.role, (*IN_REVIEW, S.MEDIATION, S.AWAITING_SECOND)))


def to_be_answered(now: datetime, after: int, most: int = 200) -> Sequence[Termination]:
    """A portion of the requests whose answer is due within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Termination)
        .join(Placement, Placement.id == Termination.placement_id)
        .where(Termination.is_requested, near(Termination.reply_by, now))
        .where(Termination.id > after, ~Placement.frozen)
        .options(selectinload(Termination.placement))
        .order_by(Termination.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True, of=Termination)
    ).all()


def to_answer(who: Actor) -> Select[Termination]:
    """The requests of the other party that wait for this party's answer (INV-21, INV-22)."""
    return terminations_for(who).where(Termination.is_requested, Termination.started_by != who.role)


def is_asked(who: Actor) -> Any:
    """Whether the party asking has something to answer, as `beside` asks it."""
    return to_answer(who).with_only_columns(Termination.id).exists()


def asked_of(who: Actor) -> Termination | None:
    """The request of the other party that waits longest for this party's answer."""
    if beside.of_asker(who.user_id) and not beside.ask("asks"):
        return None
    return db.session.scalars(
        to_answer(who)
        .options(joinedload(Termination.placement))
        .order_by(Termination.reply_by)
        .limit(1)
    ).first()


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
