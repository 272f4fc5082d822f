"""What pages show of the warnings of an account: what, when, to which masked contacts (NTF-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.accounts.models import AccountWarning, AppUser
from app.accounts.warnings import told_lately
from app.core import mail
from app.core.db import db
from app.fab.presentation import chip, moment

CHANNELS = {mail.SMS: _l("text message"), mail.MAIL: _l("mail")}
FATES = {
    "sent": (_l("sent"), "done"),
    "waiting": (lazy_pgettext("message", "waiting"), "waiting"),
    "failed": (_l("failed; it is tried again"), "refused"),
    "given_up": (_l("failed; given up"), "refused"),
}


@dataclass(frozen=True)
class Told:
    """One event: its text and moment, whether it was disowned, and a line for each contact."""

    subject: str
    at: str
    disowned: str
    contacts: list[tuple[str, Any]]
    nobody: str = ""


def told_of(user_id: int | None, most: int = 10) -> list[Told]:
    """The last events that every contact of the account was told of, the newest first."""
    return [_told(event, rows) for event, rows in told_lately(user_id or 0, most)]


def _told(event: AccountWarning, messages: list[Any]) -> Told:
    return Told(
        subject=event.subject,
        at=moment(event.at),
        disowned=_("disowned on %(at)s", at=moment(event.used_at)) if event.used_at else "",
        contacts=[
            (f"{CHANNELS.get(m.channel, m.channel)} {m.address_masked}", chip(*FATES[m.fate]))
            for m in messages
        ],
        nobody="" if event.told else _("Nobody could be told: no phone or address is known."),
    )


def frozen_since(user_id: int | None) -> str:
    """Since when the account is frozen; empty where it is not."""
    user = db.session.get(AppUser, user_id) if user_id else None
    return moment(user.frozen_at) if user is not None and user.frozen_at else ""
