"""The guards of disowned acts: who may clear one."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.signing.disputes.models import Dispute, DisputeState
from app.signing.disputes.queries import (
    disputed_phone_stays,
    hands_on,
)
from app.workflow.actor import Actor, Role


def another_person(dispute: Dispute, actor: Actor, now: datetime) -> str | None:
    """Who had a hand in a way into the account, or whose account it is, does not judge (INV-20, ACC-15)."""
    hands = {key for key, _role in hands_on(dispute.user_id)}
    if actor.user_id not in hands | {dispute.user_id}:
        return None
    return _("You changed a way into this account, or it is your own. Another person decides.")


def province_decides(dispute: Dispute, actor: Actor, now: datetime) -> str | None:
    """Where the school's own staff had a hand in it, the school does not clear it alone (INV-20, ACC-15)."""
    if actor.role is not Role.SCHOOL or not dispute.by_school:
        return None
    return _(
        "Staff of your school had changed a way into this account. The provincial centre clears it; "
        "tell it what the person said to you."
    )


S = DisputeState


def put_right(dispute: Dispute, actor: Actor, now: datetime) -> str | None:
    """After another's hand is confirmed, its phone or address goes first (ACC-15)."""
    if dispute.state != S.CONFIRMED or not disputed_phone_stays(dispute.user_id):
        return None
    return _("The phone or address that was another's is on record still. Have it changed first.")
