"""Where a review begins, goes on and ends: at the college, at the school (AGR-06)."""

from __future__ import annotations

from enum import StrEnum

from app.settings.models import Review
from app.signing.placements.models import (
    REVIEWS,
    Kind,
    Placement,
    PlacementState,
)
from app.workflow import last_done
from app.workflow.steps import Change

S = PlacementState


def first_review(change: Change) -> StrEnum:
    """Where the review begins: at the college where it takes part, else at the school (AGR-06)."""
    return waits_at(change.record)


def first_form_review(change: Change) -> StrEnum:
    """The same for the form of a paper signing, which is reviewed before it is stamped (OFF-03)."""
    return S.FORM_SCHOOL if change.record.review == Review.SCHOOL else S.FORM_COLLEGE


def waits_at(placement: Placement) -> PlacementState:
    """The first level of review, as kept with the placement."""
    return S.AWAITING_SCHOOL if placement.review == Review.SCHOOL else S.AWAITING_COLLEGE


def last_review(change: Change) -> StrEnum:
    """Where the last decision is taken: the school, or the college where it decides alone."""
    return S.AWAITING_COLLEGE if change.record.review == Review.COLLEGE else S.AWAITING_SCHOOL


def where_refused(change: Change) -> StrEnum:
    """A refusal taken back waits where it was spoken: the college is not passed over (AGR-06)."""
    row = last_done.last("placement", change.record.id)
    found = row.from_state if row is not None else None
    if found == S.AMENDING:
        return waits_at(change.record)
    if found == S.GIVING_UP:
        return S.AWAITING_SCAN
    return S(found) if found in (*REVIEWS, S.AWAITING_SCAN) else last_review(change)


def after_college(change: Change) -> StrEnum:
    """After the college's approval the school decides, unless the college decides alone (AGR-06)."""
    return S.IN_FORCE if change.record.review == Review.COLLEGE else S.AWAITING_SCHOOL


def after_college_form(change: Change) -> StrEnum:
    """The same for the form of a paper signing: once approved it is printed and stamped (OFF-03)."""
    return S.AWAITING_SCAN if change.record.review == Review.COLLEGE else S.FORM_SCHOOL


def when_refused(change: Change) -> StrEnum:
    """A stamped agreement that is not approved is uploaded again; anything else has failed (OFF-05)."""
    return S.AWAITING_SCAN if change.record.kind == Kind.OFFLINE else S.REFUSED


def to_college(change: Change) -> StrEnum:
    """The same review, one level back."""
    return S.FORM_COLLEGE if change.record.state == S.FORM_SCHOOL else S.AWAITING_COLLEGE
