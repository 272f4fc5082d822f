"""催办 and 代审 as steps of the tables of invitations, placements and terminations (AGR-17).

The school reminds a college, the office a student or an employer, an employer a student: once a day and
matter. Where its setting says so, the school decides in the place of a college that let its time pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.core import clock
from app.core.db import db
from app.core.registry import stores
from app.notices.letters import Letters
from app.people.employers.models import Employer
from app.people.schools.models import College, School
from app.settings.calendar import working_deadline
from app.settings.queries import settings
from app.signing.nudges.models import Nudge
from app.signing.nudges.queries import accounts, nudge_of, waits_since
from app.workflow.actor import Actor, Role
from app.workflow.steps import Change, Guard, Step

MAY_NUDGE = {
    Role.SCHOOL: (Role.COLLEGE, Role.STUDENT, Role.EMPLOYER),
    Role.COLLEGE: (Role.STUDENT, Role.EMPLOYER),
    Role.EMPLOYER: (Role.STUDENT,),
}


def receiver(record: Any, actor: Actor) -> Role | None:
    """Whom this person may remind of the record: the one other it waits for, if any."""
    awaited = stores().workflows[record.__tablename__].awaits(record, clock.now())
    if actor.role in awaited:
        return None
    return next((role for role in MAY_NUDGE.get(actor.role, ()) if role in awaited), None)


def waits_for_another(record: object, actor: Actor) -> bool:
    """Whether the record waits for somebody whom this person may remind."""
    return receiver(record, actor) is not None


def not_reminded_today(record: Any, actor: Actor, now: datetime) -> str | None:
    """Once a day and matter, whoever it was (AGR-17)."""
    today = clock.local(now).date()
    last = nudge_of(record.__tablename__, record.id, record.state, today)
    if last is None:
        return None
    at = clock.local(last.at).strftime("%H:%M")
    return _("Reminded today at %(at)s by %(who)s.", at=at, who=last.by_name)


def somebody_there(record: object, actor: Actor, now: datetime) -> str | None:
    """Nobody is said to be reminded who has no account (AGR-17)."""
    role = receiver(record, actor)
    if role is None or accounts(record, role):
        return None
    return _("Nobody there has an account that could be reminded. Please telephone.")


def stays(change: Change) -> StrEnum:
    """A reminder moves nothing."""
    return change.record.state  # type: ignore[no-any-return]


def keep_nudge(change: Change) -> None:
    """Kept by day and matter: of two at the same moment the database lets one through."""
    role = receiver(change.record, change.actor)
    assert role is not None
    change.details["reminded"] = role.value
    new = Nudge(
        school_id=change.record.school_id,
        kind=change.kind,
        record_id=change.record.id,
        day=clock.local(change.now).date(),
        receiver=role.value,
        by_id=change.actor.user_id,
        by_name=change.actor.name[:120],
        at=change.now,
        state=change.record.state,
    )
    db.session.add(new)


def nudge_steps(
    states: Sequence[StrEnum], employer_states: Sequence[StrEnum], *when: Guard
) -> tuple[Step, ...]:
    """The two steps of a table: from these states the office reminds, from those an employer."""
    same: dict[str, Any] = {
        "label": lazy_pgettext("remind whom it waits for", "Remind"),
        "applies": waits_for_another,
        "quiet": True,
        "when": (*when, not_reminded_today, somebody_there),
        "fill": (keep_nudge,),
        "done": _l("Reminded: a message on the site, and by mail where there is an address."),
    }
    office, employer = tuple(states), tuple(employer_states)
    return (
        Step(
            "nudge",
            office,
            stays,
            by=(Role.COLLEGE, Role.SCHOOL),
            targets=office,
            bulk=True,
            **same,
        ),
        Step(
            "nudge_student",
            employer,
            stays,
            by=Role.EMPLOYER,
            targets=employer,
            binds=False,
            **same,
        ),
    )


def for_receiver(change: Change, letters: Letters) -> Letters:
    """Of the letters of a reminder the one of whom it is for."""
    role = change.details.get("reminded", "")
    found = letters.get(change.step.name, {})
    return {change.step.name: {role: found[role]} if role in found else {}}


def who_reminds(change: Change) -> str:
    """In whose name it is said: the college's, the school's, or the employer's."""
    record, role = change.record, change.actor.role
    if role is Role.EMPLOYER:
        return db.session.get_one(Employer, record.employer_id).name
    if role is Role.COLLEGE:
        return db.session.get_one(College, change.actor.college_id).name
    return db.session.get_one(School, record.school_id).name


def stands_in(record: Any, _actor: Actor) -> bool:
    """Whether this school decides in the place of a college that lets its time pass, by its setting."""
    return settings(record.school_id).deputy_days > 0


def college_had_its_time(record: Any, actor: Actor, now: datetime) -> str | None:
    """The college first has the working days that the school's setting gives it (AGR-17)."""
    days = settings(record.school_id).deputy_days
    # what time has just brought back to the college begins anew there
    lapsed = stores().workflows[record.__tablename__].lapse(record, now)
    since = now if lapsed else waits_since(record)
    if since is None:
        return None
    until = working_deadline(since, days, record.school_id)
    if days and now >= until:
        return None
    return _(
        "The college has until %(until)s; after that the school can decide in its place.",
        until=clock.shown_deadline(until),
    )
