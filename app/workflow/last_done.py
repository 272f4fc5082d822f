"""What was done last to a record, read from its trace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core import clock, page
from app.core.db import db
from app.workflow.models import Trail
from app.workflow.trail import quiet

ONE_BREATH = timedelta(seconds=20)


def reminds(row: Trail) -> bool:
    """Whether it only reminds of the record, and did nothing to it."""
    return row.step in quiet(row.kind)


@page.once
def last(kind: str, record_id: int) -> Trail | None:
    """What was done last to a record; what only reminded of it was not done to it."""
    return _last(kind, record_id, Trail.step.not_in(quiet(kind)))


def last_taken(kind: str, record_id: int, steps: Iterable[str]) -> Trail | None:
    """The last line of these steps."""
    return _last(kind, record_id, Trail.step.in_(list(steps)))


def led_away(
    kind: str, record_id: int, states: Iterable[StrEnum], since: datetime | None
) -> Trail | None:
    """The last line that led the record out of these states, after that moment if one is given."""
    states = list(states)
    wanted = [Trail.from_state.in_(states), Trail.to_state.not_in(states)]
    return _last(kind, record_id, *wanted, *([] if since is None else [Trail.at > since]))


def _last(kind: str, record_id: int, *which: Any) -> Trail | None:
    wanted = select(Trail).where(Trail.kind == kind, Trail.record_id == record_id, *which)
    return db.session.scalars(wanted.order_by(Trail.seq.desc()).limit(1)).first()


def just_done(kind: str, record_id: int, step: str, user_id: int) -> bool:
    """Whether this very person did this very step last, a breath ago: a button pressed twice (S-18)."""
    row = last(kind, record_id)
    return (
        row is not None
        and (row.step, row.actor_id) == (step, user_id)
        and clock.now() - row.at < ONE_BREATH
    )
