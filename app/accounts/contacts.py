"""The phones and addresses of an account, the former too: who is told, what may prove (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, select

from app.accounts.hooks import CONTACTS, PHONES
from app.accounts.models import AppUser, ContactChange
from app.core import clock, mail
from app.core.db import db
from app.workflow.actor import Actor, Role

REMEMBERED = timedelta(days=90)  # a former phone or address is told of what happens, for so long


def note_change(
    user: AppUser,
    channel: str,
    old: str | None,
    new: str | None,
    source: str,
    actor: Actor,
    *,
    reason: str = "",
    held_until: datetime | None = None,
    import_id: int | None = None,
) -> ContactChange:
    """Keep that an address was replaced. Not committed; telling both is the caller's.

    `channel` is ``sms`` or ``mail``, `source` ``staff``, ``file`` or ``self``. Until `held_until` the new
    one proves no act.
    """
    row = ContactChange(
        uid=uuid4().hex, user_id=user.id, channel=channel, source=source, reason=reason,
        actor_id=actor.user_id, actor_role=actor.role.value, actor_name=actor.name,
        import_id=import_id, at=clock.now(), held_until=held_until,
    )  # fmt: skip
    row.old, row.new = old, new
    db.session.add(row)
    db.session.flush()
    return row


def hold_of(user: AppUser, now: datetime) -> ContactChange | None:
    """The change by staff or file that keeps this account from acting at that moment, or None (ACC-15)."""
    return db.session.scalars(
        select(ContactChange)
        .where(
            ContactChange.user_id == user.id,
            or_(ContactChange.held_until > now, ContactChange.disputed_at.is_not(None)),
            ContactChange.confirmed_at.is_(None),
            ContactChange.undone_at.is_(None),
        )
        .order_by(ContactChange.held_until.desc().nulls_last())
        .limit(1)
    ).first()


def reach(user: AppUser, now: datetime) -> list[tuple[str, str]]:
    """Every (channel, address) that is, or within 90 days was, the person's: all of them are told."""
    return reach_all([user], now)[user.id]


def reach_all(users: Sequence[AppUser], now: datetime) -> dict[int, list[tuple[str, str]]]:
    """The same for many accounts, by their ids."""
    found = {user.id: dict.fromkeys(_present(user)) for user in users}
    rows = db.session.scalars(
        select(ContactChange).where(
            ContactChange.user_id.in_(list(found)),
            or_(ContactChange.at > now - REMEMBERED, ContactChange.undone_at > now - REMEMBERED),
        )
    )
    for row in rows:
        for address in (row.old, row.new):
            if address:
                found[row.user_id][(row.channel, address)] = None
    return {key: list(addresses) for key, addresses in found.items()}


def _present(user: AppUser) -> list[tuple[str, str]]:
    contact = CONTACTS.get(Role(user.role or ""), lambda _user: None)(user)
    phone = PHONES.get(Role(user.role or ""), lambda _user: None)(user)
    found = [contact] if contact else []
    if phone:
        found.append((mail.SMS, phone))
    if user.email and not user.email.endswith("@invalid"):
        found.append((mail.MAIL, user.email))
    return found
