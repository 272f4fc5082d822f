"""What the states of placements are called, and the colours of their chips (INV-22)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.signing.placements.models import Kind, PlacementState

# 签约鉴证状态
REVIEW_LABELS = {
    PlacementState.AWAITING_COLLEGE: _l("Awaiting the college"),
    PlacementState.AWAITING_SCHOOL: _l("Awaiting attestation"),
    PlacementState.AMENDING: _l("Awaiting the student's answer to changed terms"),
    PlacementState.FORM_COLLEGE: _l("Agreement form awaits the college"),
    PlacementState.FORM_SCHOOL: _l("Agreement form awaits review"),
    PlacementState.AWAITING_SCAN: _l("Awaiting the stamped agreement"),
    PlacementState.GIVING_UP: _l("Giving up awaits the school"),
    PlacementState.IN_FORCE: _l("Attested"),
    PlacementState.REFUSED: _l("Refused"),
    PlacementState.TERMINATED: _l("Attested, later terminated"),
    PlacementState.GIVEN_UP: _l("Given up"),
    PlacementState.REPLACED: _l("Given way to another"),
}
# the same where there is no agreement: a destination is reviewed and registered, not attested
DESTINATION_LABELS = REVIEW_LABELS | {
    PlacementState.AWAITING_SCHOOL: _l("Awaiting the school's review"),
    PlacementState.IN_FORCE: _l("Registration in force"),
    PlacementState.REFUSED: _l("Not approved"),
    PlacementState.TERMINATED: _l("Registration left"),
}


def review_of(kind: str, state: str) -> tuple[object, str]:
    """The review in words, and the kind of its chip (INV-24, DST-03)."""
    labels = DESTINATION_LABELS if kind == Kind.DESTINATION else REVIEW_LABELS
    return labels[PlacementState(state)], CHIPS[PlacementState(state)]


# 协议书状态
AGREEMENT_LABELS = dict.fromkeys(PlacementState, _l("Not in force")) | {
    PlacementState.IN_FORCE: _l("In force"),
    PlacementState.TERMINATED: _l("No longer in force"),
    PlacementState.REPLACED: _l("No longer in force"),
}
CHIPS = dict.fromkeys(PlacementState, "waiting") | {
    PlacementState.IN_FORCE: "done",
    PlacementState.REFUSED: "refused",
    PlacementState.TERMINATED: "closed",
    PlacementState.GIVEN_UP: "closed",
    PlacementState.REPLACED: "closed",
}
AGREEMENT_CHIPS = {PlacementState.IN_FORCE: "done"}
