"""The guards of destinations: each a sentence why one cannot be submitted, or None."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.core.errors import Refused
from app.signing.destinations.models import Destination
from app.signing.destinations.queries import module_name, module_open
from app.signing.placements.models import Placement
from app.workflow.actor import Actor


def open_here(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Nothing new is submitted where the school has switched the module off (DST-04)."""
    if module_open(placement.school_id):
        return None
    return _(
        "Your school does not take “%(name)s” on this platform. Ask its employment office.",
        name=module_name(placement.school_id),
    )


def same_version(draft: Destination, version: int) -> None:
    """What another window has saved meanwhile is not overwritten. Raises Refused."""
    if draft.version != version:
        raise Refused(
            _(
                "You have changed this in another window. What is saved there stands; "
                "compare before you save again."
            )
        )
