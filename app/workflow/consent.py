"""The person who takes a step: what bars it, and what it gives: the tick, the proof, the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.core import printable
from app.core.errors import Invalid
from app.core.registry import stores
from app.core.text import clean_line
from app.workflow.actor import PARTIES, Actor, Role, ask_anew
from app.workflow.steps import Change, Reason, Step

Proof = Callable[[Any, Step], Actor]  # who takes the step on the locked record, proved; Invalid
REASON_LENGTH = 200  # characters, as the manuals have it for every reason


def of_everybody(step: Step, actor: Actor, taken: bool) -> str:
    """What bars this person from every step: a frozen account, say (INV-20)."""
    if actor.role is Role.SYSTEM or actor.user_id is None or step.frozen_too:
        return ""
    return next((str(text) for bar in stores().bars if (text := bar(actor, taken))), "")


def party_refusal(actor: Actor, now: datetime) -> str:
    """Why this party can bind itself to nothing now; empty where it can, and for everybody else."""
    if actor.role not in PARTIES:
        return ""
    return next((str(said) for guard in stores().party_guards if (said := guard(actor, now))), "")


def proof_asked(step: Step, school_id: int | None, actor: Actor) -> bool:
    """Whether this person must prove the step by a fresh code, on a record of that school (ACC-10)."""
    return actor.role in step.fresh and not any(
        waive(school_id, actor) for waive in stores().waivers
    )


def check_consent(change: Change, prove: Proof | None) -> None:
    """The box is ticked, the act is proved by a fresh code or factor (INV-13, ACC-10, CHN-09).

    A step that is not possible, or not agreed to, uses no code up.
    """
    step = change.step
    if step.tick and not change.data.get("agreed"):
        raise Invalid([("agreed", _("Please tick that you have read the notice."))])
    if prove is not None and change.actor.role in step.fresh:
        change.actor = prove(change.record, step)
    actor = change.actor
    if not actor.factor and proof_asked(step, getattr(change.record, "school_id", None), actor):
        raise Invalid(
            [("code", _("Please ask for a code and enter it: it proves that this is you."))]
        )
    if step.steps_up(change.record):
        ask_anew(actor, change.now, step.label)


def checked_reason(asked: Reason, text: str, *, typed: bool = True) -> str:
    """A reason as it is kept. Raises Invalid where one is missing, too long, or cannot be printed (DOC-07).

    One that was typed for another record is not asked again.
    """
    text = clean_line(text) if asked is not Reason.NONE else ""
    if asked is Reason.REQUIRED and not text:
        raise Invalid([("reason", _("Please give a reason: the people concerned read it."))])
    if len(text) > REASON_LENGTH:
        too_long = _("A reason has at most %(most)s characters.", most=REASON_LENGTH)
        raise Invalid([("reason", too_long)])
    if typed and (sentence := printable.refusal(text)):
        raise Invalid([("reason", sentence)])
    return text
