"""What the page of the audit administrator shows: how far the chain is, and how the last walks ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.audit import seals
from app.audit.models import Mark, Run, Seal
from app.core.db import db

SHOWN = 30  # runs


@dataclass(frozen=True)
class Standing:
    """Where the chain stands: seals, rows sealed, rows waiting, since when the oldest of them (seconds)."""

    seal: int
    at: datetime | None
    trail: int
    events: int
    waiting: int
    lag: float


def standing() -> Standing:
    """Of now."""
    columns = select(Seal.no, Seal.at, Seal.trail_total, Seal.event_total)
    last = db.session.execute(columns.order_by(Seal.no.desc()).limit(1)).first()
    sizes = func.length(Mark.trail_macs) + func.length(Mark.event_macs)
    waiting = int(db.session.scalar(select(func.coalesce(func.sum(sizes), 0))) or 0) // 16
    lag = seals.waiting()[1]
    if last is None:
        return Standing(0, None, 0, 0, waiting, lag)
    return Standing(last.no, last.at, last.trail_total, last.event_total, waiting, lag)


def runs() -> Sequence[Run]:
    """The last walks of the verifier, newest first."""
    return db.session.scalars(select(Run).order_by(Run.id.desc()).limit(SHOWN)).all()
