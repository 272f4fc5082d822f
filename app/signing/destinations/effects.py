"""What a destination adds to the plan row (PLN-01); taken back by the placement's own effects."""

from __future__ import annotations

from app.signing.destinations.queries import of_placement
from app.signing.placements.models import Placement


def plan_values(placement: Placement) -> dict[str, object]:
    """The values of the fields that name a column of the plan, as they were when submitted."""
    found = of_placement(placement.id)
    if found is None:
        return {}
    # a name that no field gave is the name of the kind, and no employer
    return {"employer_name": None, **found.kept.get("plan", {})}
