"""What the desk adds to the steps of placements and terminations: the hints that were there (AGR-12)."""

from __future__ import annotations

from app.checks.detail import hints
from app.placements.models import Placement
from app.workflow.steps import Change

APPROVALS = ("attest", "attest_college", "approve", "approve_college", "approve_form",
             "approve_form_college", "attest_for_college", "approve_form_for_college",
             "approve_for_college")  # fmt: skip


def keep_hints(change: Change) -> None:
    """Who approves in spite of a hint has it in the trace, singly or in bulk."""
    if change.step.name not in APPROVALS:
        return
    record = change.record
    found = hints(record if isinstance(record, Placement) else record.placement)
    if found:
        change.details["hints"] = found
