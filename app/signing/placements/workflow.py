"""The rules of placements: how they are formed, amended, reviewed, come into force and end."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.notices.workflow import untell_decision
from app.people.students.models import Student
from app.settings.models import two_levels
from app.signing.nudges.workflow import college_had_its_time, nudge_steps, stands_in
from app.signing.placements import effects as then
from app.signing.placements import levels
from app.signing.placements.checks import checked_facts
from app.signing.placements.guards import (
    answer_in_time,
    answer_overdue,
    can_be_printed,
    employer_not_blocked,
    facts_complete,
    may_enter,
    no_other_unsettled,
    not_frozen,
    not_reviewed,
    scan_there,
    slot_free,
    slot_still_free,
)
from app.signing.placements.labels import REVIEW_LABELS
from app.signing.placements.models import (
    AWAITING,
    FORMS,
    HOLDS_SLOT,
    REVIEWS,
    Kind,
    Placement,
    PlacementState,
)
from app.signing.placements.notices import tell_parties
from app.signing.placements.queries import placement_in, placements_for, unsettled_of
from app.signing.terms.models import Terms
from app.workflow.actor import SYSTEM, Actor, Role
from app.workflow.decisions import before_decision, just_decided, school_not_acted, still_undoable
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = PlacementState


def lapsed(placement: Placement, now: datetime) -> tuple[str, StrEnum] | None:
    """An amendment without an answer ends by itself, with or without a worker (INV-11, INV-16)."""
    if placement.state != S.AMENDING or placement.answer_by is None or now < placement.answer_by:
        return None
    return "expire_terms", levels.waits_at(placement)


def decided(placement: Placement, actor: Actor) -> bool:
    """Whether this person has just decided on it."""
    return just_decided(placement, actor) is not None


def online(placement: Placement, _actor: Actor) -> bool:
    """Whether it was signed online."""
    return bool(placement.kind == Kind.ONLINE)


def give_way(change: Change) -> None:
    """What settles nothing gives way by itself to what comes into force (DST-05)."""
    placement: Placement = change.record
    if placement.state != S.IN_FORCE:
        return
    for other in unsettled_of(placement.student_id, (*AWAITING, S.IN_FORCE)):
        if other.id != placement.id and (placement.settles or other.state == S.IN_FORCE):
            PLACEMENTS.apply("give_way", other.id, SYSTEM)


OFFICE = (Role.COLLEGE, Role.SCHOOL)
COLLEGE_LEVEL, SCHOOL_LEVEL = (
    (S.FORM_COLLEGE, S.AWAITING_COLLEGE),
    (S.FORM_SCHOOL, S.AWAITING_SCHOOL),
)
REFUSALS = (S.REFUSED, S.AWAITING_SCAN)
READ_NEW = _l("I have compared the old and the new terms, and I agree to the new ones.")
REFUSED_DONE = _l("Refused.")
FORM_REFUSED = _l("Refused; the student can correct it.")

# 代审: what the school does in a college's place, once it has had its time (AGR-17)
_NUMBERED: dict[str, Any] = {"fill": (then.mark_reviewed, then.number)}
_REFUSING: dict[str, Any] = {
    "danger": True,
    "fill": (then.mark_reviewed,),
    "when": (college_had_its_time,),
}
FOR_COLLEGE: tuple[tuple[str, S, Any, Any, tuple[S, ...], dict[str, Any]], ...] = (
    (
        "approve_form",
        S.FORM_COLLEGE,
        levels.after_college_form,
        _l("Approve the form in the college's place"),
        (S.FORM_SCHOOL, S.AWAITING_SCAN),
        {
            **_NUMBERED,
            "when": (college_had_its_time, can_be_printed),
            "then": (then.print_form,),
            "done": _l("Approved in the college's place."),
        },
    ),
    (
        "refuse_form",
        S.FORM_COLLEGE,
        S.REFUSED,
        _l("Refuse the form in the college's place"),
        (S.REFUSED,),
        {**_REFUSING, "done": FORM_REFUSED},
    ),
    (
        "attest",
        S.AWAITING_COLLEGE,
        levels.after_college,
        _l("Approve in the college's place"),
        (S.AWAITING_SCHOOL, S.IN_FORCE),
        {
            **_NUMBERED,
            "when": (college_had_its_time, facts_complete, can_be_printed),
            "then": (give_way, then.come_into_force),
            "done": _l("Approved in the college's place."),
        },
    ),
    (
        "refuse",
        S.AWAITING_COLLEGE,
        levels.when_refused,
        _l("Refuse in the college's place"),
        REFUSALS,
        {**_REFUSING, "done": REFUSED_DONE},
    ),
)

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
        Step("form", None, levels.first_review, by=Role.STUDENT, label=_l("Sign"), inner=True,
             targets=AWAITING),  # accepting the invitation has asked its guards
        Step("generate", None, levels.first_form_review, by=Role.STUDENT, targets=FORMS, inner=True,
             fresh=(Role.STUDENT,),
             label=_l("Generate the agreement"), when=(slot_free, may_enter, employer_not_blocked)),
        Step("submit", None, levels.first_review, by=Role.STUDENT, targets=AWAITING, inner=True,
             fresh=(Role.STUDENT,),
             label=_l("Submit the destination"), when=(slot_free, may_enter, no_other_unsettled)),
        Step("propose_terms", AWAITING, S.AMENDING, by=Role.EMPLOYER, label=_l("Propose other terms"),
             fresh=(Role.EMPLOYER,), when=(not_reviewed,), applies=online, fill=(then.keep_proposal,),
             done=_l("Proposed; the review waits.")),
        Step("agree_terms", S.AMENDING, levels.first_review, by=Role.STUDENT, targets=AWAITING,
             label=_l("Agree to the new terms"), when=(answer_in_time,), fill=(then.take_proposal,),
             tick=READ_NEW, fresh=(Role.STUDENT,),
             confirm=_l("The new terms take the place of the old ones. Agree now?"),
             done=_l("The new terms took the place of the old ones. The review goes on."),
             verdict=Verdict.APPROVE),
        Step("decline_terms", S.AMENDING, levels.first_review, by=Role.STUDENT, targets=AWAITING,
             label=_l("Keep the old terms"), when=(answer_in_time,), fill=(then.drop_proposal,),
             reason=Reason.OPTIONAL, done=_l("The old terms stay. The review goes on."),
             verdict=Verdict.REFUSE),
        Step("take_back_terms", S.AMENDING, levels.first_review, by=Role.EMPLOYER, targets=AWAITING,
             label=_l("Take the proposal back"), fill=(then.drop_proposal,),
             done=_l("Taken back; the old terms stay.")),
        Step("expire_terms", S.AMENDING, levels.first_review, by=Role.SYSTEM, targets=AWAITING,
             label=_l("The proposal expires"), when=(answer_overdue,), fill=(then.drop_proposal,),
             tone=Tone.REFUSED),
        Step("approve_form_college", S.FORM_COLLEGE, levels.after_college_form, by=Role.COLLEGE,
             label=_l("Approve the form (college)"), targets=(S.FORM_SCHOOL, S.AWAITING_SCAN),
             when=(can_be_printed,),
             bulk=True, undoable=True, fill=(then.mark_reviewed, then.number), then=(then.print_form,),
             done=_l("Approved."),
             verdict=Verdict.APPROVE),
        Step("refuse_form_college", S.FORM_COLLEGE, S.REFUSED, by=Role.COLLEGE,
             label=_l("Refuse the form (college)"), reason=Reason.REQUIRED, bulk=True, danger=True,
             undoable=True, fill=(then.mark_reviewed,), done=FORM_REFUSED,
             verdict=Verdict.REFUSE),
        Step("approve_form", S.FORM_SCHOOL, S.AWAITING_SCAN, by=Role.SCHOOL,
             label=_l("Approve the form"), when=(can_be_printed,), bulk=True, undoable=True,
             fill=(then.mark_reviewed, then.number), then=(then.print_form,),
             done=_l("Approved and numbered; the student prints it and has it stamped."),
             verdict=Verdict.APPROVE),
        Step("refuse_form", S.FORM_SCHOOL, S.REFUSED, by=Role.SCHOOL, label=_l("Refuse the form"),
             reason=Reason.REQUIRED, bulk=True, danger=True, undoable=True,
             fill=(then.mark_reviewed,), done=FORM_REFUSED,
             verdict=Verdict.REFUSE),
        Step("hand_in", S.AWAITING_SCAN, levels.first_review, by=Role.STUDENT, targets=AWAITING,
             label=_l("Hand in the stamped agreement"), when=(scan_there,), fresh=(Role.STUDENT,),
             confirm=_l("Are all pages signed and stamped, and readable? Hand them in now?"),
             done=_l("Handed in. The school reviews it next."),
             verdict=Verdict.APPROVE),
        Step("ask_give_up", S.AWAITING_SCAN, S.GIVING_UP, by=Role.STUDENT, danger=True,
             label=_l("Give up this signing"), reason=Reason.REQUIRED, fresh=(Role.STUDENT,),
             confirm=_l("The school has to confirm; then the number is void. Ask to give up now?"),
             done=_l("Asked. You are free once the school has confirmed.")),
        Step("go_on", S.GIVING_UP, S.AWAITING_SCAN, by=Role.STUDENT, label=_l("Go on after all"),
             done=_l("The signing goes on. Upload the stamped agreement.")),
        Step("give_up", S.GIVING_UP, S.GIVEN_UP, by=Role.SCHOOL, label=_l("Confirm giving up"),
             danger=True, then=(then.go_out_of_force,),
             confirm=_l("The number becomes void and the student is free. Confirm now?"),
             done=_l("Given up; the student is free."),
             verdict=Verdict.APPROVE),
        Step("keep", S.GIVING_UP, S.AWAITING_SCAN, by=Role.SCHOOL, label=_l("Do not let it be given up"),
             reason=Reason.REQUIRED, done=_l("The signing goes on."),
             verdict=Verdict.REFUSE),
        Step("attest_college", S.AWAITING_COLLEGE, levels.after_college, by=Role.COLLEGE,
             label=_l("Approve (college)"), targets=(S.AWAITING_SCHOOL, S.IN_FORCE),
             when=(facts_complete, can_be_printed), bulk=True, undoable=True,
             fill=(then.mark_reviewed, then.number), then=(give_way, then.come_into_force),
             done=_l("Approved."),
             verdict=Verdict.APPROVE),
        Step("refuse_college", S.AWAITING_COLLEGE, levels.when_refused, by=Role.COLLEGE,
             targets=REFUSALS, label=_l("Refuse (college)"), reason=Reason.REQUIRED, bulk=True, danger=True,
             undoable=True, fill=(then.mark_reviewed,), done=REFUSED_DONE,
             verdict=Verdict.REFUSE),
        *(
            Step(f"{name}_for_college", source, to, by=Role.SCHOOL, label=label, targets=targets,
                 reason=Reason.REQUIRED, applies=stands_in, undoable=True,
                 tone=Tone.REFUSED if name.startswith("refuse") else Tone.DONE, **more)
            for name, source, to, label, targets, more in FOR_COLLEGE
        ),
        *nudge_steps((*COLLEGE_LEVEL, S.AMENDING, S.AWAITING_SCAN), (S.AMENDING, S.AWAITING_SCAN)),
        Step("withdraw_college", SCHOOL_LEVEL, levels.to_college, by=Role.COLLEGE,
             targets=COLLEGE_LEVEL, label=_l("Take our approval back"), reason=Reason.REQUIRED,
             applies=two_levels, when=(school_not_acted,), tone=Tone.REFUSED,
             done=_l("Taken back; it waits for your college again.")),
        Step("attest", S.AWAITING_SCHOOL, S.IN_FORCE, by=Role.SCHOOL, label=_l("Attest"),
             otherwise={Kind.DESTINATION: _l("Approve (school)")},
             when=(facts_complete, can_be_printed), bulk=True, undoable=True,
             fill=(then.mark_reviewed, then.number), then=(give_way, then.come_into_force),
             done=_l("Approved: it is in force."),
             verdict=Verdict.APPROVE),
        Step("refuse", S.AWAITING_SCHOOL, levels.when_refused, by=Role.SCHOOL, label=_l("Refuse"),
             targets=REFUSALS, reason=Reason.REQUIRED, bulk=True, danger=True, undoable=True,
             fill=(then.mark_reviewed,), done=REFUSED_DONE,
             verdict=Verdict.REFUSE),
        Step("send_back", SCHOOL_LEVEL, levels.to_college, by=Role.SCHOOL, targets=COLLEGE_LEVEL,
             label=_l("Send back to the college"), reason=Reason.REQUIRED, bulk=True,
             applies=two_levels, done=_l("Sent back; the college looks at it again.")),
        Step("undo", (*SCHOOL_LEVEL, S.AWAITING_SCAN, S.IN_FORCE, S.REFUSED), before_decision,
             by=OFFICE, label=_l("Undo the decision"), targets=REVIEWS, applies=decided, bulk=True,
             when=(still_undoable, slot_still_free), fill=(then.not_reviewed_after_all, untell_decision),
             then=(then.go_out_of_force,), done=_l("Undone; nobody has been told.")),
        Step("reopen", S.IN_FORCE, levels.last_review, by=Role.SCHOOL, label=_l("Withdraw the review"),
             targets=AWAITING, reason=Reason.REQUIRED, danger=True, applies=online,
             then=(then.go_out_of_force,),
             confirm=_l("The agreement is void until it is approved anew. Withdraw the review now?"),
             done=_l("Withdrawn; it waits for a decision again.")),
        Step("restore", S.REFUSED, levels.where_refused, by=Role.SCHOOL, label=_l("Take the refusal back"),
             targets=(*REVIEWS, S.AWAITING_SCAN), reason=Reason.REQUIRED, when=(slot_still_free,),
             confirm=_l("The signing waits for a decision again, and the student can sign nowhere "
                        "else meanwhile. Take the refusal back now?"),
             done=_l("The refusal is taken back; it waits for a decision again.")),
        Step("end", S.IN_FORCE, S.TERMINATED, by=OFFICE, label=_l("End"), inner=True,
             then=(then.go_out_of_force,)),
        Step("void", HOLDS_SLOT, S.REFUSED, by=Role.SCHOOL, label=_l("Close as untrue"), inner=True,
             reason=Reason.REQUIRED, danger=True, fill=(then.drop_proposal,),
             then=(then.go_out_of_force,)),
        Step("revive", S.TERMINATED, S.IN_FORCE, by=OFFICE, label=_l("In force again"), inner=True,
             when=(slot_still_free,), then=(give_way, then.come_into_force)),
        Step("give_way", (*AWAITING, S.IN_FORCE), S.REPLACED, by=Role.SYSTEM, label=_l("Gives way"),
             inner=True, applies=lambda placement, _actor: not placement.settles,
             then=(then.go_out_of_force,)),
        Step("complete_facts_college", S.AWAITING_COLLEGE, S.AWAITING_COLLEGE, by=OFFICE,
             label=_l("Complete the employer's facts"), fill=(then.keep_facts,),
             done=_l("The employer's facts are complete."), typed=True),
        Step("complete_facts", S.AWAITING_SCHOOL, S.AWAITING_SCHOOL, by=Role.SCHOOL,
             label=_l("Complete the employer's facts"), fill=(then.keep_facts,),
             done=_l("The employer's facts are complete."), typed=True),
        # written by `people.students.effects`, for one student or a whole file
        Step("follow_student", HOLDS_SLOT, lambda change: S(change.record.state), by=Role.SCHOOL,
             targets=HOLDS_SLOT, inner=True, label=_l("Moved with the student's college and major")),
    ),
)  # fmt: skip


def fill_facts(placement_id: int, actor: Actor, values: dict[str, str]) -> Placement:
    """Fill in the employer's nature, industry and region while a review waits, and commit (AGR-03).

    Raises NotYours outside the scope, Refused once decided, Invalid beside the field.
    """
    placement = placement_in(actor, placement_id)
    known = checked_facts(values, placement.graduation_year)
    college = placement.state == S.AWAITING_COLLEGE
    step = "complete_facts_college" if college else "complete_facts"
    return PLACEMENTS.perform(step, placement_id, actor, values=known)


def propose_terms(placement_id: int, actor: Actor, values: dict[str, object]) -> Placement:
    """Propose other terms for a signing that nobody has reviewed yet, and commit (INV-16).

    `values` as for an invitation letter. Raises NotYours, Refused.
    """
    return PLACEMENTS.perform("propose_terms", placement_id, actor, terms=Terms(**values))
