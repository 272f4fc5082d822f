"""The phones and addresses of an account, the former too: who is told, what may prove (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from app.accounts import beside
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.accounts.reach import has_mail, present
from app.core import clock, mail, page
from app.core.crypto import cipher
from app.core.db import db
from app.workflow.actor import Actor

STAFF, FILE, MERGE, SELF = "staff", "file", "merge", "self"  # by whose hand
OWN_WORD = ("old_phone", "campus", SELF)  # the person itself said that a change is right


def note_change(row: ContactChange) -> ContactChange:
    """Keep a change, as `changed` describes it. Not committed; telling both sides is the caller's."""
    db.session.add(row)
    db.session.flush()
    return row


def changed(
    user: AppUser,
    channel: str,
    old: str | None,
    new: str | None,
    source: str,
    actor: Actor,
    *,
    at: datetime | None = None,
    reason: str = "",
    held_until: datetime | None = None,
    import_id: int | None = None,
) -> ContactChange:
    """That an address is replaced, in no session yet.

    `channel` is ``sms``, ``mail`` or ``reset``, `source` ``staff``, ``file``, ``merge`` or ``self``.
    Until `held_until` the new one proves no act. Of a reset: note it before the password goes.
    """
    row = ContactChange(
        uid=uuid4().hex,
        user_id=user.id,
        channel=channel,
        source=source,
        reason=reason[:200],
        actor_id=actor.user_id,
        actor_role=actor.role.value,
        actor_name=actor.name,
        import_id=import_id,
        at=at or clock.now(),
        held_until=held_until,
        password_digest=password_digest(user),
    )
    row.old, row.new = old, new
    return row


def password_digest(user: AppUser) -> bytes | None:
    """What tells whether the password is still the one it was; None where there is none."""
    return cipher().blind_index("password", user.password) if user.password else None


def hold_of(user: AppUser, now: datetime) -> ContactChange | None:
    """The change by staff or file that keeps this account from acting at that moment, or None (ACC-15)."""
    return next(iter(holds_of(user.id, now)), None)


@page.once
def _all_of(user_id: int) -> Sequence[ContactChange]:
    """Everything that was changed of an account's ways in, the newest first: a handful."""
    if beside.of_asker(user_id) and not beside.ask("changed"):
        return ()
    mine = select(ContactChange).where(ContactChange.user_id == user_id)
    return db.session.scalars(mine.order_by(ContactChange.id.desc())).all()


def is_changed(who: Actor) -> Any:
    """Whether anything was ever changed of the person asking, as `beside` asks it."""
    return select(ContactChange.id).where(ContactChange.user_id == who.user_id).exists()


def holds_of(user_id: int, now: datetime) -> Sequence[ContactChange]:
    """All of them, the one that lasts longest first."""
    held = [
        row
        for row in _all_of(user_id)
        if row.confirmed_at is None and row.undone_at is None
        if row.disputed_at is not None or (row.held_until is not None and row.held_until > now)
    ]
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return sorted(held, key=lambda row: row.held_until or never, reverse=True)


def before(row: ContactChange) -> str | None:
    """The address that answers for a change: the one it replaced, if that was the person's.

    One that came itself by a change that was disowned, taken back or held still is not: the one before
    it is. What the old phone or the campus sign-in confirmed was the person's.
    """
    address = row.old
    for earlier in db.session.scalars(
        select(ContactChange)
        .where(
            ContactChange.user_id == row.user_id,
            ContactChange.channel == row.channel,
            ContactChange.source != MERGE,
            ContactChange.id < row.id,
        )
        .order_by(ContactChange.id.desc())
    ):
        if earlier.new == address and _doubtful(earlier, row.at):
            address = earlier.old
    return address


def _doubtful(row: ContactChange, at: datetime) -> bool:
    if row.confirmed_by in OWN_WORD:
        return False
    if first_by_school(row):
        return True
    held = row.confirmed_at is None and row.held_until is not None and row.held_until > at
    return held or row.disputed_at is not None or row.undone_at is not None


def first_by_school(row: ContactChange) -> bool:
    """Whether staff or a file entered a first mail: no change, so not held, and proof of nothing (ACC-15)."""
    return row.channel == mail.MAIL and row.source in (STAFF, FILE) and row.held_until is None


def adopt(user: AppUser, now: datetime) -> None:
    """At its first sign-in the person kept the mail that staff had entered: it is its own. Not committed."""
    for row in db.session.scalars(
        select(ContactChange).where(
            ContactChange.user_id == user.id,
            ContactChange.channel == mail.MAIL,
            ContactChange.confirmed_at.is_(None),
            ContactChange.held_until.is_(None),
            ContactChange.source.in_((STAFF, FILE)),
        )
    ):
        if row.new == user.email:
            row.confirmed_at, row.confirmed_by, row.confirmer_id = now, SELF, user.id


def used(user: AppUser) -> bool:
    """Whether anybody has signed in to the account or can by a password of its own."""
    return user.password is not None or bool(user.login_count)


def own_phone(user: AppUser, since: datetime) -> str | None:
    """The phone that was the person's before that moment, and still is, where texts reach it."""
    phone = next((address for channel, address in present(user) if channel == mail.SMS), None)
    return phone if phone and _is_own(user, mail.SMS, phone, since) else None


def own_mail(user: AppUser, since: datetime) -> str | None:
    """The mail address that was the person's before that moment, and still is; None without one."""
    return user.email if has_mail(user) and _is_own(user, mail.MAIL, user.email, since) else None


def _is_own(user: AppUser, channel: str, address: str, since: datetime) -> bool:
    """No change at or after the moment, and none that brought the address and was in doubt then."""
    rows = db.session.scalars(
        select(ContactChange).where(
            ContactChange.user_id == user.id,
            ContactChange.channel == channel,
            ContactChange.source != MERGE,
        )
    )
    return not any(
        row.at >= since or (row.new == address and _doubtful(row, since)) for row in rows
    )


def changes_of(user_id: int, since: datetime) -> Sequence[ContactChange]:
    """What was changed of an account's ways in since then, the newest first."""
    return [row for row in _all_of(user_id) if row.at >= since][:20]


def others(addresses: Sequence[tuple[str, str]], new: str | None) -> int:
    """How many of the contacts that are told did not come with the change."""
    return sum(address != new for _channel, address in addresses)
