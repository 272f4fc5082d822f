"""What the desk adds to the steps of placements and terminations: the hints that were there (AGR-12)."""

from __future__ import annotations

from app.plan.checks.detail import hints
from app.signing.placements.models import Placement
from app.workflow.steps import Change
from app.workflow.verdicts import Tone


def keep_hints(change: Change) -> None:
    """Who approves in spite of a hint has it in the trace, singly or in bulk."""
    if change.step.decides is not Tone.DONE:
        return
    record = change.record
    found = hints(record if isinstance(record, Placement) else record.placement)
    if found:
        change.details["hints"] = found
