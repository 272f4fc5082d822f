"""A changed way in of a student or employer is taken back, with all that was opened through it (ACC-15)."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import (
    code_voiding,
    contacts,
    hold_confirming,
    holds,
    reach,
    security_log,
    warnings,
)
from app.accounts.contact_models import ContactChange
from app.accounts.holds import back_words
from app.accounts.identifiers import email_taken, identify_if_free
from app.accounts.living_sessions import end_all_sessions
from app.accounts.models import AppUser
from app.accounts.one_mail import end_what_was_opened, read_anew, write_mail
from app.accounts.queries import actor_of
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Refused
from app.people.students.models import Student
from app.workflow.actor import Actor
from app.workflow.engine import committed
from app.workflow.locks import lock_row


def undo(row: ContactChange, who: Actor, reason: str) -> None:
    """Take a held change back, with all that was opened through it, and commit (ACC-15).

    Raises NotYours, Refused where it is held no longer or another came after it, Invalid for the reason.
    """

    def act() -> None:
        user = db.session.get_one(AppUser, row.user_id)
        flow, key = holds.record_of(user)
        flow.find(key, who)
        lock_row(flow.model, key)
        _give_back(row, user, who, reason)

    committed(act)


def undo_by_code(user: AppUser, uid: str, name: str, code: str) -> None:
    """The old phone, or the mail of before, says no: the change is taken back; commit (ACC-15)."""

    def act() -> None:
        row = hold_confirming.prove(user, uid, name, code)
        who = actor_of(user, factor="mail" if name == holds.MAIL else "sms")
        _give_back(row, user, who, "")

    committed(act)


def _give_back(row: ContactChange, user: AppUser, who: Actor, reason: str) -> None:
    flow, key = holds.record_of(user)
    record = db.session.get_one(flow.model, key)
    db.session.refresh(row)
    holds.held(user, row.uid, clock.now())
    if row.source == contacts.MERGE:
        raise Refused(_("Merged records cannot be taken apart. Restrict the student, and call it."))
    own = who.user_id == user.id
    flow.apply("undo_contact" if own else "undo_contact_office", key, who, reason=reason)
    # the codes first: whoever sets a password by one at this moment has done so before it is looked at
    code_voiding.void(f"user:{user.id}", f"student:{user.student_id}")
    end_all_sessions(user.id)
    read_anew([user.id])
    if row.channel == mail.SMS:
        _phone_back(row, user, record)
    elif row.channel == mail.MAIL:
        _mail_back(row, user, record)
    row.undone_at = clock.now()
    end_what_was_opened(row, user, record)
    security_log.note("change_undone", user=user, who=who)
    db.session.flush()
    warnings.warn(user, f"undo:{row.uid}", *back_words(record), who=who)


def _phone_back(row: ContactChange, user: AppUser, record: object) -> None:
    """The former phone is on record again. Raises Refused where that is not possible any more."""
    field = "phone" if isinstance(record, Student) else "contact_phone"
    if getattr(record, field) != row.new:
        raise Refused(_("The phone was changed again since. Undo the later change first."))
    if isinstance(record, Student) and row.old:
        same = (
            Student.school_id == record.school_id,
            Student.id != record.id,
            Student.phone_index == Student.phone.index(row.old),
        )
        if db.session.scalar(select(Student.id).where(*same).limit(1)) is not None:
            raise Refused(_("Another student of this school has the former phone by now."))
    setattr(record, field, row.old)
    if isinstance(record, Student):
        identify_if_free(user, "phone", row.old or "")


def _mail_back(row: ContactChange, user: AppUser, record: object) -> None:
    """The former e-mail is on record again, unless it is another's by now. Raises Refused."""
    if (user.email if reach.has_mail(user) else None) != row.new:
        raise Refused(_("The e-mail was changed again since. Undo the later change first."))
    taken = row.old is not None and email_taken(row.old, but=user.id)
    write_mail(user, record, None if taken else row.old)
