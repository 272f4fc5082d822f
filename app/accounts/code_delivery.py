"""Whether a code is still worth sending, and when it went out (S-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.models import OneTimeCode
from app.core import clock, mail
from app.core.db import db

LATEST = timedelta(minutes=30)  # a code that could not be sent for so long is not sent any more
KEY = "code:"  # how the keys of the messages begin that carry one


def _wanted(message: mail.Message) -> bool:
    """Whether a code is still worth sending: not used, not asked for anew, not hours late."""
    row = _carried(message)
    if row is None or row.used_at is not None or row.created_at + LATEST <= clock.now():
        return False
    newer = select(OneTimeCode.id).where(
        OneTimeCode.owner == row.owner, OneTimeCode.purpose == row.purpose, OneTimeCode.id > row.id
    )
    return db.session.scalar(newer.limit(1)) is None


def _sent(message: mail.Message, at: datetime) -> None:
    """The life of a code begins (S-06)."""
    row = _carried(message)
    if row is not None and row.expires_at is None:
        row.expires_at = at + timedelta(seconds=row.life)


def _carried(message: mail.Message) -> OneTimeCode | None:
    return db.session.get(OneTimeCode, int(message.key.removeprefix(KEY)))


FATE = mail.MessageFate(_wanted, _sent)
