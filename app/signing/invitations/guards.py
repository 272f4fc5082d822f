"""The guards of invitations: each a sentence why a step is not possible, or None."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.core import clock
from app.people.employers.models import EmployerState
from app.people.schools.models import School
from app.settings.queries import settings
from app.signing.invitations.models import Invitation
from app.signing.invitations.queries import open_invitation, sent_from
from app.signing.placements.guards import slot_taken
from app.signing.placements.may_sign import blocked_employer, cannot_sign, signing_closed
from app.workflow.actor import Actor


def employer_approved(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """Only an employer that a school approved and that filled its profile invites (ACC-07, ACC-08)."""
    employer = invitation.employer
    if employer.state != EmployerState.APPROVED:
        return _("Your school of registration has not approved your account yet.")
    if employer.profile_at is None:
        return _("Please complete your signing profile first.")
    return None


def employer_not_blocked(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """What a blocked employer has sent cannot be accepted while the block lasts (ADM-06)."""
    return blocked_employer(invitation.employer)


def student_may_sign(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """A student who may not sign cannot be invited; the employer is not told why (INV-01)."""
    if cannot_sign(invitation.student, now) is None:
        return None
    return _(
        "%(student)s cannot sign at present; please ask the school.",
        student=invitation.student.name,
    )


def i_may_sign(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """The student itself is told which condition is missing and whom to ask (ACC-06)."""
    return cannot_sign(invitation.student, now)


def window_open(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """Outside the school's signing window nobody invites or accepts (ADM-04)."""
    return signing_closed(invitation.student, now)


def days_allowed(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """A school bounds the days that its students may be given to answer (ADM-05)."""
    return days_refused(invitation.student.school, invitation.terms.reply_days)


def days_refused(school: School, days: int) -> str | None:
    """The sentence that a school allows fewer days to answer; None where it allows these."""
    most = settings(school.id).reply_days_most
    if days <= most:
        return None
    return _("%(school)s allows at most %(most)s days to answer.", school=school.name, most=most)


def days_left_to_give(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """Nobody extends beyond the days that the school allows, counted from the sending (ADM-05)."""
    most = settings(invitation.school_id).reply_days_most
    if invitation.terms.reply_days < most:
        return None
    return _(
        "This letter has the %(most)s days from its sending that the school allows at most.",
        most=most,
    )


def not_frozen(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """What the student reported as untrue rests until the school has answered (INV-20)."""
    if not invitation.frozen:
        return None
    return _(
        "This was reported as untrue or as another hand's act. It rests until the school has answered."
    )


def not_sent_before(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """One preview invites a student once, however often it is sent (INV-06)."""
    if not sent_from(invitation.batch, invitation.student_id):
        return None
    return _("%(student)s was already invited by this letter.", student=invitation.student.name)


def no_other_open(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """While one invitation to a student is open, the same employer sends no second (INV-08, GRD-02).

    One that is overdue gives way to the new one, marked or not (INV-11).
    """
    other = open_invitation(invitation.employer_id, invitation.student_id)
    if other is None or now >= other.reply_by:
        return None
    return _(
        "%(student)s already has an invitation of yours, open until %(until)s.",
        student=invitation.student.name,
        until=clock.shown_deadline(other.reply_by),
    )


def in_time(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """An overdue invitation accepts no answer, whether or not a worker has marked it (INV-11)."""
    if now < invitation.reply_by:
        return None
    return _(
        "This invitation ended on %(until)s. Ask the employer to invite again.",
        until=clock.shown_deadline(invitation.reply_by),
    )


def overdue(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """Only what is overdue expires (INV-11)."""
    return None if now >= invitation.reply_by else _("This invitation is not overdue yet.")


def cooled_off(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """Accepting opens an hour after sending (INV-10; manual 003: one hour to think it over)."""
    if now >= invitation.opens_at:
        return None
    return _(
        "Time to think it over: accepting opens at %(at)s.",
        at=clock.shown_deadline(invitation.opens_at),
    )


def slot_free(invitation: Invitation, actor: Actor, now: datetime) -> str | None:
    """While another placement is under way or in force, an invitation can only be read (INV-14)."""
    return slot_taken(invitation.student_id)
