"""A changed way in proves no act for a time: the hold, and who may lift it (ACC-15).

Whoever is held reads everything and binds itself to nothing. The old phone, the mail that was the
person's before, the campus sign-in or a second person of the next level says that the change is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import contacts, reach
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.core import clock, mail, sms
from app.core.db import db, remembered
from app.core.errors import NotYours, Refused
from app.core.registry import stores
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow

OLD_PHONE, MAIL, CAMPUS, SECOND = "old_phone", "mail", "campus", "second_person"
KINDS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def not_held(actor: Actor, now: datetime) -> str | None:
    """While a way in that staff changed is held, its account reads, and binds itself to nothing (ACC-15)."""
    if (user_id := actor.user_id) is None:
        return None
    # a step that is taken in the course of another one's asks at the same moment
    found = remembered(("held", user_id, now), lambda: contacts.holds_of(user_id, now))
    return sentence(found[0]) if found else None


def sentence(row: ContactChange) -> str:
    """Why nothing can be signed now, until when, and the ways out."""
    what = {
        reach.RESET: _("Staff reset this account's sign-in."),
        mail.MAIL: _("Staff changed this account's e-mail."),
    }.get(row.channel, _("Staff changed this account's phone."))
    return _(
        "%(what)s Until %(until)s you can read everything, but sign, agree and apply for nothing. "
        "It can go on at once if you confirm the change on the page “My sign-in”, by a code to "
        "the old phone or the e-mail you had before; or ask your school for a second person.",
        what=what,
        until=moment(row.held_until),
    )


def moment(at: datetime | None) -> str:
    """A moment as pages write it."""
    return clock.local(at).strftime("%Y-%m-%d %H:%M") if at else "–"


@dataclass(frozen=True)
class ProofWay:
    """How the person can prove itself: the name, where a code goes, and that as pages show it."""

    name: str
    channel: str
    address: str
    shown: str


def ways(row: ContactChange, user: AppUser) -> list[ProofWay]:
    """The contacts that may answer for a held change: none that came with it."""
    found = []
    if row.channel == reach.RESET:
        found = [(OLD_PHONE, *pair) for pair in reach.present(user) if pair[0] == mail.SMS][:1]
    elif old := contacts.before(row):
        found = [(OLD_PHONE if row.channel == mail.SMS else MAIL, row.channel, old)]
    own = None if row.source == contacts.MERGE else contacts.own_mail(user, row.at)
    if own and all(way[2] != own for way in found):
        found.append((MAIL, mail.MAIL, own))
    phone = contacts.own_phone(user, row.at) if row.channel == mail.MAIL else None
    if phone:
        found.append((OLD_PHONE, mail.SMS, phone))
    mask = vars(ContactChange)["old"].mask
    return [
        ProofWay(name, channel, address, mask(address))
        for name, channel, address in found
        if channel != mail.SMS or sms.reaches(address)
    ]


def held(user: AppUser, uid: str, now: datetime) -> ContactChange:
    """The held change of that name of this account. Raises NotYours; Refused where it is no more."""
    row = db.session.scalars(
        select(ContactChange)
        .where(ContactChange.uid == uid, ContactChange.user_id == user.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotYours(f"change {uid}")
    refuse_over(row, now)
    return row


def refuse_over(row: ContactChange, now: datetime) -> None:
    """Raise Refused where the change is disowned, or no longer held."""
    if row.disputed_at is not None:
        raise Refused(
            _(
                "The person says that this change was another's hand. “Disowned” decides on it first."
            )
        )
    if row.held_until is None or row.confirmed_at or row.undone_at or row.held_until <= now:
        raise Refused(
            _("This change is no longer held: it was confirmed, undone, or its time is over.")
        )


def for_reset(user: AppUser, usual: tuple[str, str] | None) -> tuple[str, str] | None:
    """Where the code goes that sets a forgotten password: never to a changed contact alone (ACC-15).

    While the usual contact is the held one, the contact before it is asked; an account that has no
    password yet sets its first one by what is on record, and can only read. A merging changed no
    contact of the account: the other record's phone answers for the merging alone.
    """
    rows = [
        row
        for row in contacts.holds_of(user.id, clock.now())
        if (row.channel, row.new) == usual and row.source != contacts.MERGE
    ]
    if not rows or user.password is None:
        return usual
    found = ways(rows[0], user)
    return (found[0].channel, found[0].address) if found else None


def record_of(user: AppUser) -> tuple[Workflow[Any], int]:
    """The table and the id of the student or employer of an account. Raises NotYours for others."""
    kind = KINDS.get(Role(user.role or ""))
    key = user.student_id if kind == "student" else user.employer_id
    if kind is None or key is None:
        raise NotYours(f"account {user.id}")
    return stores().workflows[kind], key


def back_words(record: Any) -> tuple[str, str]:
    """Subject and body of what is told when a change is taken back."""
    return _("A change of your sign-in was taken back"), _(
        "The changed way in of %(name)s was taken back: the former one counts again, and what was set "
        "through the changed one is void. If you have no password now, set one by code.",
        name=record.name,
    )
