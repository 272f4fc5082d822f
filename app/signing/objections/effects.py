"""What follows the steps of an objection: what is reported rests, moves again, or ends (INV-20)."""

from __future__ import annotations

from typing import Any

from app.signing.invitations.models import Invitation, InvitationState
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.models import Objection
from app.signing.placements.models import HOLDS_SLOT
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.queries import running
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.steps import Change


def subject(objection: Objection) -> Any:
    """What the report is about."""
    return objection.placement if objection.placement_id else objection.invitation


def freeze(change: Change) -> None:
    """What is reported rests (INV-20)."""
    objection: Objection = change.record
    objection.created_at = change.now
    objection.reason = change.reason or change.data.get("text", "")[:200]
    subject(objection).frozen = True


def thaw(change: Change) -> None:
    """The answer is kept, and what was reported moves again (INV-20)."""
    change.record.answer = change.reason
    subject(change.record).frozen = False


def end_it(change: Change) -> None:
    """What was untrue ends: an invitation is closed, a signing refused, a running termination closed.

    Whose application or agreement was another's hand keeps the signing: only the termination ends.
    """
    about = subject(change.record)
    if isinstance(about, Invitation):
        if about.state == InvitationState.OPEN:
            INVITATIONS.apply("void", about.id, change.actor, reason=change.reason)
        return
    other = running(about.id)
    if other is not None:
        TERMINATIONS.apply("overtake", other.id, change.actor)
    if about.state in HOLDS_SLOT and change.record.act != TERMINATIONS.kind:
        PLACEMENTS.apply("void", about.id, change.actor, reason=change.reason)
