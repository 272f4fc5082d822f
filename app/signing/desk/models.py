"""What the desk adds to a placement: since when it waits for somebody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased, column_property

from app.signing.placements.models import REVIEWS, Placement, PlacementState
from app.signing.terminations.models import RUNNING, Termination

_running = aliased(Termination)
_asked = (
    select(func.max(_running.changed_at))
    .where(_running.placement_id == Placement.id, _running.state.in_(RUNNING))
    .correlate(Placement)
    .scalar_subquery()
)
# a running termination waits since its last change, a review since the placement's; an amendment
# that nobody answered has waited for the reviewers since its deadline; nothing else waits
WAITS_SINCE = column_property(  # `waits_since` of a placement: see `app.wiring`
    func.coalesce(
        _asked,
        case(
            (Placement.state.in_((*REVIEWS, PlacementState.GIVING_UP)), Placement.changed_at),
            (Placement.is_amending, Placement.answer_by),
        ),
    ),
    deferred=True,
)


def waits_since() -> Any:
    """That column of a placement, for queries."""
    return Placement.waits_since  # type: ignore[attr-defined]
