"""The phones and addresses of an account, the former too: who is told, what may prove (ACC-15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select

from app.accounts import beside
from app.accounts.models import AppUser, ContactChange
from app.accounts.queries import identify, identify_all, identify_if_free
from app.core import clock, mail, page, sms
from app.core.crypto import cipher
from app.core.db import db
from app.core.registry import stores
from app.workflow.actor import Actor, Role

REMEMBERED = timedelta(days=90)  # a former phone or address is told of what happens, for so long
RESET = "reset"  # the channel of a first sign-in that staff reset: no address changed
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


def reach(user: AppUser, now: datetime) -> list[tuple[str, str]]:
    """Every (channel, address) that is, or within 90 days was, the person's: all of them are told."""
    return reach_all([user], now)[user.id]


def reach_all(users: Sequence[AppUser], now: datetime) -> dict[int, list[tuple[str, str]]]:
    """The same for many accounts, by their ids."""
    found = {user.id: dict.fromkeys(present(user)) for user in users}
    rows = db.session.scalars(
        select(ContactChange).where(
            ContactChange.user_id.in_(list(found)),
            ContactChange.channel != RESET,
            or_(ContactChange.at > now - REMEMBERED, ContactChange.undone_at > now - REMEMBERED),
        )
    )
    for row in rows:
        for address in (row.old, row.new):
            if address and (row.channel != mail.SMS or sms.reaches(address)):
                found[row.user_id][(row.channel, address)] = None
    return {key: list(addresses) for key, addresses in found.items()}


def has_mail(user: AppUser) -> bool:
    """Whether the account has a mail address; files give a placeholder."""
    return bool(user.email) and not user.email.endswith("@invalid")


def present(user: AppUser) -> list[tuple[str, str]]:
    """The (channel, address) pairs on record now."""
    role = user.role or ""
    of_contact, of_phone = stores().contacts.get(role), stores().phones.get(role)
    contact = of_contact(user) if of_contact else None
    phone = of_phone(user) if of_phone else None
    found = [contact] if contact else []
    if phone:
        found.append((mail.SMS, phone))
    if has_mail(user):
        found.append((mail.MAIL, user.email))
    return found


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


def changes_of(user: AppUser, since: datetime) -> Sequence[ContactChange]:
    """What was changed of an account's ways in since then, the newest first."""
    return [row for row in _all_of(user.id) if row.at >= since][:20]


def others(addresses: Sequence[tuple[str, str]], new: str | None) -> int:
    """How many of the contacts that are told did not come with the change."""
    return sum(address != new for _channel, address in addresses)


def read_anew(users: Sequence[int]) -> None:
    """The accounts as they are behind the locks, for changing them."""
    wanted = select(AppUser).where(AppUser.id.in_(users)).order_by(AppUser.id)
    again = wanted.with_for_update(key_share=True, of=AppUser)
    db.session.scalars(again.execution_options(populate_existing=True)).all()


def end_what_was_opened(row: ContactChange, user: AppUser, record: Any) -> None:
    """A password, a first sign-in, a mail that came since the change are none."""
    if password_digest(user) != row.password_digest:
        user.password = None
    if user.role == Role.STUDENT:
        record.verified_at = None
    later = db.session.scalars(
        select(ContactChange)
        .where(
            ContactChange.user_id == user.id,
            ContactChange.channel == mail.MAIL,
            ContactChange.source == SELF,
            ContactChange.at >= row.at,
            ContactChange.undone_at.is_(None),
        )
        .order_by(ContactChange.id)
    ).all()
    for change in later:
        change.undone_at = clock.now()
    if later:
        write_mail(user, record, later[0].old)


def write_mail(user: AppUser, record: Any, email: str | None) -> None:
    """Account, record and sign-in have the same address; without one the account has its placeholder."""
    user.email = email or f"{record.uid}@invalid"
    student = user.role == Role.STUDENT
    record.email = email if student else email or ""
    write: Callable[..., None] = identify if student else identify_if_free
    write(user, "email", email or "")


def write_mails(pairs: Sequence[tuple[AppUser, Any]]) -> None:
    """Accounts and sign-ins of many have the e-mails of their records; nothing is taken from another account.

    Raises IntegrityError where another account has an address. Not committed.
    """
    for user, student in pairs:
        user.email = student.email or f"{student.uid}@invalid"
    db.session.flush()
    identify_all("email", {user.id: student.email for user, student in pairs})
