"""Who led a record out of a state: what the engine reads of the trace by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from app.core.db import db
from app.workflow.models import Trail


def led_away(
    kind: str, record_id: int, states: Iterable[StrEnum], since: datetime | None
) -> Trail | None:
    """The last row that led the record out of these states, after that moment if one is given."""
    states = list(states)
    wanted = select(Trail).where(
        Trail.kind == kind,
        Trail.record_id == record_id,
        Trail.from_state.in_(states),
        Trail.to_state.not_in(states),
    )
    if since is not None:
        wanted = wanted.where(Trail.at > since)
    return db.session.scalars(wanted.order_by(Trail.seq.desc()).limit(1)).first()
