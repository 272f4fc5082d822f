"""The rules of invitations: sending, answering, changing, ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.signing.invitations.effects import form_placement, more_days, new_terms, start_clock
from app.signing.invitations.guards import (
    cooled_off,
    days_allowed,
    days_left_to_give,
    employer_approved,
    employer_not_blocked,
    i_may_sign,
    in_time,
    no_other_open,
    not_frozen,
    not_sent_before,
    overdue,
    slot_free,
    student_may_sign,
    window_open,
)
from app.signing.invitations.models import RESPONSE_LABELS, Candidate, Invitation, InvitationState
from app.signing.invitations.notices import tell_of_batch, tell_parties
from app.signing.invitations.queries import invitations_for, open_invitation
from app.signing.nudges.workflow import nudge_steps
from app.signing.terms.models import Terms
from app.workflow.actor import SYSTEM, Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = InvitationState


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
        Step("extend", S.OPEN, S.OPEN, by=Role.EMPLOYER, label=_l("Give more time to answer"),
             when=(in_time, window_open, days_left_to_give), fill=(more_days,), typed=True),
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


def why_not_invite(
    student: Student, employer: Employer, actor: Actor, now: datetime, *, days: int = 1
) -> str:
    """Why this student cannot be invited now to answer within so many days; empty where it can (INV-08)."""
    probe = Invitation(
        batch="", school_id=student.school_id, student_id=student.id, employer_id=employer.id
    )
    with db.session.no_autoflush:
        probe.student, probe.employer, probe.terms = student, employer, Terms(reply_days=days)
        return INVITATIONS.why_not("send", probe, actor, now)


def read(invitation: Invitation) -> None:
    """Remember when the student first opened the letter, and commit; no change of state."""
    if invitation.read_at is None:
        invitation.read_at = clock.now()
        db.session.commit()
