"""What the desk adds to the steps of placements and terminations: the hints that were there (AGR-12)."""

from __future__ import annotations

from app.checks.detail import hints
from app.placements.models import Placement
from app.placements.workflow import PLACEMENTS
from app.termination.workflow import TERMINATIONS
from app.workflow.steps import Change, Tone


def keep_hints(change: Change) -> None:
    """Who approves in spite of a hint has it in the trace, singly or in bulk."""
    if change.step.decides is not Tone.DONE:
        return
    record = change.record
    found = hints(record if isinstance(record, Placement) else record.placement)
    if found:
        change.details["hints"] = found


PLACEMENTS.after = (*PLACEMENTS.after, keep_hints)
TERMINATIONS.after = (*TERMINATIONS.after, keep_hints)
