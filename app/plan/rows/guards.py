"""The guards of the plan: each a sentence why a step is not possible, or None."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.people.students.models import OriginState
from app.plan.rows.change_models import ChangeKind, ChangeRequest
from app.plan.rows.effects import NO_DESTINATION
from app.plan.rows.models import PlanEntry, PlanState
from app.plan.rows.queries import open_change
from app.workflow.actor import Actor, Role


def no_open_change(entry: PlanEntry, actor: Actor, now: datetime) -> str | None:
    """What waits for a decision is decided before the row is checked or reported (PLN-03, PLN-06)."""
    if open_change(entry.id) is None:
        return None
    return _("A change to this row waits for a decision. Decide on it first.")


def origin_approved(entry: PlanEntry, actor: Actor, now: datetime) -> str | None:
    """Nobody is reported whose origin record the school has not approved: no figure counts them (PLN-06)."""
    if entry.student.origin_state == OriginState.APPROVED:
        return None
    return _(
        "The origin record is not approved, so no figure counts this graduate. Approve the record first."
    )


def is_checked(entry: PlanEntry, actor: Actor, now: datetime) -> str | None:
    """Only what the checks have passed is reported (PLN-06)."""
    if entry.state != PlanState.FILLED:
        return None
    return _("The row is not checked, or it was changed since. Mark it as checked first.")


def keeps_a_destination(change: ChangeRequest, actor: Actor, now: datetime) -> str | None:
    """Where a placement is in force its row has a destination: its own, or the placement's (PLN-01)."""
    old, _new = change.changes.get("destination_code", ("", ""))
    empty = old is None and not change.ends
    return str(NO_DESTINATION) if empty and change.kind == ChangeKind.CONFLICT else None


def school_decides_conflicts(change: ChangeRequest, actor: Actor, now: datetime) -> str | None:
    """Data staff confirm what came after a report; conflicts are the school's (PLN-03, PLN-06)."""
    if actor.role is Role.SCHOOL or change.kind == ChangeKind.REPORTED:
        return None
    if change.kind == ChangeKind.IMPORT:
        return _("School staff decide where a file says otherwise than a placement.")
    return _("School staff decide on what meets a row written by staff.")
