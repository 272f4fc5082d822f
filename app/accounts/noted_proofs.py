"""That a person proved itself for one act otherwise than by a code: noted, used up once (ACC-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import ActProof, AppUser
from app.core import clock
from app.core.db import db
from app.core.registry import stores

LIFE = timedelta(minutes=10)


def note_proof(user: AppUser, purpose: str, way: str) -> None:
    """Keep that the person has just proved itself for that act, by one of `proofs`. Not committed."""
    if way not in stores().proofs:
        raise ValueError(way)
    now = clock.now()
    db.session.add(
        ActProof(user_id=user.id, purpose=purpose, way=way, created_at=now, expires_at=now + LIFE)
    )


def has_proof(user: AppUser, purpose: str) -> bool:
    """Whether a proof otherwise than by code waits to be used for that act."""
    return db.session.scalar(_notes(user, purpose)) is not None


def use_noted(user: AppUser, purpose: str) -> str:
    """Use up the proof of that act that was left otherwise than by code; its way, empty for none."""
    note = db.session.scalars(_notes(user, purpose).with_for_update()).first()
    if note is None:
        return ""
    note.used_at = clock.now()
    db.session.flush()
    return note.way


def _notes(user: AppUser, purpose: str) -> Any:
    return (
        select(ActProof)
        .where(
            ActProof.user_id == user.id,
            ActProof.purpose == purpose,
            ActProof.used_at.is_(None),
            ActProof.expires_at > clock.now(),
        )
        .order_by(ActProof.id)
        .limit(1)
    )
