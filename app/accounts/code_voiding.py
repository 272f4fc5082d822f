"""One-time codes made worthless, and the proofs that nobody has used (ACC-10)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, true, update

from app.accounts.models import ActProof, OneTimeCode
from app.core import clock
from app.core.db import db


def void(*owners: str) -> None:
    """Make every code of these owners worthless, as a code and as a proof. Not committed.

    So are proofs that they left otherwise than by a code and that wait to be used.
    """
    db.session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.owner.in_(owners))
        .values(used_at=func.coalesce(OneTimeCode.used_at, clock.now()), voided=true())
    )
    db.session.execute(update(ActProof).where(*_waiting_notes(owners)).values(used_at=clock.now()))


def void_free(*owners: str) -> None:
    """As `void`, but for what is being used at this moment: who waits for it waits for us."""
    free = (
        select(OneTimeCode.id)
        .where(OneTimeCode.owner.in_(owners), OneTimeCode.used_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    keys = db.session.scalars(free).all()
    used = update(OneTimeCode).where(OneTimeCode.id.in_(keys))
    db.session.execute(used.values(used_at=clock.now(), voided=true()))
    notes = select(ActProof.id).where(*_waiting_notes(owners)).with_for_update(skip_locked=True)
    ended = update(ActProof).where(ActProof.id.in_(db.session.scalars(notes).all()))
    db.session.execute(ended.values(used_at=clock.now()))


def _waiting_notes(owners: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """The proofs otherwise than by code that these owners have not used yet."""
    pairs = [owner.partition(":") for owner in owners]
    users = [int(key) for kind, _colon, key in pairs if kind == "user"]
    return ActProof.user_id.in_(users), ActProof.used_at.is_(None)
