"""What pages show of students: restrictions and where they stand, traces, likely second records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts import contacts, holds
from app.accounts.models import ContactChange
from app.codes import queries as codes
from app.core import clock, mail, sms
from app.core.db import db
from app.core.names import name_key
from app.fab.columns import Item
from app.fab.once import once
from app.fab.shown import chip
from app.notices.reached import lately
from app.people import fields, naming
from app.people.models import (
    RESTRICTION_KINDS,
    College,
    Major,
    Restriction,
    RestrictionState,
    Student,
)
from app.people.queries import changes_of, restrictions_for, students_for
from app.people.ways_in import account_of
from app.settings.queries import settings
from app.workflow import trail
from app.workflow.actor import Actor
from app.workflow.models import Trail


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
            RESTRICTION_KINDS[row.kind], url_for("RestrictionsView.show", pk=row.id), days_of(row),
            (row.reason,), standing_chip(row.span),
        )
        for row in rows
    ]  # fmt: skip


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

EMPLOYER_LABELS = {
    "credit_code": _l("Credit code"), "name": _l("Name of the employer"), "kind": _l("Nature"),
    "industry": _l("Industry"), "location": _l("Location"), "address": _l("Postal address"),
    "postcode": _l("Postcode"), "contact_name": _l("Signing contact"), "email": _l("E-mail"),
    "contact_phone": _l("Telephone"), "archive_to": _l("Forward the archive to"),
    "household_address": _l("Household address"),
}  # fmt: skip


def record_trace(student_id: int) -> list[trail.Line]:
    """What was done to a student's record, the newest first; of corrections what from and what to."""
    return trail.shown("student", student_id)


def employer_trace(employer_id: int) -> list[trail.Line]:
    """The same of an employer."""
    return trail.shown("employer", employer_id)


def called_before(*, student_id: int | None = None, employer_id: int | None = None) -> str:
    """The former names as one line with the days they were given up; empty where there are none."""
    found = naming.former_names(student_id=student_id, employer_id=employer_id)
    names = [
        _("%(name)s (until %(day)s)", name=name, day=clock.local(until).date())
        for name, until in found
    ]
    return _("Formerly: %(names)s", names=_(", ").join(names)) if names else ""


CHANNELS = {mail.SMS: _l("Phone"), mail.MAIL: _l("E-mail"), contacts.RESET: _l("Sign-in reset")}


def change_items(student: Student) -> list[Item]:
    """What was changed of the student's ways in during the last 90 days, the newest first (ACC-15)."""
    user, now = account_of(student), clock.now()
    rows = changes_of(user, now - contacts.REMEMBERED) if user is not None else ()
    return [_change_item(row, now) for row in rows]


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


def message_items(user_id: int | None) -> list[Item]:
    """What the account was to be told last: subject, when, and what became of it (NTF-05)."""
    return [
        Item(
            notice.subject, hint=holds.moment(notice.created_at), end=chip(reach.label, reach.chip)
        )
        for notice, reach in (lately(user_id) if user_id else ())
    ]


def unreached() -> ColumnElement[bool]:
    """The students whom no message reaches: neither e-mail nor phone is on record (NTF-05)."""
    return and_(func.coalesce(Student.email, "") == "", Student.phone_index.is_(None))


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


def _changed(labels: Mapping[str, Any]) -> trail.Note:
    """What was changed from what to what, of the fields that have labels."""

    def note(row: Trail) -> str:
        changed = row.details.get("changed", {})
        return _("; ").join(
            _("%(field)s: %(old)s → %(new)s", field=labels[name], old=_value(name, old),
              new=_value(name, new))
            for name, (old, new) in changed.items() if name in labels
        )  # fmt: skip

    return note


trail.NOTES["student"].append(_changed(LABELS))
trail.NOTES["employer"].append(_changed(EMPLOYER_LABELS))


CODES = fields.TABLES | {"kind": "dwxz", "industry": "dwhy"}
PARTS = {"college_id": College, "major_id": Major}


def _value(field: str, value: Any) -> str:
    """A fact of the trail in words; personal numbers are masked there."""
    if value in (None, ""):
        return "–"
    if field in CODES:
        return codes.name(CODES[field], value) or str(value)
    if field in ("origin", "location"):
        return codes.region_name(value) or str(value)
    part = db.session.get(PARTS[field], int(value)) if field in PARTS else None
    return str(part or value)


def likely_twins() -> ColumnElement[bool]:
    """The students of whom the school seems to have a second record (ADM-02)."""
    other = aliased(Student)
    return or_(*(_same(other, how) for how in _alike(Student, other)))


def twins_of(student: Student, who: Actor) -> list[Student]:
    """The other records that are likely the same person, at most ten."""
    how = or_(*_alike(student, Student))
    here = (Student.school_id == student.school_id, Student.id != student.id)
    return list(db.session.scalars(students_for(who).where(*here, how).limit(10)))


def _same(other: Any, how: ColumnElement[bool]) -> ColumnElement[bool]:
    here = (other.school_id == Student.school_id, other.id != Student.id)
    return select(other.id).where(*here, how).exists()


def _alike(one: Any, other: Any) -> list[ColumnElement[bool]]:
    """What two records of one person have in common: each served by an index.

    What a record lacks it has in common with nobody.
    """
    numbers = ("phone_index", "examinee_no")
    known = [(getattr(other, name), getattr(one, name)) for name in numbers]
    document = and_(
        other.id_number_index == one.id_number_index,
        other.id_kind == one.id_kind,
        or_(other.id_country == one.id_country, other.id_country == "", one.id_country == ""),
    )
    return [
        *([document] if one is Student or one.id_number_index else []),
        *(theirs == mine for theirs, mine in known if one is Student or mine),
        and_(
            _same_name(one, other),
            other.graduation_year == one.graduation_year,
            other.major_id == one.major_id,
        ),
    ]


def _same_name(one: Any, other: Any) -> ColumnElement[bool]:
    mine = func.lower(one.name) if one is Student else name_key(one.name)
    same: ColumnElement[bool] = func.lower(other.name) == mine
    return same


def restricted_so(students: Sequence[Student], **values: Any) -> dict[int, int]:
    """Those students who have a restriction of exactly these values in force: student → restriction."""
    wanted = select(Restriction.student_id, Restriction.id).where(
        Restriction.student_id.in_([student.id for student in students]),
        Restriction.state == RestrictionState.SET,
        *(getattr(Restriction, name) == value for name, value in values.items()),
    )
    return dict(db.session.execute(wanted).tuples().all())
