"""Which account stays after a merge, how it is reached, and who is told (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, text

from app.accounts import code_voiding, contacts, holds, reach, security_log, warnings
from app.accounts.living_sessions import end_all_sessions
from app.accounts.models import AppUser, Identifier
from app.core import clock, mail, sms
from app.core.db import db
from app.people.students.effects import identify_by_records, open_accounts
from app.people.students.models import Student
from app.people.students.queries import account_of
from app.settings.queries import hold_until
from app.workflow.actor import Actor


def join_accounts(keep: Student, gone: Student, actor: Actor, reason: str, *, proved: bool) -> None:
    """The kept record's own account stays, with its own ways in; the other is closed; both are told.

    Unless the student proved to be both, the kept account is held where the other phone is not its own:
    for whoever had the second record this is a change of phone.
    """
    open_accounts("s.id = :id", id=keep.id)
    mine, theirs = account_of(keep), account_of(gone)
    assert mine is not None
    now = clock.now()
    old = reach.reach(theirs, now) if theirs is not None else pairs(gone.phone, gone.email)
    if theirs is not None:
        close(theirs)
        theirs.student_id = None
        _hand_over_notices(theirs, mine)
    db.session.flush()
    identify_by_records({keep.id: mine.id})
    one_phone = gone.phone is not None and gone.phone == keep.phone
    until = None if proved or one_phone else hold_until(keep.school_id, now)
    if not one_phone:
        contacts.note_change(
            contacts.changed(
                mine,
                mail.SMS,
                gone.phone,
                keep.phone,
                contacts.MERGE,
                actor,
                reason=reason,
                held_until=until,
            )
        )
    for channel, address in old:
        if channel == mail.MAIL and address != mine.email:
            contacts.note_change(
                contacts.changed(mine, mail.MAIL, address, mine.email, contacts.MERGE, actor)
            )
    security_log.note("merged", user=mine, who=actor, gone=gone.id)
    tell_both(mine, keep, gone, actor, old, until)


def pairs(phone: str | None, email: str | None) -> list[tuple[str, str]]:
    """What a record without an account says of how it is reached: (channel, address)."""
    text = phone if phone and sms.reaches(phone) else ""
    found = [(mail.SMS, text), (mail.MAIL, email or "")]
    return [(channel, address) for channel, address in found if address]


def tell_both(
    user: AppUser,
    keep: Any,
    gone: Any,
    actor: Actor,
    also: Sequence[tuple[str, str]],
    until: datetime | None = None,
) -> None:
    """Both sides' phones and mails are told."""
    held = (
        _(" Until %(until)s nothing can be signed with it.", until=holds.moment(until))
        if until
        else ""
    )
    body = _(
        "%(who)s of %(school)s has merged two records of %(name)s: the account of the record %(gone)s is "
        "closed, that of %(kept)s goes on with the contacts it had. If these are not one and the "
        "same, call the employment office at once.",
        who=actor.name,
        school=keep.school.name,
        name=keep.name,
        gone=_number(gone),
        kept=_number(keep),
    )
    key = f"merge:{keep.__tablename__}:{gone.id}:{keep.id}"
    warnings.warn(user, key, _("Two records became one"), body + held, also=also, who=actor)


def _number(record: Any) -> str:
    return str(record.student_no if isinstance(record, Student) else record.credit_code)


def close(user: AppUser) -> None:
    """The account opens no more, by nothing. Not committed."""
    user.active = False
    end_all_sessions(user.id)
    code_voiding.void(f"user:{user.id}", f"student:{user.student_id}")
    db.session.execute(delete(Identifier).where(Identifier.user_id == user.id))
    db.session.flush()


def _hand_over_notices(theirs: AppUser, mine: AppUser) -> None:
    db.session.execute(
        text(
            "UPDATE notice n SET user_id = :mine WHERE user_id = :theirs AND NOT EXISTS"
            " (SELECT 1 FROM notice o WHERE o.user_id = :mine AND o.key = n.key)"
        ),
        {"mine": mine.id, "theirs": theirs.id},
    )
