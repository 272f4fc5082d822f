"""What pages show of the warnings of an account: what, when, to which masked contacts (NTF-05)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.accounts.models import AppUser
from app.accounts.warning_links import told_lately
from app.accounts.warning_models import AccountWarning
from app.core import mail
from app.core.db import db
from app.fab.columns import Panel
from app.fab.presentation import chip, moment

CHANNELS = {mail.SMS: _l("text message"), mail.MAIL: _l("mail")}
FATES = {
    "sent": (_l("sent"), "done"),
    "waiting": (lazy_pgettext("message", "waiting"), "waiting"),
    "failed": (_l("failed; it is tried again"), "refused"),
    "given_up": (_l("failed; given up"), "refused"),
}


@dataclass(frozen=True)
class ToldEvent:
    """One event: its text and moment, whether it was disowned, and a line for each contact."""

    subject: str
    at: str
    disowned: str
    contacts: list[tuple[str, Any]]
    nobody: str = ""


def told_of(user_id: int | None, most: int = 10) -> list[ToldEvent]:
    """The last events that every contact of the account was told of, the newest first."""
    return [_told(event, rows) for event, rows in told_lately(user_id or 0, most)]


def _told(event: AccountWarning, messages: list[Any]) -> ToldEvent:
    return ToldEvent(
        subject=event.subject,
        at=moment(event.at),
        disowned=_("disowned on %(at)s", at=moment(event.used_at)) if event.used_at else "",
        contacts=[
            (f"{CHANNELS.get(m.channel, m.channel)} {m.address_masked}", chip(*FATES[m.fate]))
            for m in messages
        ],
        nobody="" if event.told else _("Nobody could be told: no phone or address is known."),
    )


def told_panel(account_of: Callable[[Any], int | None]) -> Panel:
    """What all contacts of the account behind a record were told, beside its fields."""

    def made(item: Any) -> list[ToldEvent] | None:
        key = account_of(item)
        return told_of(key) if key else None

    title = _l("What all contacts were told")
    return Panel(title, made=made, template="parts/told_panel.html", aside=True)


def frozen_note(user_id: int | None) -> list[tuple[str, str]]:
    """That the account is frozen, as a page's note; none where it is not."""
    return frozen_line(frozen_since(user_id))


def frozen_line(since: str) -> list[tuple[str, str]]:
    """The same of an account that is known to be frozen since then; empty: it is not."""
    text = _(
        "The account is frozen since %(at)s: a message to it was answered with “This was not me”. See "
        "“Disowned”.",
        at=since,
    )
    return [(text, "warn")] if since else []


def frozen_since(user_id: int | None) -> str:
    """Since when the account is frozen; empty where it is not."""
    user = db.session.get(AppUser, user_id) if user_id else None
    return moment(user.frozen_at) if user is not None and user.frozen_at else ""
