"""What pages show of students: restrictions and where they stand, traces, changed ways in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from markupsafe import Markup

from app.accounts import contacts, holds
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import changes_of
from app.accounts.queries import actor
from app.accounts.reach import REMEMBERED, RESET
from app.core import clock, mail, sms
from app.core.db import db
from app.fab.columns import Item
from app.fab.per_request import once
from app.fab.presentation import chip
from app.notices.reached import lately
from app.people.students import fields
from app.people.students.models import RESTRICTION_KINDS, Restriction, RestrictionState, Student
from app.people.students.queries import Around, account_of, around, restrictions_for
from app.settings.queries import settings
from app.workflow import trail
from app.workflow.actor import Actor


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


def restrictions_of(who: Actor, student_id: int) -> Sequence[Restriction]:
    """A student's restrictions, the newest first; asked once a request."""
    wanted = restrictions_for(who).where(Restriction.student_id == student_id)
    return once(
        f"restrictions {student_id}",
        lambda: db.session.scalars(wanted.order_by(Restriction.id.desc())).all(),
    )


def restriction_items(rows: Sequence[Restriction]) -> list[Item]:
    """The restrictions as lines of the student's page."""
    return [
        Item(
            RESTRICTION_KINDS[row.kind],
            url_for("RestrictionsView.show", pk=row.id),
            days_of(row),
            (row.reason,),
            standing_chip(row.span),
        )
        for row in rows
    ]


def trace_of(ids: Sequence[int]) -> list[trail.TrailLine]:
    """What was done to these restrictions, the newest first."""
    return [trail.line(row) for row in trail.of_all([("restriction", key) for key in ids])]


LABELS = {
    "student_no": _l("Student number"),
    "name": _l("Name"),
    "id_number": _l("ID number"),
    "sex": _l("Sex"),
    "nation": _l("Nationality"),
    "examinee_no": _l("Examinee number"),
    "college_id": _l("College"),
    **fields.STUDIES,
    "phone": _l("Phone"),
    "id_kind": _l("Kind of document"),
    "id_country": _l("Passport issued by"),
    "email": _l("E-mail"),
    **fields.LABELS,
}


def traces_of(
    student_id: int, restrictions: Sequence[int]
) -> tuple[list[trail.TrailLine], list[trail.TrailLine]]:
    """What was done to a student's record, and to its restrictions, the newest first; asked once a request.

    Of corrections it says what from and what to.
    """
    of = [("student", student_id), *(("restriction", key) for key in restrictions)]
    rows = once(f"traces {student_id}", lambda: trail.of_all(of))
    mine = [row for row in rows if row.kind == "student"]
    return [trail.line(row) for row in sorted(mine, key=lambda row: -row.seq)], [
        trail.line(row) for row in rows if row.kind != "student"
    ]


CHANNELS = {mail.SMS: _l("Phone"), mail.MAIL: _l("E-mail"), RESET: _l("Sign-in reset")}


def around_of(student: Student) -> Around:
    """What other records say of a student, asked once a request by one statement."""
    return once(f"around {student.id}", lambda: around(student, actor()))


def change_items(user_id: int) -> list[Item]:
    """What was changed of the account's ways in during the last 90 days, the newest first (ACC-15)."""
    now = clock.now()
    return [_change_item(row, now) for row in changes_of(user_id, now - REMEMBERED)]


def _change_item(row: ContactChange, now: datetime) -> Item:
    facts = (holds.moment(row.at), row.actor_name, row.reason)
    told = row.told or row.source == contacts.SELF
    nobody = _("Nobody could be told: no earlier contact was on record.")
    label = f"{CHANNELS[row.channel]} {row.old_masked or '–'} → {row.new_masked or '–'}"
    lines = (" · ".join(fact for fact in facts if fact), *(() if told else (nobody,)))
    return Item(label, lines=lines, end=_change_chip(row, now))


def _change_chip(row: ContactChange, now: datetime) -> Markup:
    if row.undone_at is not None:
        return chip(_("Taken back"), "closed")
    if row.confirmed_at is not None:
        return chip(pgettext("phone or e-mail", "Confirmed"), "done")
    if row.held_until is not None and row.held_until > now:
        return chip(_("Held until %(until)s", until=holds.moment(row.held_until)), "waiting")
    if contacts.first_by_school(row):
        return chip(_("First one, not confirmed by the student yet"), "waiting")
    return chip(_("Time is over"), "done")


def told_before(student: Student) -> bool:
    """Whether the last change of the student's phone was told to anything but the new phone."""
    user = account_of(student)
    rows = changes_of(user.id, clock.now() - REMEMBERED) if user is not None else ()
    return bool(rows and (rows[0].told or contacts.first_by_school(rows[0])))


def message_items(user_id: int | None) -> list[Item]:
    """What the account was to be told last: subject, when, and what became of it (NTF-05)."""
    return [
        Item(
            notice.subject, hint=holds.moment(notice.created_at), end=chip(reach.label, reach.chip)
        )
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
