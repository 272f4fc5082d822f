"""One placement as pages show it: how far it has come."""

from __future__ import annotations

from flask_babel import gettext as _

from app.settings.models import Review
from app.signing.placements.models import Kind, Placement, PlacementState

S = PlacementState


def progress(placement: Placement | None, review: str) -> list[tuple[str, str, str]]:
    """The way of a signing as a line of steps: (label, done | now | todo, note) (INV-22).

    `review` is who would review a signing formed now; a placement keeps its own.
    """
    review = placement.review if placement else review
    if placement is not None and placement.kind == Kind.OFFLINE:
        return paper_progress(placement)
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


def paper_progress(placement: Placement) -> list[tuple[str, str, str]]:
    """The way of a paper signing: form, print and stamp, attestation, in force (OFF-01…05).

    Empty where it ended otherwise: a line that stops says less than the sentence.
    """
    college, school = placement.review != Review.SCHOOL, placement.review != Review.COLLEGE
    way: list[tuple[tuple[PlacementState, ...], str]] = [((), _("Agreement entered"))]
    way += [((S.FORM_COLLEGE,), _("College reviews the form"))] if college else []
    way += [((S.FORM_SCHOOL,), _("School reviews the form"))] if school else []
    way.append(((S.AWAITING_SCAN, S.GIVING_UP), _("Stamp and upload")))
    way += [((S.AWAITING_COLLEGE,), _("College attests"))] if college else []
    way += [((S.AWAITING_SCHOOL,), _("School attests"))] if school else []
    way.append(((), _("In force")))
    if not placement.stands:
        return []
    found = [n for n, (states, _label) in enumerate(way) if placement.state in states]
    here = found[0] if found else len(way)
    marks = ["done" if n < here else "now" if n == here else "todo" for n in range(len(way))]
    return [(label, mark, "") for (_states, label), mark in zip(way, marks, strict=True)]


def _place(way: list[PlacementState | None], placement: Placement | None) -> int:
    """Where on its way a placement stands; past the end once it is in force."""
    if placement is None or not placement.stands:
        return 0
    if placement.in_force:
        return len(way)
    return way.index(S(placement.state))
