"""Telling a person everywhere of what happens to its account, with the link «this was not me» (INV-20).

Every phone and address that is or within 90 days was the person's is told, whatever the school's setting
for text messages; written in the transaction of the change, sent by the worker (NTF-02, NTF-05).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g, has_request_context
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import insert as plain_insert
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.accounts import security_log
from app.accounts.contacts import reach
from app.accounts.models import AccountWarning, AppUser, WarningLink
from app.accounts.queries import actor_of
from app.core import clock, mail
from app.core.db import db
from app.core.mail import Message
from app.core.text import mask_email
from app.workflow.actor import Actor

LIFE = timedelta(days=30)  # how long a link can be pressed
PATH = "/not-me/"
Contact = tuple[str, str]  # channel, address

_NEW = (
    insert(AccountWarning.__table__)
    .on_conflict_do_nothing(index_elements=["user_id", "key"])
    .returning(AccountWarning.__table__.c.id)
)


def warn(
    user: AppUser,
    key: str,
    subject: Any,
    body: Any,
    *,
    also: Iterable[Contact] = (),
    who: Actor | None = None,
    about: tuple[str, int] | None = None,
    school_id: int | None = None,
    at: datetime | None = None,
) -> int:
    """Tell every contact of the account, and `also`, of one event, once; how many were told.

    `key` names the event; a second call with it tells nobody. `subject` and `body` are texts or lazy
    translations, read in the receiver's language. `who` did it (left out: who is signed in); `about` is
    kind and id of the record that the link freezes, none where it is the account itself. `school_id`
    is the school whose staff see the delivery. Not committed. Whom nobody can reach is noted for the
    office (NTF-05).
    """
    who = who or _asking()
    with force_locale(user.locale or "zh"):
        subject, body = str(subject)[:200], str(body)
        found = _warning(user, key, subject, who, about)
        if found is None:
            return 0
        contacts = _each_once((*reach(user, clock.now()), *also))
        made = [_message(n, found, contact, subject, body) for n, contact in enumerate(contacts)]
    if not made:
        security_log.note("unreachable", user=user, who=who, outcome=security_log.FAILED, key=key)
        return 0
    db.session.execute(plain_insert(WarningLink), [link for link, _out in made])
    about_it = {"user_id": user.id, "school_id": school_id or user.school_id}
    mail.post(*(mail.Outgoing(**out, **about_it) for _link, out in made), at=at)
    warning = db.session.get_one(AccountWarning, found)
    warning.told = len(made)
    db.session.flush()
    return len(made)


def _asking() -> Actor | None:
    """Who is signed in: a stranger with a code is nobody."""
    user = g.get("user") if has_request_context() else None
    return actor_of(user) if user is not None and user.is_authenticated else None


def _warning(
    user: AppUser, key: str, subject: str, who: Actor | None, about: tuple[str, int] | None
) -> int | None:
    """The row of the event; None where it is there already."""
    db.session.flush()
    kind, record_id = about or ("", None)
    facts = {
        "user_id": user.id, "key": key, "subject": subject, "at": clock.now(),
        "record_kind": kind, "record_id": record_id,
        "actor_id": who.user_id if who else None,
        "actor_role": who.role.value if who else "", "actor_name": who.name if who else "",
    }  # fmt: skip
    return db.session.scalar(_NEW, facts)


def _each_once(contacts: Iterable[Contact]) -> list[Contact]:
    """One message an address, however it was typed."""
    found = {(channel, address.strip().lower()): address.strip() for channel, address in contacts}
    return [(channel, address) for (channel, _key), address in found.items() if address]


def _message(
    n: int, warning_id: int, contact: Contact, subject: str, body: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The link to one contact, and the message that brings it."""
    channel, address = contact
    token, key = secrets.token_urlsafe(16), f"warning:{warning_id}:{n}"
    link = {
        "digest": digest(token), "warning_id": warning_id, "channel": channel, "message_key": key,
        "address_masked": mask_email(address), "expires_at": clock.now() + LIFE,
    }  # fmt: skip
    url = f"{str(current_app.config['QINGQIAN'].base_url).rstrip('/')}{PATH}{token}"
    if channel == mail.SMS:
        text = _("%(subject)s. If this was not you, press here: %(url)s", subject=subject, url=url)
    else:
        how = _(
            "If this was not you, open this address and press the button; you need not sign in:"
        )
        text = f"{body}\n\n{how}\n{url}"
    out = {"key": key, "channel": channel, "address": address, "subject": subject, "body": text}
    return link, out


def digest(token: str) -> bytes:
    """What a link's token is kept as."""
    return hashlib.sha256(token.encode()).digest()


def link_behind(token: str) -> WarningLink | None:
    """The link of that token, whatever became of it."""
    wanted = select(WarningLink).where(WarningLink.digest == digest(token))
    return db.session.scalars(wanted).first()


def told_lately(user_id: int, most: int = 10) -> list[tuple[AccountWarning, list[Any]]]:
    """The last events that all contacts were told of, newest first: (event, its messages).

    A message has channel, address_masked, created_at, sent_at and fate, as in the delivery log.
    """
    mine = select(AccountWarning).where(AccountWarning.user_id == user_id)
    events = db.session.scalars(mine.order_by(AccountWarning.id.desc()).limit(most)).all()
    rows = db.session.execute(
        select(WarningLink.warning_id, Message)
        .join(Message, Message.key == WarningLink.message_key)
        .where(WarningLink.warning_id.in_([event.id for event in events]))
        .order_by(WarningLink.id)
    ).all()
    return [(event, [m for key, m in rows if key == event.id]) for event in events]
