"""What the desk adds to the steps of placements and terminations: the hints that were there (AGR-12)."""

from __future__ import annotations

from app.checks.detail import hints
from app.placements.models import Placement
from app.placements.workflow import PLACEMENTS
from app.termination.workflow import TERMINATIONS
from app.workflow.steps import Change, Step, Tone


def approves(step: Step) -> bool:
    """Whether a step lets pass what was reviewed, for oneself or in the college's place."""
    return step.undoable and step.looks is Tone.DONE


def keep_hints(change: Change) -> None:
    """Who approves in spite of a hint has it in the trace, singly or in bulk."""
    if not approves(change.step):
        return
    record = change.record
    found = hints(record if isinstance(record, Placement) else record.placement)
    if found:
        change.details["hints"] = found


PLACEMENTS.after = (*PLACEMENTS.after, keep_hints)
TERMINATIONS.after = (*TERMINATIONS.after, keep_hints)
