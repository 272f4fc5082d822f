"""Sessions: begun, asked after, ended; 30 minutes idle or 8 hours old they are over (ACC-09)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Integer,
    delete,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.accounts import beside
from app.accounts.models import AccountSession, AppUser
from app.accounts.queries import Proof, actor_of, has_factor
from app.core import clock, steady
from app.core.db import db

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
TOUCH = timedelta(minutes=1)  # how stale `seen_at` may be


@dataclass(frozen=True)
class Living:
    """A living session: whose, when asked, what it proved, when it ends; `last`: whatever comes.

    `record` is what the account stands for, `answers` what the page will ask, where that was known.
    """

    user: AppUser
    now: datetime
    proof: Proof
    ends: datetime
    last: bool
    record: object
    answers: Mapping[Hashable, Any]


def open_session(user: AppUser, way: str = "password") -> str:
    """Begin a session, by that way in, and return the secret for the cookie. Not committed."""
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    who = actor_of(user)
    db.session.add(
        AccountSession(
            token=session_key(secret),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            address=who.address,
            device=who.device,
            device_id=who.device_id,
            way=way,
        )
    )
    db.session.flush()
    return secret


SESSION_ROW = (
    clock.app_now(),
    has_factor(literal_column("me.id", Integer)),  # of `beside.me`
    AccountSession.seen_at,
    AccountSession.created_at,
    AccountSession.factor_at,
    AccountSession.factor,
    literal_column(f"({steady.TURNS})", JSONB),
)


def session_user(secret: str, *, touch: bool = True) -> Living | None:
    """The living session (not idle for 30 minutes, not older than 8 hours) of that secret.

    Without `touch` it is only looked at and lives no longer for it. One statement reads it, the account,
    the record it stands for and what the page will ask (`beside`).
    """
    token = session_key(secret)
    shape, names = beside.foretold(token)
    row = db.session.execute(beside.statement(shape, names, *SESSION_ROW), {"token": token}).first()
    if row is None:
        return None
    user, record, now, enrolled, seen_at, created_at, factor_at, factor, turns = row[:9]
    if now - seen_at > IDLE or now - created_at > LONGEST:
        return None
    answers = {}
    if shape != beside.Asker.of(user):
        beside.known(token, user)
    elif names:
        told = (name for name in names if name != beside.RECORD)
        answers = {beside.key(name): value for name, value in zip(told, row[9:], strict=True)}
    known = Proof(enrolled, factor_at, factor)
    seen = _touch(token, seen_at, now) if touch else seen_at
    steady.told(turns or {})
    ends, longest = seen + IDLE, created_at + LONGEST
    return Living(
        user, now.astimezone(UTC), known, min(ends, longest), longest <= ends, record, answers
    )


def go_on(secret: str) -> datetime | None:
    """Whoever is asked «still there?» and says yes: the end counts from now. Commits."""
    now = clock.now()
    created = db.session.scalar(
        update(AccountSession)
        .where(AccountSession.token == session_key(secret))
        .values(seen_at=now)
        .returning(AccountSession.created_at)
    )
    db.session.commit()
    return min(now + IDLE, created + LONGEST) if created else None


def way_of(secret: str) -> str:
    """How the person of this session came in: ``password``, or a campus's way such as ``cas:7``."""
    found = db.session.scalar(
        select(AccountSession.way).where(AccountSession.token == session_key(secret))
    )
    return found or ""


def _touch(token: bytes, seen: datetime, now: datetime) -> datetime:
    """When it was seen last, as the row says from now on."""
    if now - seen > TOUCH:
        db.session.execute(
            update(AccountSession).where(AccountSession.token == token).values(seen_at=now)
        )
        db.session.commit()
        return now
    return seen


def end_session(secret: str) -> None:
    """Sign out on this device: a copied cookie is worth nothing then. Not committed."""
    db.session.execute(delete(AccountSession).where(AccountSession.token == session_key(secret)))


def end_all_sessions(*user_ids: int) -> None:
    """Sign these accounts out everywhere (ACC-09). Not committed."""
    db.session.execute(delete(AccountSession).where(AccountSession.user_id.in_(user_ids)))


def renew_session(secret: str) -> str:
    """Another secret for the same session: what was known before the second factor is worth nothing.

    Not committed.
    """
    fresh = secrets.token_urlsafe(32)
    db.session.execute(
        update(AccountSession)
        .where(AccountSession.token == session_key(secret))
        .values(token=session_key(fresh))
    )
    return fresh


def session_key(secret: str) -> bytes:
    """The key of the session whose secret the cookie holds."""
    return hashlib.sha256(secret.encode()).digest()
