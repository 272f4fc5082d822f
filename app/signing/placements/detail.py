"""One placement as pages show it: how far it has come."""

from __future__ import annotations

from flask_babel import gettext as _

from app.settings.models import Review
from app.signing.placements.models import Kind, Placement, PlacementState
from app.workflow.states import line_of

S = PlacementState


def progress(placement: Placement | None, review: str) -> list[tuple[str, str, str]]:
    """The way of a signing as a line of steps: (label, done | now | todo, note) (INV-22).

    `review` is who would review a signing formed now; a placement keeps its own.
    """
    review = placement.review if placement else review
    if placement is not None and placement.kind == Kind.OFFLINE:
        return paper_progress(placement)
    unanswered = tuple(S) if placement is None or not placement.stands else ()
    way: list[tuple[tuple[PlacementState, ...], str]] = [(unanswered, _("Answer an invitation"))]
    way += (
        [((S.AMENDING,), _("Answer the new terms"))] if placement and placement.is_amending else []
    )
    way += [((S.AWAITING_COLLEGE,), _("College"))] if review != Review.SCHOOL else []
    way += [((S.AWAITING_SCHOOL,), _("School"))] if review != Review.COLLEGE else []
    way.append(((), _("In force")))
    state = placement.state if placement else S.REFUSED
    return [(_("Details verified"), "done", ""), *line_of(way, state)]


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
    return line_of(way, placement.state)
