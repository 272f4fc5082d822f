"""Telling a person everywhere of what happens to its account, with the link «this was not me» (INV-20).

Every phone and address that is or within 90 days was the person's is told, whatever the school's setting
for text messages; written in the transaction of the change, sent by the worker (NTF-02, NTF-05).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, g, has_request_context
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from app.accounts import reach, security_log
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.warning_links import LIFE, PATH, digest
from app.accounts.warning_models import AccountWarning, WarningLink
from app.core import clock, jobs, mail
from app.core.db import db
from app.core.text import mask_email
from app.workflow.actor import Actor

Contact = tuple[str, str]  # channel, address


@dataclass(frozen=True)
class Event:
    """What one account is told of, where, in its own language; see `warn`."""

    user: AppUser
    key: str
    subject: str
    body: str
    contacts: Sequence[Contact]
    school_id: int | None


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
    is the school whose staff see the delivery, `at` keeps the messages back until then. Not committed.
    Whom nobody can reach is noted for the office (NTF-05).
    """
    known = reach.reach_all([user], clock.now())[user.id]
    event = _event(user, key, subject, body, (*known, *also), school_id)
    return _tell([event], who or _asking(), about, at).get(user.id, 0)


def warn_all(
    what: Mapping[AppUser, tuple[str, Any, Any, Iterable[Contact]]], *, who: Actor | None = None
) -> dict[int, int]:
    """The same for many accounts at once (account → key, subject, body, also); to how many each."""
    known = reach.reach_all(list(what), clock.now())
    events = [
        _event(user, key, subject, body, (*known[user.id], *also), None)
        for user, (key, subject, body, also) in what.items()
    ]
    told = _tell(events, who or _asking(), None, None)
    return {user.id: told.get(user.id, 0) for user in what}


def _asking() -> Actor | None:
    """Who is signed in: a stranger with a code is nobody."""
    user = g.get("user") if has_request_context() else None
    return actor_of(user) if user is not None and user.is_authenticated else None


def _event(
    user: AppUser,
    key: str,
    subject: Any,
    body: Any,
    known: Iterable[Contact],
    school_id: int | None,
) -> Event:
    """One message an address, however it was typed."""
    found = {(channel, address.strip().lower()): address.strip() for channel, address in known}
    each = [(channel, address) for (channel, _typed), address in found.items() if address]
    with force_locale(user.locale or "zh"):
        words = str(subject)[:200], str(body)
    return Event(user, key, *words, each, school_id or user.school_id)


_NEW = (
    insert(AccountWarning.__table__)
    .on_conflict_do_nothing(index_elements=["user_id", "key"])
    .returning(AccountWarning.__table__.c.user_id, AccountWarning.__table__.c.id)
)


def _tell(
    events: Sequence[Event],
    who: Actor | None,
    about: tuple[str, int] | None,
    at: datetime | None,
) -> dict[int, int]:
    """Write the rows of the events that are new, their links and messages; account → how many."""
    if not events:
        return {}
    db.session.flush()
    rows = [_row(event, who, about) for event in events]
    fresh = {row[0]: row[1] for row in db.session.execute(_NEW, rows)}
    told: dict[int, int] = {}
    links: list[dict[str, Any]] = []
    messages: list[mail.Outgoing] = []
    for event in (event for event in events if event.user.id in fresh):
        told[event.user.id] = len(event.contacts)
        if not event.contacts:
            security_log.note(
                "unreachable", user=event.user, who=who, outcome=security_log.FAILED, key=event.key
            )
        for n, contact in enumerate(event.contacts):
            link, message = _message(n, fresh[event.user.id], event, contact)
            links.append(link)
            messages.append(message)
    if links:
        db.session.execute(plain_insert(WarningLink), links)
        with jobs.together():
            mail.post(*messages, at=at)
    db.session.flush()
    return told


def _row(event: Event, who: Actor | None, about: tuple[str, int] | None) -> dict[str, object]:
    kind, record_id = about or ("", None)
    return {
        "user_id": event.user.id,
        "key": event.key[:120],
        "subject": event.subject,
        "record_kind": kind,
        "record_id": record_id,
        "actor_id": who.user_id if who else None,
        "actor_role": who.role.value if who else "",
        "actor_name": who.name if who else "",
        "told": len(event.contacts),
        "at": clock.now(),
    }


def _message(
    n: int, warning_id: int, event: Event, contact: Contact
) -> tuple[dict[str, Any], mail.Outgoing]:
    """The link to one contact, and the message that brings it.

    The account's own mail is named as a notice of the event would be: whoever is warned gets no second.
    """
    channel, address = contact
    token, key = secrets.token_urlsafe(16), f"warning:{warning_id}:{n}"
    if contact == (mail.MAIL, event.user.email):
        key = f"{event.key}:{event.user.id}"[:120]
    link = {
        "digest": digest(token),
        "warning_id": warning_id,
        "channel": channel,
        "message_key": key,
        "address_masked": mask_email(address),
        "expires_at": clock.now() + LIFE,
    }
    url = f"{str(current_app.config['QINGQIAN'].base_url).rstrip('/')}{PATH}{token}"
    with force_locale(event.user.locale or "zh"):
        body = _text(event, url) if channel == mail.SMS else _letter(event, url)
    return link, mail.Outgoing(
        key, channel, address, event.subject, body, user_id=event.user.id, school_id=event.school_id
    )


def _text(event: Event, url: str) -> str:
    return _(
        "%(subject)s. If this was not you, press here: %(url)s", subject=event.subject, url=url
    )


def _letter(event: Event, url: str) -> str:
    how = _("If this was not you, open this address and press the button; you need not sign in:")
    return f"{event.body}\n\n{how}\n{url}"
