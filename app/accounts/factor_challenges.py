"""What a browser is asked to prove the second factor with, kept for a few minutes, gone once it answers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.accounts import passkeys
from app.accounts.factor_models import FactorChallenge
from app.accounts.living_sessions import session_key
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db

CHALLENGE_LIFE = timedelta(minutes=5)


def keep_challenge(session: bytes, purpose: str, value: bytes) -> None:
    """Keep what the browser shall answer, instead of what it was asked before; commits."""
    row = insert(FactorChallenge).values(
        session=session, purpose=purpose, value=value, created_at=clock.now()
    )
    fresh = {"value": row.excluded.value, "created_at": row.excluded.created_at}
    db.session.execute(row.on_conflict_do_update(index_elements=["session", "purpose"], set_=fresh))
    db.session.commit()


def take_challenge(session: bytes, purpose: str) -> bytes | None:
    """The challenge, gone for good whatever becomes of its answer; None for an old one. Commits."""
    taken = db.session.execute(
        delete(FactorChallenge)
        .where(FactorChallenge.session == session, FactorChallenge.purpose == purpose)
        .returning(FactorChallenge.value, FactorChallenge.created_at)
    ).one_or_none()
    db.session.commit()
    if taken is None or clock.now() - taken.created_at > CHALLENGE_LIFE:
        return None
    value: bytes = taken.value
    return value


def key_options(user: AppUser, session: str, purpose: str) -> str:
    """What the browser is told to make (``register``) or to use (``prove``) a key; JSON. Commits."""
    ceremony = {"register": passkeys.registering, "prove": passkeys.proving}[purpose]
    challenge, options = ceremony(user)
    keep_challenge(session_key(session), purpose, challenge)
    return options
