"""The rules of «this is not true»: what is reported rests; the answer ends or frees it (INV-20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.errors import NotYours
from app.people.students.models import Student
from app.signing.invitations.models import Invitation, InvitationState
from app.signing.invitations.queries import invitation_of
from app.signing.objections.effects import end_it, freeze, subject, thaw
from app.signing.objections.models import LABELS, Objection, ObjectionState, ReportWay
from app.signing.objections.notices import tell_parties
from app.signing.objections.queries import objections_for, open_objection
from app.signing.placements.models import HOLDS_SLOT, Placement
from app.signing.placements.queries import placement_in
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow, committed
from app.workflow.steps import Reason, Step
from app.workflow.verdicts import Verdict

S = ObjectionState


def still_alive(objection: Objection, actor: Actor, now: datetime) -> str | None:
    """Only what is open, under review or in force can be reported (INV-20)."""
    about = subject(objection)
    alive = HOLDS_SLOT if isinstance(about, Placement) else (InvitationState.OPEN,)
    return None if about.state in alive else _("This has ended already; nothing is left to report.")


def not_reported(objection: Objection, actor: Actor, now: datetime) -> str | None:
    """One report at a time on one record (INV-20)."""
    other = open_objection(
        placement_id=objection.placement_id, invitation_id=objection.invitation_id
    )
    return None if other is None else _("You have reported this; your school answers next.")


def _locks(objection: Objection) -> tuple[tuple[Any, int], ...]:
    about = subject(objection)
    return ((Student, objection.student_id), (type(about), about.id))


OBJECTIONS: Workflow[Objection] = Workflow(
    kind="objection",
    name=_l("Contested by the student"),
    model=Objection,
    scope=objections_for,
    first_locks=_locks,
    labels=LABELS,
    title=lambda objection: objection.employer_name,
    after=(tell_parties,),
    steps=(
        Step(
            "report",
            None,
            S.OPEN,
            by=Role.STUDENT,
            label=_l("This is not true"),
            binds=False,
            when=(still_alive, not_reported),
            reason=Reason.REQUIRED,
            danger=True,
            fill=(freeze,),
            confirm=_l("Everything rests until your school has answered. Report it now?"),
            done=_l("Reported. Your school answers next; everything rests until then."),
        ),
        Step(
            "disown",
            None,
            S.OPEN,
            by=(Role.STUDENT, Role.EMPLOYER),
            label=_l("This was not me"),
            when=(still_alive, not_reported),
            danger=True,
            fill=(freeze,),
            inner=True,
            frozen_too=True,
            binds=False,
        ),
        Step(
            "uphold",
            S.OPEN,
            S.UPHELD,
            by=Role.SCHOOL,
            label=_l("It is untrue: end it"),
            reason=Reason.REQUIRED,
            danger=True,
            fill=(thaw,),
            then=(end_it,),
            confirm=_l(
                "The signing or invitation ends; both parties read your answer. End it now?"
            ),
            done=_l("Ended: it was untrue."),
            verdict=Verdict.APPROVE,
        ),
        Step(
            "dismiss",
            S.OPEN,
            S.DISMISSED,
            by=Role.SCHOOL,
            label=_l("It is true: let it go on"),
            reason=Reason.REQUIRED,
            fill=(thaw,),
            confirm=_l("Everything goes on as before; both parties read your answer. Answer now?"),
            done=_l("Answered; it goes on."),
            verdict=Verdict.REFUSE,
        ),
    ),
)


def report(
    actor: Actor, reason: str, *, placement_id: int | None = None, invitation_id: int | None = None
) -> Objection:
    """Report one's own invitation or placement as untrue, and commit (INV-20).

    Raises NotYours, Refused, Invalid where the reason is missing.
    """

    def begun() -> Objection:
        if actor.role is not Role.STUDENT:
            raise NotYours("report")
        about: Any = (
            placement_in(actor, placement_id)
            if placement_id is not None
            else invitation_of(actor, invitation_id or 0)
        )
        return OBJECTIONS.start("report", _about(about), actor, reason=reason)

    return committed(begun)


def disown(about: object, actor: Actor, text: str, act: str) -> Objection:
    """The party says by the link of a message that this was not its own act. Not committed (INV-20).

    `act` is the kind of record whose event it was, `text` what the school reads. Raises Refused.
    """
    new = _about(about)
    new.reporter, new.way, new.act = actor.role.value, ReportWay.LINK, act
    return OBJECTIONS.start("disown", new, actor, text=text)


def why_not(about: Any, actor: Actor, now: datetime) -> str:
    """The sentence why this cannot be reported now; empty if it can."""
    return OBJECTIONS.why_not("report", _about(about), actor, now)


def _about(about: Any) -> Objection:
    placement = about if isinstance(about, Placement) else None
    invitation = about if isinstance(about, Invitation) else None
    found = Objection(
        school_id=about.school_id,
        student_id=about.student_id,
        employer_id=about.employer_id,
        placement_id=placement and placement.id,
        invitation_id=invitation and invitation.id,
        employer_name=placement.employer_name if placement else about.employer.name,
    )
    with db.session.no_autoflush:
        found.student, found.placement, found.invitation = about.student, placement, invitation
    return found
