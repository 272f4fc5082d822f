"""What follows the steps of a termination: clock, review path, the end of the placement, the letter."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Refused
from app.files.documents.issued import void_documents
from app.people.students.models import Student
from app.settings.calendar import working_deadline
from app.settings.models import Review
from app.settings.queries import settings
from app.signing.placements.queries import has_agreement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.chances import chances_granted
from app.signing.terminations.evidence import keep
from app.signing.terminations.models import Chance, Termination, TerminationState, Way
from app.signing.terminations.notices import tell_chance
from app.signing.terminations.tasks import LETTER, RECORD, make_letter
from app.workflow.actor import Actor
from app.workflow.steps import Change

S = TerminationState


def begin(change: Change) -> None:
    """The other party has ten working days (TRM-09)."""
    termination: Termination = change.record
    set_by_school = settings(termination.school_id)
    termination.reply_by = working_deadline(
        change.now, set_by_school.termination_days, termination.school_id
    )
    termination.created_at = change.now
    termination.reason = change.reason
    termination.started_by, termination.starter_id = change.actor.role, change.actor.user_id


def keep_proofs(change: Change) -> None:
    """The files that came with the application stay with it (TRM-06)."""
    termination: Termination = change.record
    for upload in change.data["proofs"]:
        keep(termination, change.actor, upload)


def first_review(change: Change) -> StrEnum:
    """Where the review begins: at the college where it takes part, else at the school (AGR-06)."""
    school_alone = change.record.review == Review.SCHOOL
    return S.AWAITING_SCHOOL if school_alone else S.AWAITING_COLLEGE


def after_college(change: Change) -> StrEnum:
    """After the college's approval the school decides, unless the college decides alone (AGR-06)."""
    return S.APPROVED if change.record.review == Review.COLLEGE else S.AWAITING_SCHOOL


def after_force(change: Change) -> StrEnum:
    """Where two persons are needed the first one's act waits for the second (AGR-09)."""
    two = settings(change.record.school_id).forced_by_two
    return S.AWAITING_SECOND if two else S.APPROVED


def one_sided(change: Change) -> None:
    """From here on it is reviewed on evidence, without the other party's consent (TRM-09)."""
    change.record.way = Way.ONE_SIDED


def end_placement(change: Change) -> None:
    """Approved: placement ended, plan row back, agreement void, letter made (TRM-04, GRD-06)."""
    termination: Termination = change.record
    if not termination.is_approved:
        return
    termination.approved_at = change.now
    PLACEMENTS.apply("end", termination.placement_id, change.actor)
    if has_agreement(termination.placement):
        jobs.enqueue(make_letter, termination_id=termination.id)


def revive_placement(change: Change) -> None:
    """An approval undone in time: the signing is in force as before, the letter void."""
    termination: Termination = change.record
    if change.source != S.APPROVED:
        return
    termination.approved_at = None
    PLACEMENTS.apply("revive", termination.placement_id, change.actor)
    void_documents(RECORD, termination.id, LETTER, change.now)


def grant(student: Student, actor: Actor, reason: str, known: int | None) -> Chance:
    """One more chance this year, unless others than the `known` ones were granted (TRM-05)."""
    year = clock.today().year
    if known not in (None, chances_granted(student.id, year)):
        raise Refused(_("One more was granted a moment ago. Look again before another."))
    chance = Chance(
        school_id=student.school_id,
        student_id=student.id,
        year=year,
        reason=reason,
        granted_by=actor.user_id,
        granted_at=clock.now(),
    )
    db.session.add(chance)
    db.session.flush()
    tell_chance(chance, student)
    return chance
