"""The link «this was not me» in a message, and what a person was told of lately (INV-20)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.accounts.warning_models import AccountWarning, WarningLink
from app.core.db import db
from app.core.mail import Message

LIFE = timedelta(days=30)  # how long a link can be pressed
PATH = "/not-me/"


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
    newest = select(AccountWarning).where(AccountWarning.user_id == user_id)
    event = aliased(
        AccountWarning, newest.order_by(AccountWarning.id.desc()).limit(most).subquery()
    )
    rows = db.session.execute(
        select(event, Message)
        .outerjoin(WarningLink, WarningLink.warning_id == event.id)
        .outerjoin(Message, Message.key == WarningLink.message_key)
        .order_by(event.id.desc(), WarningLink.id)
    )
    found: dict[AccountWarning, list[Any]] = {}
    for warning, message in rows:
        found.setdefault(warning, []).extend([] if message is None else [message])
    return list(found.items())
