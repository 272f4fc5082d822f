"""What pages show of students: restrictions and where they stand, traces, changed ways in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.accounts import contacts, holds
from app.accounts.contacts import changes_of
from app.accounts.models import ContactChange
from app.core import clock, sms
from app.core.db import db
from app.fab.per_request import once
from app.fab.presentation import chip
from app.notices.reached import lately
from app.people.students import fields
from app.people.students.models import RESTRICTION_KINDS, Restriction, RestrictionState, Student
from app.people.students.queries import account_of, restrictions_for
from app.settings.queries import settings
from app.workflow import trail
from app.workflow.actor import Actor


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


def trace_of(ids: Sequence[int]) -> list[trail.Line]:
    """What was done to these restrictions, the newest first."""
    return [trail.line(row) for row in trail.of_all([("restriction", key) for key in ids])]


LABELS = {
    "student_no": _l("Student number"), "name": _l("Name"), "id_number": _l("ID number"),
    "sex": _l("Sex"), "nation": _l("Nationality"), "examinee_no": _l("Examinee number"),
    "college_id": _l("College"), "major_id": _l("Major"), "class_name": _l("Class"),
    "education": _l("Level of education"), "training_mode": _l("Training mode"),
    "graduation_year": _l("Graduation year"), "origin": _l("Place of origin"), "phone": _l("Phone"),
    "id_kind": _l("Kind of document"), "id_country": _l("Passport issued by"), "email": _l("E-mail"),
    **fields.LABELS,
}  # fmt: skip


def record_trace(student_id: int) -> list[trail.Line]:
    """What was done to a student's record, the newest first; of corrections what from and what to."""
    return trail.shown("student", student_id)


def changes_shown(student: Student) -> list[dict[str, Any]]:
    """What was changed of the student's ways in during the last 90 days, the newest first (ACC-15)."""
    user, now = account_of(student), clock.now()
    rows = changes_of(user, now - contacts.REMEMBERED) if user is not None else ()
    return [
        {"old": row.old_masked or "–", "new": row.new_masked or "–", "who": row.actor_name,
         "when": holds.moment(row.at), "channel": row.channel, "reason": row.reason,
         "chip": _change_chip(row, now), "told": row.told or row.source == contacts.SELF}
        for row in rows
    ]  # fmt: skip


def _change_chip(row: ContactChange, now: datetime) -> Markup:
    if row.undone_at is not None:
        return chip(_("Taken back"), "closed")
    if row.confirmed_at is not None:
        return chip(_("Confirmed"), "done")
    if row.held_until is not None and row.held_until > now:
        return chip(_("Held until %(until)s", until=holds.moment(row.held_until)), "waiting")
    if contacts.first_by_school(row):
        return chip(_("First one, not confirmed by the student yet"), "waiting")
    return chip(_("Time is over"), "done")


def told_before(student: Student) -> bool:
    """Whether the last change of the student's phone was told to anything but the new phone."""
    user = account_of(student)
    rows = changes_of(user, clock.now() - contacts.REMEMBERED) if user is not None else ()
    return bool(rows and (rows[0].told or contacts.first_by_school(rows[0])))


def messages_of(user_id: int | None) -> list[tuple[str, str, str, str]]:
    """What the account was to be told last: subject, when, and the state in words and colour (NTF-05)."""
    return [
        (notice.subject, holds.moment(notice.created_at), reach.label, reach.chip)
        for notice, reach in (lately(user_id) if user_id else ())
    ]


def unreachable(student: Student) -> str:
    """Why no message can reach the student, and what helps; empty where one can."""
    if student.email:
        return ""
    if not student.phone or not sms.reaches(student.phone):
        return _(
            "No message and no code reaches this student: there is neither an e-mail nor a phone to "
            "which texts can be sent. Enter one, and open invitations are told by themselves."
        )
    if settings(student.school_id).sms_notices:
        return ""
    return _("No e-mail is on record: by text message only what waits for an answer is told.")
