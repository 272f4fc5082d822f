"""Where a person is reached: the phones and mails on record now, and those of the last 90 days (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.core import mail, sms
from app.core.db import db
from app.core.registry import stores

REMEMBERED = timedelta(days=90)  # a former phone or address is told of what happens, for so long
RESET = "reset"  # the channel of a first sign-in that staff reset: no address changed


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
