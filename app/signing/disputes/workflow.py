"""The rules of «this was not me»: what the link freezes, who may clear it, and when (INV-20, ACC-15).

Pressing the link can only stop things, never end or begin them: whoever holds the message of a thief
reaches no more than the safe side. Opening again needs a person, and never the one who had a hand in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import freezing, security_log
from app.accounts.identifiers import email_taken
from app.accounts.models import AppUser
from app.accounts.one_mail import write_mail
from app.accounts.queries import actor_of
from app.accounts.warning_links import link_behind
from app.accounts.warning_models import AccountWarning, WarningLink
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.people.students.models import Student
from app.signing.disputes.models import LABELS, Dispute, DisputeState
from app.signing.disputes.notices import tell
from app.signing.disputes.queries import (
    dispute_of,
    disputed_phone_stays,
    disputes_for,
    hands_on,
    mails_by_another,
    school_had_a_hand,
    school_of,
)
from app.signing.invitations.models import Invitation
from app.signing.objections.queries import open_objection
from app.signing.objections.workflow import disown
from app.signing.placements.models import Placement
from app.signing.terminations.models import Termination
from app.workflow.actor import PARTIES, Actor, Role
from app.workflow.engine import Workflow, committed
from app.workflow.locks import lock_row
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Verdict

S = DisputeState
PRESSED = Limit("not me", 10, timedelta(days=1))  # of one account
FROM_ADDRESS = Limit("not me address", 60, timedelta(hours=1))  # a campus shares one


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


def put_right(dispute: Dispute, actor: Actor, now: datetime) -> str | None:
    """After another's hand is confirmed, its phone or address goes first (ACC-15)."""
    if dispute.state != S.CONFIRMED or not disputed_phone_stays(dispute.user_id):
        return None
    return _("The phone or address that was another's is on record still. Have it changed first.")


def note(change: Change) -> None:
    """What was answered, and who had done it, is kept with the account's facts."""
    dispute: Dispute = change.record
    dispute.created_at = change.now
    _keep(change)


def note_too(change: Change) -> None:
    """A further message was answered: whose hand it was counts too."""
    _keep(change)
    change.details["subject"] = change.data["warning"].subject


def _keep(change: Change) -> None:
    dispute: Dispute = change.record
    warning: AccountWarning = change.data["warning"]
    dispute.subject, dispute.contact = warning.subject, change.data["contact"]
    dispute.actor_role, dispute.actor_name = warning.actor_role, warning.actor_name
    dispute.by_school = bool(dispute.by_school) or school_had_a_hand(dispute.user_id)


def keep_answer(change: Change) -> None:
    """What the person said who spoke to the owner."""
    change.record.answer = change.reason


def open_again(change: Change) -> None:
    """The account opens; a password set meanwhile is worth nothing."""
    user = db.session.get_one(AppUser, change.record.user_id)
    if change.source == S.CONFIRMED:
        _mail_back(user, change.actor)
    freezing.thaw(user.id, taken_back=change.source == S.CONFIRMED)
    security_log.note("thaw", user=user, who=change.actor)


def _mail_back(user: AppUser, who: Actor) -> None:
    """A mail that another set on the student's own page goes: the one before it counts, or none."""
    mails = mails_by_another(user)
    if not mails or user.email != mails[-1].new:
        return
    student = db.session.get_one(Student, user.student_id)
    old = mails[0].old
    write_mail(user, student, None if old and email_taken(old, but=user.id) else old)
    db.session.flush()
    security_log.note("change_undone", user=user, who=who)


OFFICE = (Role.SCHOOL, Role.PROVINCE, Role.ADMIN, Role.SECURITY)

DISPUTES: Workflow[Dispute] = Workflow(
    kind="dispute",
    name=_l("Disowned"),
    model=Dispute,
    scope=disputes_for,
    first_locks=lambda dispute: ((AppUser, dispute.user_id),),
    labels=LABELS,
    title=lambda dispute: dispute.name,
    after=(tell,),
    steps=(
        Step(
            "report",
            None,
            S.OPEN,
            by=Role.SYSTEM,
            label=_l("“This was not me”"),
            inner=True,
            fill=(note,),
        ),
        Step(
            "also",
            (S.OPEN, S.CONFIRMED),
            lambda change: S(change.source or S.OPEN),
            by=Role.SYSTEM,
            targets=(S.OPEN, S.CONFIRMED),
            inner=True,
            label=_l("“This was not me”, of a further message"),
            fill=(note_too,),
        ),
        Step(
            "uphold",
            S.OPEN,
            S.CONFIRMED,
            by=OFFICE,
            label=_l("It was another's hand"),
            when=(another_person,),
            reason=Reason.REQUIRED,
            danger=True,
            fill=(keep_answer,),
            confirm=_l(
                "The account stays frozen until its phone and address are the person's own "
                "again. Have you spoken to the person?"
            ),
            done=_l("Confirmed; the account stays frozen until it is put right."),
            verdict=Verdict.APPROVE,
        ),
        Step(
            "clear",
            (S.OPEN, S.CONFIRMED),
            S.CLEARED,
            by=OFFICE,
            label=_l("Open the account again"),
            when=(another_person, province_decides, put_right),
            reason=Reason.REQUIRED,
            fill=(keep_answer,),
            then=(open_again,),
            confirm=_l(
                "The person sets a new password by code to the phone or address on record. "
                "Have you spoken to the person, and is that phone or address its own?"
            ),
            done=_l("The account is open again."),
            verdict={S.OPEN: Verdict.REFUSE},
        ),
    ),
)


def in_dispute(objection: Any, actor: Actor, now: datetime) -> str | None:
    """While the reporter's account is frozen, what it disowned does not go on (INV-20)."""
    column = AppUser.student_id if objection.reporter == Role.STUDENT else AppUser.employer_id
    whose = objection.student_id if objection.reporter == Role.STUDENT else objection.employer_id
    frozen = select(AppUser.id).where(column == whose, AppUser.frozen_at.is_not(None))
    if db.session.scalar(frozen.limit(1)) is None:
        return None
    return _("The account of the person is frozen too. That is cleared first, on “Disowned”.")


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


__all__ = ["DISPUTES", "Behind", "behind", "press", "stop"]
