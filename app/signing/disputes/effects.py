"""What follows the steps about a disowned act: what was answered is kept, the account opens again."""

from __future__ import annotations

from app.accounts import freezing, security_log
from app.accounts.identifiers import email_taken
from app.accounts.models import AppUser
from app.accounts.one_mail import write_mail
from app.accounts.warning_models import AccountWarning
from app.core.db import db
from app.people.students.models import Student
from app.signing.disputes.models import Dispute, DisputeState
from app.signing.disputes.queries import (
    mails_by_another,
    school_had_a_hand,
)
from app.workflow.actor import Actor
from app.workflow.steps import Change

S = DisputeState


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
