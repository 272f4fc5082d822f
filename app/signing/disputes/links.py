"""The link «this was not me»: what it opens, and what it freezes once pressed (INV-20)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import freezing, security_log
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.warning_links import link_behind
from app.accounts.warning_models import AccountWarning, WarningLink
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.people.students.models import Student
from app.signing.disputes.models import Dispute
from app.signing.disputes.queries import (
    dispute_of,
    school_had_a_hand,
    school_of,
)
from app.signing.disputes.workflow import DISPUTES
from app.signing.invitations.models import Invitation
from app.signing.objections.queries import open_objection
from app.signing.objections.workflow import disown
from app.signing.placements.models import Placement
from app.signing.terminations.models import Termination
from app.workflow.actor import PARTIES, Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row

PRESSED = Limit("not me", 10, timedelta(days=1))  # of one account
FROM_ADDRESS = Limit("not me address", 60, timedelta(hours=1))  # a campus shares one


@dataclass(frozen=True)
class Behind:
    """What a link opens: ``ready``, ``expired`` or ``done``, with the event it is about."""

    stage: str
    warning: AccountWarning
    link: WarningLink


def behind(token: str) -> Behind:
    """What the page of a link shows. Raises NotYours for an unknown one."""
    link = link_behind(token)
    if link is None:
        raise NotYours("not me")
    warning = link.warning
    if warning.used_at is not None:
        return Behind("done", warning, link)
    return Behind("ready" if clock.now() < link.expires_at else "expired", warning, link)


def press(token: str, address: str) -> Behind:
    """Say «this was not me», and commit: the record or the account is frozen, once for an event.

    Pressed again it changes nothing. Raises NotYours for an unknown link, Refused for an old one or
    after too many of one account or address.
    """
    found = behind(token)
    if found.stage == "ready":
        _check_limits(found.warning.user_id, address)
        committed(lambda: stop(found.link.id))
    elif found.stage == "expired":
        raise Refused(
            _("This link is older than 30 days. Speak to your school's employment office.")
        )
    return behind(token)


def _check_limits(user_id: int, address: str) -> None:
    if not FROM_ADDRESS.take(address) or not PRESSED.take(user_id):
        raise Refused(_("This was pressed too often. Call your school's employment office."))


def stop(link_id: int) -> None:
    """Freeze what the message of this link was about, once for its event. Not committed."""
    link = db.session.get_one(WarningLink, link_id)
    lock_row(AccountWarning, link.warning_id)
    warning = link.warning
    if warning.used_at is not None:
        return  # pressed twice, or on two phones
    warning.used_at = clock.now()
    user = warning.user
    stopped = _disown(warning, user, link)
    if not stopped or school_had_a_hand(user.id):
        _freeze(warning, user, link)
    security_log.note("not_me", user=user, warning=warning.key, contact=link.address_masked)
    db.session.flush()


def _disown(warning: AccountWarning, user: AppUser, link: WarningLink) -> bool:
    """Freeze the record that the event was about; whether it rests now."""
    about = _subject(warning) if user.role in PARTIES else None
    if about is None:
        return False
    lock_row(Student, about.student_id)
    lock_row(type(about), about.id)
    key = "placement_id" if isinstance(about, Placement) else "invitation_id"
    if open_objection(**{key: about.id}) is not None:
        return True
    who = actor_of(user, factor="link")
    try:
        with db.session.begin_nested():
            text = _(
                "“%(subject)s”: answered by the link at %(contact)s with “This was not me”.",
                subject=warning.subject[:120],
                contact=link.address_masked,
            )
            disown(about, who, text, warning.record_kind)
    except Refused:
        return False  # it has ended: the account is what can be kept from further harm
    return True


def _subject(warning: AccountWarning) -> Any:
    """The placement or invitation that rests; of an accepted invitation the signing it formed."""
    found: dict[str, Callable[[int], Any]] = {
        "placement": lambda key: db.session.get(Placement, key),
        "termination": lambda key: _placement_of(db.session.get(Termination, key)),
        "invitation": _signed_from,
    }
    act = found.get(warning.record_kind)
    return act(warning.record_id or 0) if act is not None else None


def _placement_of(termination: Termination | None) -> Placement | None:
    return termination.placement if termination is not None else None


def _signed_from(invitation_id: int) -> Any:
    formed = select(Placement).where(Placement.invitation_id == invitation_id)
    signed = db.session.scalars(formed.order_by(Placement.id.desc()).limit(1)).first()
    return signed or db.session.get(Invitation, invitation_id)


def _freeze(warning: AccountWarning, user: AppUser, link: WarningLink) -> None:
    """Freeze the account and bring it before school and province, or the administrators."""
    freezing.freeze(user.id)
    party = actor_of(user)
    who = Actor(
        Role.SYSTEM,
        name=user.display_name,
        address=party.address,
        device=party.device,
        device_id=party.device_id,
        factor="link",
    )
    data: dict[str, Any] = {"warning": warning, "contact": link.address_masked}
    open_one = dispute_of(user.id)
    if open_one is not None:
        DISPUTES.apply("also", open_one.id, who, **data)
        return
    new = Dispute(
        user_id=user.id, role=user.role or "", school_id=school_of(user), name=user.display_name
    )
    DISPUTES.start("report", new, who, **data)
