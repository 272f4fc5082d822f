"""The rules of placements: how they are formed, amended, reviewed, come into force and end."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.core import clock
from app.notices.workflow import untell_decision
from app.people.models import OriginState, Student, TrainingMode
from app.placements import effects as then
from app.placements.checks import checked_facts, missing_facts
from app.placements.models import (
    AWAITING,
    HOLDS_SLOT,
    REVIEW_LABELS,
    Kind,
    Placement,
    PlacementState,
)
from app.placements.notices import tell_parties
from app.placements.queries import placement_in, placement_of, placements_for, standing
from app.plan import workflow as plan
from app.settings.models import two_levels
from app.settings.queries import window
from app.terms.models import Terms
from app.workflow.actor import Actor, Role
from app.workflow.decisions import before_decision, just_decided, school_not_acted, still_undoable
from app.workflow.engine import Workflow
from app.workflow.steps import Reason, Step

S = PlacementState


def cannot_sign(student: Student, now: datetime) -> str | None:
    """The sentence why this student may not sign now, and whom to ask; None if it may (ACC-06, ADM-03)."""
    if student.training_mode != TrainingMode.OPEN:
        mode = codes.name("pyfs", student.training_mode)
        return _(
            "Your training mode is “%(mode)s”; only open-mode graduates sign online. "
            "If that is wrong, ask your school's employment office to correct it.",
            mode=mode,
        )
    if student.origin_state != OriginState.APPROVED:
        return _(
            "Your origin record has not been approved by the school yet. "
            "Ask your college officer when it will be."
        )
    state, source, reason = standing(student.id, clock.local(now).date())
    bar = plan.bar(state, source)
    if bar == "reported":
        return _(
            "Your row of the employment plan has been reported already. "
            "Ask your school's employment office to open it first."
        )
    if bar == "staff":
        return _(
            "Your row of the employment plan was filled in by staff. "
            "Ask your school's employment office to clear it first."
        )
    if reason is not None:
        return _(
            "Your school has restricted your signing: %(reason)s Ask the employment office.",
            reason=reason.rstrip("。.") + "。",
        )
    return None


def signing_closed(student: Student, now: datetime) -> str | None:
    """The sentence that the year's signing window is not open; None while it is (ADM-04)."""
    found = window(student.school_id, student.graduation_year)
    day = clock.local(now).date()
    if found is None or found.opens <= day <= found.closes:
        return None
    year, school = student.graduation_year, student.school.name
    if day < found.opens:
        return _(
            "Signing for the graduates of %(year)s at %(school)s opens on %(day)s.",
            year=year, school=school, day=found.opens,
        )  # fmt: skip
    return _(
        "Signing for the graduates of %(year)s at %(school)s closed on %(day)s. "
        "Ask its employment office.",
        year=year, school=school, day=found.closes,
    )  # fmt: skip


def slot_taken(student_id: int) -> str | None:
    """The sentence that another placement is in the way, and what to do; None if the slot is free."""
    other = placement_of(student_id)
    if other is None:
        return None
    if other.state == S.IN_FORCE:
        return _(
            "Your signing with %(employer)s is in force. Only one is possible: "
            "it would have to be terminated first.",
            employer=other.employer_name,
        )
    return _(
        "Your signing with %(employer)s is under review. Wait for the decision: "
        "if it is refused, you can answer here again.",
        employer=other.employer_name,
    )


