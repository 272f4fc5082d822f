"""The guards of terminations: each a sentence why a step is not possible, or None; one place a rule."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.core import clock
from app.files.documents import files
from app.settings.queries import settings
from app.signing.placements.models import Kind, Placement
from app.signing.terminations.chances import chances_left
from app.signing.terminations.models import LABELS, Termination, TerminationState
from app.signing.terminations.queries import running
from app.signing.terminations.tasks import RECORD
from app.workflow.actor import PARTIES, Actor

S = TerminationState


def in_force(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """Only a placement in force can be terminated, not while its own review runs (TRM-01)."""
    if termination.placement.in_force:
        return None
    return _("Only a signing in force can be terminated.")


def made_online(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """Both parties act here only on online signings; others are undone with a proof (TRM-02, TRM-06)."""
    if termination.placement.kind == Kind.ONLINE:
        return None
    return _("This is not an online signing: the student applies to the school with a proof.")


def not_online(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """What was not signed online is undone by the student with a proof (TRM-06, DST-03)."""
    if termination.placement.kind != Kind.ONLINE:
        return None
    return _("This is an online signing: apply here, and the other party agrees here.")


def none_running(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """One termination of a placement at a time (TRM-01, GRD-03)."""
    other = running(termination.placement_id)
    if other is None or other.id == termination.id:
        return None
    if actor.role in PARTIES and other.state == S.AWAITING_SECOND:  # not announced yet
        return _("The school is dealing with this signing. Ask its employment office.")
    return _("A termination is under way already: %(state)s.", state=LABELS[S(other.state)])


def chance_left(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """One approved termination per student and year; the school can grant another (TRM-05)."""
    if termination.placement.kind == Kind.DESTINATION:
        return None  # leaving a destination undoes no signing
    if chances_left(termination.student_id, termination.school_id, now):
        return None
    return _(
        "The termination allowed this year has been used up. "
        "Ask the school's employment office: it can grant another one."
    )


def no_answer(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """The school mediates once the other party refused, or let ten working days pass (TRM-09)."""
    if termination.state == S.DECLINED or now >= termination.reply_by:
        return None
    return _(
        "The other party has until %(until)s to answer; after that the school can mediate.",
        until=clock.shown_deadline(termination.reply_by),
    )


def evidence_there(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """A one-sided review needs evidence among the files (TRM-09)."""
    if files.count(RECORD, termination.id):
        return None
    return _("Add the evidence first: without it nothing is ended against one party's will.")


def not_frozen(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """What the student reported as untrue rests until the school has answered (INV-20)."""
    if not termination.placement.frozen:
        return None
    return _(
        "This was reported as untrue or as another hand's act. It rests until the school has answered."
    )


def placement_fits(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """A decision is undone while the placement is as the decision left it (TRM-01, TRM-04)."""
    return None if termination.is_approved else in_force(termination, actor, now)


def may_be_forced(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """Paper signings can be ended by force; online ones where the school has set so (AGR-09)."""
    paper = termination.placement.kind == Kind.OFFLINE
    if paper or settings(termination.school_id).forced_online:
        return None
    return _("Your school's settings allow forced termination of paper signings only.")


def another_person(termination: Termination, actor: Actor, now: datetime) -> str | None:
    """Nobody decides what he applied for; a forced termination needs a second person (AGR-13, AGR-09)."""
    if termination.starter_id != actor.user_id:
        return None
    return _("You began this yourself: a colleague has to decide.")


def no_termination(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A review is not withdrawn or undone while a termination runs (TRM-01)."""
    if running(placement.id) is None:
        return None
    return _("A termination is under way. Decide or close it first.")
