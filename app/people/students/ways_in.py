"""A student's phone, mail and first sign-in changed by staff: told to old and new, and held (ACC-15).

`accounts.holds` says who lifts the hold; `contacts.workflow` takes a change back.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.accounts import code_voiding, contacts, holds, reach, security_log, warnings
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import STAFF, others
from app.accounts.identifiers import identify_if_free
from app.accounts.living_sessions import end_all_sessions
from app.accounts.models import AppUser
from app.accounts.one_mail import write_mail
from app.accounts.reach import RESET
from app.core import mail
from app.people.students.models import Student
from app.people.students.queries import account_of, code_contact
from app.settings.queries import hold_until
from app.workflow.actor import Actor
from app.workflow.steps import Change


def no_change_held(student: Student, _actor: Actor, now: datetime) -> str | None:
    """A sign-in is never reset in the same breath as a way in was changed (ACC-15)."""
    return _held(student, now, mail.SMS, mail.MAIL)


def nothing_else_held(student: Student, _actor: Actor, now: datetime) -> str | None:
    """An e-mail is never changed in the same breath as the phone or the sign-in was (ACC-15)."""
    return _held(student, now, RESET, mail.SMS)


def no_reset_held(student: Student, _actor: Actor, now: datetime) -> str | None:
    """A phone is never changed in the same breath as the sign-in was reset (ACC-15)."""
    return _held(student, now, RESET)


def _held(student: Student, now: datetime, *channels: str) -> str | None:
    user = account_of(student)
    for row in contacts.holds_of(user.id, now) if user is not None else ():
        if row.channel in channels:
            return _(
                "%(who)s changed this student's way in a short time ago. Until %(until)s, or until it "
                "is confirmed or undone, nothing else of the sign-in can be changed.",
                who=row.actor_name,
                until=holds.moment(row.held_until),
            )
    return None


def phone_changed(change: Change, user: AppUser, student: Student, old: str | None) -> None:
    """Codes and sessions end, the new phone is to be confirmed and held, old and new are told."""
    identify_if_free(user, "phone", student.phone or "")
    code_voiding.void(f"user:{user.id}", f"student:{student.id}")
    end_all_sessions(user.id)
    student.verified_at = None
    row = contacts.note_change(
        contacts.changed(
            user,
            mail.SMS,
            old,
            student.phone,
            STAFF,
            change.actor,
            reason=change.reason,
            held_until=hold_until(student.school_id, change.now),
        )
    )
    change.details["held_until"] = row.held_until.isoformat() if row.held_until else ""
    security_log.note("phone_changed", user=user, who=change.actor, phone=student.phone_masked)
    row.told = others(reach.reach(user, change.now), student.phone)
    warnings.warn(user, change.key, *phone_words(student, row), who=change.actor)


def phone_words(student: Student, row: ContactChange) -> tuple[str, str]:
    """Subject and body of what a changed phone is told in."""
    return _("The phone of your account was changed"), _(
        "%(school)s changed the phone on record of %(name)s to %(phone)s. If you did not ask for it, "
        "call the employment office at once. Until %(until)s the new phone can sign nothing.",
        school=student.school.name,
        name=student.name,
        phone=student.phone_masked or "–",
        until=holds.moment(row.held_until),
    )


def mail_changed(change: Change, user: AppUser, student: Student, old: str | None) -> None:
    """Staff wrote the student's e-mail: told to old and new and held; a first one of nobody's yet is not.

    What is entered before anybody used the account takes nothing from anybody; the trail has it, and it
    proves nothing until the person has kept it at its first sign-in (ACC-15). Whose codes go there
    confirms it anew (ACC-13).
    """
    old = user.email if reach.has_mail(user) else old
    write_mail(user, student, student.email)
    first = old is None and not contacts.used(user)
    row = contacts.note_change(
        contacts.changed(
            user,
            mail.MAIL,
            old,
            student.email,
            STAFF,
            change.actor,
            reason=change.reason,
            held_until=None if first else hold_until(student.school_id, change.now),
        )
    )
    security_log.note("mail_set" if first else "mail_changed", user=user, who=change.actor)
    if first:
        return
    change.details["held_until"] = row.held_until.isoformat() if row.held_until else ""
    code_voiding.void(f"user:{user.id}", f"student:{student.id}")
    end_all_sessions(user.id)
    contact = code_contact(student, user)
    if contact is None or contact[0] == mail.MAIL:
        student.verified_at = None
    row.told = others(reach.reach(user, change.now), student.email)
    warnings.warn(user, change.key, *mail_words(student, row), who=change.actor)


def mail_words(student: Student, row: ContactChange) -> tuple[str, str]:
    """Subject and body of what a changed e-mail is told in."""
    return _("The e-mail of your account was changed"), _(
        "%(school)s changed the e-mail on record of %(name)s to %(email)s. If you did not ask for it, "
        "call the employment office at once. Until %(until)s nothing can be signed.",
        school=student.school.name,
        name=student.name,
        email=row.new_masked or "–",
        until=holds.moment(row.held_until),
    )


def first_sign_in_reset(change: Change, user: AppUser, student: Student) -> None:
    """No password, session or code is left; all contacts are told, and what follows is held.

    An account that nobody has used loses nothing: it is not held.
    """
    used = user.password is not None or student.verified_at is not None
    if used:
        contacts.note_change(
            contacts.changed(
                user,
                RESET,
                None,
                None,
                STAFF,
                change.actor,
                reason=change.reason,
                held_until=hold_until(student.school_id, change.now),
            )
        )
    code_voiding.void(f"user:{user.id}", f"student:{student.id}")
    end_all_sessions(user.id)
    student.verified_at, user.password = None, None
    security_log.note("first_sign_in_reset", user=user, who=change.actor)
    said = _(
        "%(school)s has reset the sign-in of %(name)s: the password is void, and a new one is set by a "
        "code to the phone or e-mail on record. If you did not ask for it, call the employment office at "
        "once.",
        school=student.school.name,
        name=student.name,
    )
    warnings.warn(user, change.key, _("Your sign-in was reset"), said, who=change.actor)
