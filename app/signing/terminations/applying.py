"""A termination begins: by a party's request, with a proof, or by the school's own act (TRM-01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from app.accounts.acts import Birth
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.files.documents.attachments import Upload
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.settings.queries import settings
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placement_in
from app.signing.terminations import effects as then
from app.signing.terminations.models import (
    Chance,
    Termination,
    Way,
)
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.consent import checked_reason
from app.workflow.engine import committed
from app.workflow.steps import Reason

FROM_PLACEMENT = ("school_id", "college_id", "student_id", "employer_id")


def request(placement_id: int, actor: Actor, reason: str, *, agreed: bool) -> Termination:
    """Apply for the termination of one's own online signing, and commit (TRM-02).

    Raises NotYours, Refused, Invalid for a missing tick or reason.
    """
    return _begin("request", placement_id, actor, reason, agreed=agreed)


def apply_with_proof(
    placement_id: int, actor: Actor, reason: str, proofs: Sequence[Upload]
) -> Termination:
    """Apply to undo one's own paper signing or to leave a destination, and commit (TRM-06, DST-03).

    `proofs` are decoded uploads; they are kept with the application or not at all.
    Raises NotYours, Refused, Invalid for a missing reason or proof.
    """
    if not proofs:
        raise Invalid([("files", _("Add the proof: a photo or a scan of the stamped paper."))])
    return _begin("apply_with_proof", placement_id, actor, reason, proofs=proofs)


def force(placement_id: int, actor: Actor, reason: str) -> Termination:
    """End a placement by the school's own act, its running termination closed with it, and commit.

    Waits for a second person where the school has set so (AGR-09). Raises NotYours, Refused, Invalid.
    """
    return _begin("force", placement_id, actor, reason)


def grant_chance(student_id: int, actor: Actor, reason: str, *, known: int | None = None) -> Chance:
    """Let a student terminate once more this year, once for `known` grants seen; commit (TRM-05).

    Raises NotYours outside the school's scope, Invalid for the reason, Refused for a stale page.
    """
    mine = students_for(actor).where(Student.id == student_id).with_for_update(of=Student)

    def granted() -> Chance:
        student = db.session.execute(mine).scalar_one_or_none()
        if student is None or actor.role is not Role.SCHOOL:
            raise NotYours(f"student {student_id}")
        return then.grant(student, actor, checked_reason(Reason.REQUIRED, reason), known)

    return committed(granted)


def applies_by(placement: Placement, actor: Actor) -> str:
    """The step with which this party applies: with a proof where it was not signed online (TRM-06)."""
    proved = placement.kind != Kind.ONLINE and actor.role is Role.STUDENT
    return "apply_with_proof" if proved else "request"


def why_not(step: str, placement: Placement, actor: Actor, now: datetime) -> str:
    """The sentence why the actor cannot begin a termination of this placement; empty if it can."""
    return TERMINATIONS.why_not(step, _new(placement, step), actor, now)


def birth(step: str, actor: Actor, placement_id: int) -> Birth:
    """What a code for applying stands on: the signing as it is now."""
    placement = placement_in(actor, placement_id)
    probe = _new(placement, step)
    refusal = TERMINATIONS.why_not(step, probe, actor, clock.now())
    return Birth(probe, f"{placement.id} {placement.changed_at.isoformat()}", refusal)


def _way(placement: Placement, step: str) -> Way:
    if step == "force":
        return Way.FORCED
    if step == "apply_with_proof":
        return Way.RELEASE if placement.kind == Kind.DESTINATION else Way.PROOF
    return Way.AGREED


def _new(placement: Placement, step: str) -> Termination:
    found = Termination(
        way=_way(placement, step),
        review=settings(placement.school_id).termination_review,
        placement_id=placement.id,
        **{name: getattr(placement, name) for name in FROM_PLACEMENT},
    )
    found.placement = placement
    return found


def _begin(step: str, placement_id: int, actor: Actor, reason: str, **data: object) -> Termination:
    def begun() -> Termination:
        placement = placement_in(actor, placement_id)
        new = _new(placement, step)
        return TERMINATIONS.start(step, new, actor, reason=reason, **data)

    return committed(begun)
