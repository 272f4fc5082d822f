"""The sessions of one's own account on every device, and their end (ACC-09)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    delete,
    select,
)

from app.accounts.living_sessions import IDLE, LONGEST, session_key
from app.accounts.models import AccountSession
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db


def sessions_of(user_id: int) -> Sequence[AccountSession]:
    """The sessions of an account that live now, the one used last first."""
    now = clock.now()
    return db.session.scalars(
        select(AccountSession)
        .where(
            AccountSession.user_id == user_id,
            AccountSession.seen_at >= now - IDLE,
            AccountSession.created_at >= now - LONGEST,
        )
        .order_by(AccountSession.seen_at.desc(), AccountSession.token)
    ).all()


def handle(session: AccountSession) -> str:
    """How a page names a session: it is good for ending it and for nothing else."""
    return cipher().blind_index("session", session.token.hex()).hex()[:32]


def is_of(session: AccountSession, secret: str) -> bool:
    """Whether the cookie with that secret is this session's."""
    return session.token == session_key(secret)


def end_one(session: AccountSession) -> bool:
    """End one session at once; False where it had ended already. Not committed."""
    gone = delete(AccountSession).where(
        AccountSession.token == session.token, AccountSession.user_id == session.user_id
    )
    return db.session.execute(gone.returning(AccountSession.user_id)).first() is not None


def end_others(user_id: int, secret: str) -> int:
    """End every session of the account but the one of that secret; how many. Not committed."""
    gone = delete(AccountSession).where(
        AccountSession.user_id == user_id, AccountSession.token != session_key(secret)
    )
    return len(db.session.execute(gone.returning(AccountSession.user_id)).all())