def slot_free(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A student has at most one placement under way or in force (INV-14, GRD-01)."""
    return slot_taken(placement.student_id)


def slot_still_free(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A refusal is taken back only while the student has signed nowhere else (GRD-01)."""
    other = placement_of(placement.student_id)
    if other is None or other.id == placement.id:
        return None
    return _(
        "The student has signed with %(employer)s in the meantime.", employer=other.employer_name
    )


def not_frozen(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """What the student reported as untrue rests until the school has answered (INV-20)."""
    if not placement.frozen:
        return None
    return _("The student reported this as untrue. It rests until the school has answered.")


def facts_complete(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Nature, industry and region of the employer are known before approval (AGR-03)."""
    missing = missing_facts(placement)
    if not missing:
        return None
    return _("Fill in the employer's %(missing)s first.", missing=_(", ").join(missing))


def plan_row_free(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A plan row that staff filled or reported is not overwritten silently (PLN-03, PLN-06)."""
    if plan.bars_signing(placement.student_id) is None:
        return None
    return _(
        "The student's plan row was filled by staff or is reported. Clear it in the plan first."
    )


def not_reviewed(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Terms are amended after acceptance and before any review (INV-16)."""
    if placement.state == S.IN_FORCE:
        return _("The signing is in force. To change the terms, terminate it, then sign anew.")
    if placement.reviewed_at is None:
        return None
    return _(
        "A review has begun. To change the terms, ask the school to refuse this signing, "
        "then send a new invitation."
    )


def answer_in_time(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A proposal that ran out of time is no longer answered (INV-16)."""
    if placement.answer_by is None or now < placement.answer_by:
        return None
    return _(
        "The time to answer ended on %(until)s; the old terms stay.",
        until=clock.shown_deadline(placement.answer_by),
    )


def answer_overdue(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Only an unanswered proposal whose time is over ends by itself (INV-16)."""
    return None if answer_in_time(placement, actor, now) else _("There is still time to answer.")


def lapsed(placement: Placement, now: datetime) -> tuple[str, StrEnum] | None:
    """An amendment without an answer ends by itself, with or without a worker (INV-11, INV-16)."""
    if placement.state != S.AMENDING or placement.answer_by is None or now < placement.answer_by:
        return None
    return "expire_terms", then.waits_at(placement)


def decided(placement: Placement, actor: Actor) -> bool:
    """Whether this person has just decided on it."""
    return just_decided(placement, actor) is not None


def online(placement: Placement, _actor: Actor) -> bool:
    """Whether it was signed online."""
    return bool(placement.kind == Kind.ONLINE)


OFFICE = (Role.COLLEGE, Role.SCHOOL)
READ_NEW = _l("I have compared the old and the new terms, and I agree to the new ones.")
REFUSED_DONE = _l("Refused; both parties will be told.")

PLACEMENTS: Workflow[Placement] = Workflow(
    kind="placement",
    name=_l("Placement"),
    model=Placement,
    scope=placements_for,
    first_locks=lambda placement: ((Student, placement.student_id),),
    labels=REVIEW_LABELS,
    title=lambda placement: placement.employer_name,
    always=(not_frozen,),
    lapse=lapsed,
    after=(tell_parties,),
    steps=(
        Step("form", None, then.first_review, by=Role.STUDENT, label=_l("Sign"), inner=True,
             targets=AWAITING, when=(slot_free,)),
        Step("propose_terms", AWAITING, S.AMENDING, by=Role.EMPLOYER, label=_l("Propose other terms"),
             when=(not_reviewed,), applies=online, fill=(then.keep_proposal,),
             done=_l("Proposed; the student has been told, and the review waits.")),
        Step("agree_terms", S.AMENDING, then.first_review, by=Role.STUDENT, targets=AWAITING,
             label=_l("Agree to the new terms"), when=(answer_in_time,), fill=(then.take_proposal,),
             tick=READ_NEW, fresh=(Role.STUDENT,),
             confirm=_l("From now on the new terms count. Agree now?"),
             done=_l("The new terms count. The review goes on.")),
        Step("decline_terms", S.AMENDING, then.first_review, by=Role.STUDENT, targets=AWAITING,
             label=_l("Keep the old terms"), when=(answer_in_time,), fill=(then.drop_proposal,),
             reason=Reason.OPTIONAL, done=_l("The old terms stay. The review goes on.")),
        Step("take_back_terms", S.AMENDING, then.first_review, by=Role.EMPLOYER, targets=AWAITING,
             label=_l("Take the proposal back"), fill=(then.drop_proposal,),
             done=_l("Taken back; the old terms stay.")),
        Step("expire_terms", S.AMENDING, then.first_review, by=Role.SYSTEM, targets=AWAITING,
             label=_l("The proposal expires"), when=(answer_overdue,), fill=(then.drop_proposal,)),
        Step("attest_college", S.AWAITING_COLLEGE, then.after_college, by=Role.COLLEGE,
             label=_l("Approve (college)"), targets=(S.AWAITING_SCHOOL, S.IN_FORCE),
             when=(facts_complete, plan_row_free), bulk=True, undoable=True,
             fill=(then.mark_reviewed,), then=(then.come_into_force,), done=_l("Approved.")),
        Step("refuse_college", S.AWAITING_COLLEGE, S.REFUSED, by=Role.COLLEGE,
             label=_l("Refuse (college)"), reason=Reason.REQUIRED, bulk=True, danger=True,
             undoable=True, fill=(then.mark_reviewed,), done=REFUSED_DONE),
        Step("withdraw_college", S.AWAITING_SCHOOL, S.AWAITING_COLLEGE, by=Role.COLLEGE,
             label=_l("Take our approval back"), reason=Reason.REQUIRED, applies=two_levels,
             when=(school_not_acted,),
             done=_l("Taken back; it waits for your college again.")),
        Step("attest", S.AWAITING_SCHOOL, S.IN_FORCE, by=Role.SCHOOL, label=_l("Attest"),
             when=(facts_complete, plan_row_free), bulk=True, undoable=True,
             fill=(then.mark_reviewed,), then=(then.come_into_force,),
             done=_l("Attested: the agreement is in force.")),
        Step("refuse", S.AWAITING_SCHOOL, S.REFUSED, by=Role.SCHOOL, label=_l("Refuse"),
             reason=Reason.REQUIRED, bulk=True, danger=True, undoable=True,
             fill=(then.mark_reviewed,), done=REFUSED_DONE),
        Step("send_back", S.AWAITING_SCHOOL, S.AWAITING_COLLEGE, by=Role.SCHOOL,
             label=_l("Send back to the college"), reason=Reason.REQUIRED, bulk=True,
             applies=two_levels, done=_l("Sent back; the college looks at it again.")),
        Step("undo", (S.AWAITING_SCHOOL, S.IN_FORCE, S.REFUSED), before_decision, by=OFFICE,
             label=_l("Undo the decision"), targets=AWAITING, applies=decided, bulk=True,
             when=(still_undoable, slot_still_free), fill=(then.not_reviewed_after_all, untell_decision),
             then=(then.go_out_of_force,), done=_l("Undone; nobody has been told.")),
        Step("reopen", S.IN_FORCE, then.last_review, by=Role.SCHOOL, label=_l("Withdraw the review"),
             targets=AWAITING, reason=Reason.REQUIRED, danger=True, applies=online,
             then=(then.go_out_of_force,),
             confirm=_l("The agreement is void until it is approved anew. Withdraw the review now?"),
             done=_l("Withdrawn; it waits for a decision again.")),
        Step("restore", S.REFUSED, then.where_refused, by=Role.SCHOOL, label=_l("Take the refusal back"),
             targets=AWAITING, reason=Reason.REQUIRED, when=(slot_still_free,),
             confirm=_l("The signing waits for a decision again, and the student can sign nowhere "
                        "else meanwhile. Take the refusal back now?"),
             done=_l("The refusal is taken back; it waits for a decision again.")),
        Step("end", S.IN_FORCE, S.TERMINATED, by=OFFICE, label=_l("End"), inner=True,
             then=(then.go_out_of_force,)),
        Step("void", HOLDS_SLOT, S.REFUSED, by=Role.SCHOOL, label=_l("Close as untrue"), inner=True,
             reason=Reason.REQUIRED, danger=True, fill=(then.drop_proposal,),
             then=(then.go_out_of_force,)),
        Step("revive", S.TERMINATED, S.IN_FORCE, by=OFFICE, label=_l("In force again"), inner=True,
             when=(slot_still_free,), then=(then.come_into_force,)),
        Step("complete_facts_college", S.AWAITING_COLLEGE, S.AWAITING_COLLEGE, by=OFFICE,
             label=_l("Complete the employer's facts"), fill=(then.keep_facts,),
             done=_l("The employer's facts are complete.")),
        Step("complete_facts", S.AWAITING_SCHOOL, S.AWAITING_SCHOOL, by=Role.SCHOOL,
             label=_l("Complete the employer's facts"), fill=(then.keep_facts,),
             done=_l("The employer's facts are complete.")),
    ),
)  # fmt: skip


def fill_facts(placement_id: int, actor: Actor, values: dict[str, str]) -> Placement:
    """Fill in the employer's nature, industry and region while a review waits, and commit (AGR-03).

    Raises NotYours outside the scope, Refused once decided, Invalid beside the field.
    """
    known = checked_facts(values)
    college = placement_in(actor, placement_id).state == S.AWAITING_COLLEGE
    step = "complete_facts_college" if college else "complete_facts"
    return PLACEMENTS.perform(step, placement_id, actor, values=known)


def propose_terms(placement_id: int, actor: Actor, values: dict[str, object]) -> Placement:
    """Propose other terms for a signing that nobody has reviewed yet, and commit (INV-16).

    `values` as for an invitation letter. Raises NotYours, Refused.
    """
    return PLACEMENTS.perform("propose_terms", placement_id, actor, terms=Terms(**values))
