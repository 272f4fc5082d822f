"""One placement as pages show it: how far it has come."""

from __future__ import annotations

from flask_babel import gettext as _

from app.placements.models import HOLDS_SLOT, Placement, PlacementState
from app.settings.models import Review

S = PlacementState


def progress(placement: Placement | None, review: str) -> list[tuple[str, str, str]]:
    """The way of a signing as a line of steps: (label, done | now | todo, note) (INV-22).

    `review` is who would review a signing formed now; a placement keeps its own.
    """
    review = placement.review if placement else review
    way = [(None, _("Answer an invitation")), (S.IN_FORCE, _("In force"))]
    if review != Review.COLLEGE:
        way.insert(1, (S.AWAITING_SCHOOL, _("School")))
    if review != Review.SCHOOL:
        way.insert(1, (S.AWAITING_COLLEGE, _("College")))
    if placement and placement.state == S.AMENDING:
        way.insert(1, (S.AMENDING, _("Answer the new terms")))
    here = _place([state for state, _label in way], placement)
    marks = ["done" if n < here else "now" if n == here else "todo" for n in range(len(way))]
    labels = [label for _state, label in way]
    return [
        (_("Details verified"), "done", ""),
        *((label, mark, "") for label, mark in zip(labels, marks, strict=True)),
    ]


def _place(way: list[PlacementState | None], placement: Placement | None) -> int:
    """Where on its way a placement stands; past the end once it is in force."""
    if placement is None or placement.state not in HOLDS_SLOT:
        return 0
    if placement.state == S.IN_FORCE:
        return len(way)
    return way.index(S(placement.state))
