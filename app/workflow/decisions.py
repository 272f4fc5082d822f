"""What the reviews of all kinds of record share: second thoughts, and the college's way back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from app.workflow import last_done
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail
from app.workflow.steps import Change


def just_decided(record: Any, actor: Actor) -> Trail | None:
    """The decision this person has just taken on the record; table and kind have one name."""
    row = last_done.last(record.__tablename__, record.id)
    if row is None or row.actor_id is None or row.actor_id != actor.user_id:
        return None
    return row if "undo_until" in row.details else None


def still_undoable(record: object, actor: Actor, now: datetime) -> str | None:
    """A decision can be undone by whoever took it, until the parties are told."""
    row = just_decided(record, actor)
    if row is not None and now < datetime.fromisoformat(row.details["undo_until"]):
        return None
    return _(
        "It is too late to undo: the parties are being told. Use “withdraw the review” or a new decision."
    )


def before_decision(change: Change) -> StrEnum:
    """Back to where the decision found the record."""
    row = just_decided(change.record, change.actor)
    found = (row.from_state if row is not None else None) or change.record.state
    return type(change.step.targets[0])(found)


def school_not_acted(record: Any, actor: Actor, now: datetime) -> str | None:
    """The college takes its approval back only while the school has not acted on it (AGR-06)."""
    row = last_done.last(record.__tablename__, record.id)
    if row is not None and row.actor_role == Role.COLLEGE:
        return None
    return _("The school has acted on it since. Please ask the school to send it back.")
