"""The rules of invitations: sending, answering, changing, ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.people.employers.models import Employer, EmployerState
from app.people.schools.models import School
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.invitations.models import RESPONSE_LABELS, Candidate, Invitation, InvitationState
from app.signing.invitations.notices import tell_of_batch, tell_parties
from app.signing.invitations.queries import invitations_for, open_invitation, sent_from
from app.signing.nudges.workflow import nudge_steps
from app.signing.placements.checks import known_in
from app.signing.placements.guards import blocked_employer, cannot_sign, signing_closed, slot_taken
from app.signing.placements.models import Kind, Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import Terms, differences
from app.workflow.actor import SYSTEM, Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = InvitationState


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
    """While one invitation to a student is open, the same employer sends no second (INV-08, GRD-02)."""
    other = open_invitation(invitation.employer_id, invitation.student_id)
    if other is None:
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


def start_clock(change: Change) -> None:
    """Cooling-off and deadline run from now (INV-10, INV-11, INV-15)."""
    invitation: Invitation = change.record
    hours = settings(invitation.school_id).cooling_off_hours
    invitation.sent_at = change.now
    invitation.opens_at = change.now + timedelta(hours=hours)
    invitation.reply_by = clock.deadline(change.now, invitation.terms.reply_days)
    invitation.read_at = None


def new_terms(change: Change) -> None:
    """An edit is a new version of the terms; the trace says what changed (INV-15)."""
    invitation: Invitation = change.record
    terms: Terms = change.data["terms"]
    if problem := days_refused(invitation.student.school, terms.reply_days):
        raise Refused(problem)
    terms.previous_id, terms.created_at = invitation.terms_id, change.now
    terms.created_by = change.actor.user_id
    with db.session.no_autoflush:
        db.session.add(terms)
        db.session.flush([terms])
    change.details["changed"] = [f.name for f, _old, _new in differences(invitation.terms, terms)]
    invitation.terms = terms


def form_placement(change: Change) -> None:
    """Acceptance forms a placement awaiting attestation (INV-13)."""
    invitation: Invitation = change.record
    student, employer = invitation.student, invitation.employer
    placement = Placement(
        kind=Kind.ONLINE,
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        employer_id=employer.id,
        invitation_id=invitation.id,
        review=settings(student.school_id).signing_review,
        terms=invitation.terms,
        employer_name=employer.name,
        employer_credit_code=employer.credit_code,
        employer_location=employer.location,
        employer_address=employer.address,
        employer_postcode=employer.postcode,
        employer_email=employer.email,
        created_at=change.now,
        **known_in(
            student.graduation_year,
            {"employer_kind": employer.kind, "employer_industry": employer.industry},
        ),
    )
    PLACEMENTS.start("form", placement, change.actor)


READ = _l(
    "I have read the letter and the notice. I know the employer and the position, and I mean to sign."
)

INVITATIONS: Workflow[Invitation] = Workflow(
    kind="invitation",
    name=_l("Invitation"),
    model=Invitation,
    scope=invitations_for,
    first_locks=lambda invitation: ((Student, invitation.student_id),),
    own_locks=lambda who: ((Student, who.student_id),) if who.student_id else (),
    needs=(joinedload(Invitation.employer), joinedload(Invitation.terms)),
    labels=RESPONSE_LABELS,
    title=lambda invitation: invitation.employer.name,
    always=(not_frozen,),
    after=(tell_parties,),
    steps=(
        Step("send", None, S.OPEN, by=Role.EMPLOYER, label=_l("Send"), fresh=(Role.EMPLOYER,),
             when=(employer_approved, student_may_sign, window_open, days_allowed, not_sent_before,
                   no_other_open),
             fill=(start_clock,)),
        Step("amend", S.OPEN, S.OPEN, by=Role.EMPLOYER, label=_l("Edit the invitation"),
             fresh=(Role.EMPLOYER,), when=(in_time, window_open), fill=(new_terms, start_clock)),
        Step("withdraw", S.OPEN, S.WITHDRAWN, by=Role.EMPLOYER, label=_l("Withdraw the invitation"),
             when=(in_time,), reason=Reason.OPTIONAL, danger=True,
             done=_l("The invitation has been withdrawn.")),
        Step("accept", S.OPEN, S.ACCEPTED, by=Role.STUDENT, label=_l("Accept"),
             when=(in_time, i_may_sign, employer_not_blocked, window_open, slot_free, cooled_off),
             then=(form_placement,),
             tick=READ, fresh=(Role.STUDENT,),
             confirm=_l("Once you have accepted you cannot sign with another employer. Accept now?"),
             done=_l("You have accepted. The school attests next; you will be told."),
             verdict=Verdict.APPROVE),
        Step("decline", S.OPEN, S.DECLINED, by=Role.STUDENT, label=_l("Decline"),
             when=(in_time, slot_free), reason=Reason.OPTIONAL, danger=True,
             done=_l("You have declined this invitation."),
             verdict=Verdict.REFUSE),
        *nudge_steps((S.OPEN,), (S.OPEN,), in_time),
        Step("void", S.OPEN, S.WITHDRAWN, by=Role.SCHOOL, label=_l("Close as untrue"), inner=True,
             reason=Reason.REQUIRED, danger=True),
        Step("expire", S.OPEN, S.EXPIRED, by=Role.SYSTEM, label=_l("Expire"), when=(overdue,),
             tone=Tone.REFUSED),
    ),
)  # fmt: skip


@dataclass
class Sent:
    """What became of one sending: the invitations made, and (student, sentence) of those not made."""

    made: list[Invitation] = field(default_factory=list)
    refused: list[tuple[Student, str]] = field(default_factory=list)


def send(
    candidates: Sequence[Candidate], values: Mapping[str, object], actor: Actor, batch: str
) -> Sent:
    """Invite the students of these candidates by one letter, each once, and commit (INV-05, INV-06).

    `batch` names the preview that was sent: the same preview never invites a student twice.
    """
    result = Sent()
    try:
        for candidate in sorted(candidates, key=lambda c: c.student_id):
            try:
                with db.session.begin_nested():
                    result.made.append(_send_one(candidate, values, actor, batch))
            except Refused as refusal:
                result.refused.append((candidate.student, str(refusal)))
        tell_of_batch(result.made, batch)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    return result


def _send_one(
    candidate: Candidate, values: Mapping[str, object], actor: Actor, batch: str
) -> Invitation:
    now = clock.now()
    _expire_between(candidate.employer_id, candidate.student_id, now)
    terms = Terms(**values, created_at=now, created_by=actor.user_id)
    db.session.add(terms)
    db.session.flush()
    student = candidate.student
    invitation = Invitation(
        school_id=student.school_id,
        student_id=student.id,
        employer_id=candidate.employer_id,
        terms_id=terms.id,
        batch=batch,
    )
    with db.session.no_autoflush:
        invitation.student, invitation.terms = student, terms
        invitation.employer = db.session.get_one(Employer, candidate.employer_id)
        INVITATIONS.start("send", invitation, actor)
    db.session.delete(candidate)
    db.session.flush()
    return invitation


def _expire_between(employer_id: int, student_id: int, now: datetime) -> None:
    """What is overdue but not swept gives way in the transaction that meets it (INV-11)."""
    old = open_invitation(employer_id, student_id)
    if old is not None and now >= old.reply_by:
        INVITATIONS.apply("expire", old.id, SYSTEM)


def read(invitation: Invitation) -> None:
    """Remember when the student first opened the letter, and commit; no change of state."""
    if invitation.read_at is None:
        invitation.read_at = clock.now()
        db.session.commit()
