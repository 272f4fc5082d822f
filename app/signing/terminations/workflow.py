"""The rules of terminations: applying, answering, mediation, review, and the school's own act."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.notices.workflow import untell_decision
from app.people.students.models import Student
from app.settings.models import two_levels
from app.signing.nudges.workflow import college_had_its_time, nudge_steps, stands_in
from app.signing.placements.models import Placement
from app.signing.terminations import effects as then
from app.signing.terminations.guards import (
    another_person,
    chance_left,
    evidence_there,
    in_force,
    made_online,
    may_be_forced,
    no_answer,
    none_running,
    not_frozen,
    not_online,
    placement_fits,
)
from app.signing.terminations.models import (
    ANSWERABLE,
    IN_REVIEW,
    LABELS,
    RUNNING,
    WITH_PARTIES,
    Termination,
    TerminationState,
    Way,
)
from app.signing.terminations.notices import tell_parties
from app.signing.terminations.queries import running, terminations_for
from app.workflow.actor import Actor, Role
from app.workflow.decisions import before_decision, just_decided, school_not_acted, still_undoable
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = TerminationState


def decided(termination: Termination, actor: Actor) -> bool:
    """Whether this person has just decided on it; the school's own act is not undone."""
    return termination.way != Way.FORCED and just_decided(termination, actor) is not None


def other_party(termination: Termination, actor: Actor) -> bool:
    """Whether the actor is the party that was asked."""
    return bool(termination.started_by != actor.role)


def close_running(change: Change) -> None:
    """What the parties have begun gives way to the school's own act; looked for under the locks (GRD-03)."""
    _overtake(change.record.placement, change.actor)


BOTH = (Role.STUDENT, Role.EMPLOYER)
OFFICE = (Role.COLLEGE, Role.SCHOOL)
READ = _l(
    "I have read the notice before termination: I may owe the breach penalty, and the chance is used up."
)
APPROVED_DONE = _l("Approved: the signing is terminated and the student is free.")
REFUSED_DONE = _l("Not approved: the signing stands.")

TERMINATIONS: Workflow[Termination] = Workflow(
    kind="termination",
    name=lazy_pgettext("heading", "Termination"),
    model=Termination,
    scope=terminations_for,
    first_locks=lambda t: ((Student, t.student_id), (Placement, t.placement_id)),
    labels=LABELS,
    title=lambda termination: termination.placement.employer_name,
    always=(not_frozen,),
    after=(tell_parties,),
    steps=(
        Step("request", None, S.REQUESTED, by=BOTH, label=_l("Apply for termination"),
             when=(in_force, made_online, none_running, chance_left), reason=Reason.REQUIRED,
             danger=True, tick=READ, fill=(then.begin,), fresh=BOTH,
             confirm=_l("An application cannot be taken back. Apply for termination now?"),
             done=_l("Sent.")),
        Step("apply_with_proof", None, then.first_review, by=Role.STUDENT, targets=IN_REVIEW,
             label=_l("Apply with a proof"), reason=Reason.REQUIRED, danger=True, fill=(then.begin,),
             when=(in_force, not_online, none_running, chance_left),
             then=(then.keep_proofs,), fresh=(Role.STUDENT,),
             confirm=_l("An application cannot be taken back. Apply now?"),
             done=_l("Sent. The school decides next.")),
        Step("agree", ANSWERABLE, then.first_review, by=BOTH, targets=IN_REVIEW,
             label=_l("Agree to terminate"), applies=other_party, danger=True, tick=READ,
             fresh=BOTH, confirm=_l("The school decides next. Agree to terminate now?"),
             done=_l("You have agreed. The school decides next."),
             verdict={S.REQUESTED: Verdict.APPROVE}),
        Step("leave", S.REQUESTED, S.REQUESTED, by=BOTH, label=_l("Leave for now"),
             applies=other_party, done=_l("Left for now. You can answer until the deadline.")),
        Step("decline", S.REQUESTED, S.DECLINED, by=BOTH, label=_l("Do not agree"),
             fresh=BOTH, applies=other_party, reason=Reason.REQUIRED, danger=True,
             done=_l("Answered: you do not agree."),
             verdict=Verdict.REFUSE),
        Step("ask_mediation", WITH_PARTIES, S.MEDIATION, by=BOTH, label=_l("Ask the school to mediate"),
             when=(no_answer,), reason=Reason.REQUIRED,
             done=_l("The school has been asked to mediate.")),
        Step("close", S.MEDIATION, S.CLOSED, by=Role.SCHOOL, label=_l("Close: the signing stands"),
             reason=Reason.REQUIRED, danger=True,
             confirm=_l("Both parties read your reason. Close the mediation now?"),
             done=_l("Closed; the signing stands."),
             verdict=Verdict.REFUSE),
        Step("review_one_sided", S.MEDIATION, then.first_review, by=Role.SCHOOL, targets=IN_REVIEW,
             label=_l("Review on evidence"), when=(evidence_there,), reason=Reason.REQUIRED,
             danger=True, fill=(then.one_sided,),
             confirm=_l("It is reviewed without the other party's consent. Go on?"),
             done=_l("It waits for review now."),
             verdict=Verdict.APPROVE),
        Step("approve_college", S.AWAITING_COLLEGE, then.after_college, by=Role.COLLEGE,
             label=_l("Approve termination (college)"), targets=(S.AWAITING_SCHOOL, S.APPROVED),
             when=(chance_left, another_person), bulk=True, undoable=True,
             then=(then.end_placement,), done=_l("Approved."),
             verdict=Verdict.APPROVE),
        Step("refuse_college", S.AWAITING_COLLEGE, S.REFUSED, by=Role.COLLEGE,
             label=_l("Refuse termination (college)"), reason=Reason.REQUIRED, bulk=True,
             danger=True, undoable=True, done=REFUSED_DONE,
             verdict=Verdict.REFUSE),
        Step("approve_for_college", S.AWAITING_COLLEGE, then.after_college, by=Role.SCHOOL,
             label=_l("Approve termination in the college's place"), reason=Reason.REQUIRED,
             targets=(S.AWAITING_SCHOOL, S.APPROVED), applies=stands_in, undoable=True,
             when=(college_had_its_time, chance_left, another_person), then=(then.end_placement,),
             done=_l("Approved in the college's place."), tone=Tone.DONE),
        Step("refuse_for_college", S.AWAITING_COLLEGE, S.REFUSED, by=Role.SCHOOL,
             label=_l("Refuse termination in the college's place"), reason=Reason.REQUIRED, danger=True,
             applies=stands_in, undoable=True, when=(college_had_its_time,), done=REFUSED_DONE),
        *nudge_steps((S.REQUESTED, S.AWAITING_COLLEGE), (S.REQUESTED,)),
        Step("withdraw_college", S.AWAITING_SCHOOL, S.AWAITING_COLLEGE, by=Role.COLLEGE,
             label=_l("Take our approval back"), reason=Reason.REQUIRED, applies=two_levels,
             when=(school_not_acted,), tone=Tone.REFUSED,
             done=_l("Taken back; it waits for your college again.")),
        Step("approve", S.AWAITING_SCHOOL, S.APPROVED, by=Role.SCHOOL, label=_l("Approve termination"),
             when=(chance_left, another_person), bulk=True, undoable=True,
             then=(then.end_placement,),
             done=APPROVED_DONE,
             verdict=Verdict.APPROVE),
        Step("refuse", S.AWAITING_SCHOOL, S.REFUSED, by=Role.SCHOOL, label=_l("Refuse termination"),
             reason=Reason.REQUIRED, bulk=True, danger=True, undoable=True, done=REFUSED_DONE,
             verdict=Verdict.REFUSE),
        Step("send_back", S.AWAITING_SCHOOL, S.AWAITING_COLLEGE, by=Role.SCHOOL,
             label=_l("Send back to the college"), reason=Reason.REQUIRED, bulk=True,
             applies=two_levels, done=_l("Sent back; the college looks at it again.")),
        Step("undo", (S.AWAITING_SCHOOL, S.REFUSED, S.APPROVED), before_decision, by=OFFICE,
             label=_l("Undo the decision"), targets=IN_REVIEW, applies=decided,
             when=(still_undoable, placement_fits, none_running), bulk=True,
             fill=(untell_decision,), then=(then.revive_placement,),
             done=_l("Undone; nobody has been told.")),
        Step("force", None, then.after_force, by=Role.SCHOOL, label=_l("Forced termination"),
             targets=(S.AWAITING_SECOND, S.APPROVED), when=(in_force, may_be_forced),
             reason=Reason.REQUIRED, danger=True, step_up=True, fill=(close_running, then.begin),
             then=(then.end_placement,),
             confirm=_l("The school ends this signing by itself; both parties are told your reason. "
                        "End it now?"),
             done=_l("The school has ended the signing.")),
        Step("confirm_force", S.AWAITING_SECOND, S.APPROVED, by=Role.SCHOOL,
             label=_l("Confirm the forced termination"), when=(another_person,), danger=True, step_up=True,
             then=(then.end_placement,), reason=Reason.OPTIONAL,
             confirm=_l("The school ends this signing by itself. Confirm now?"), done=APPROVED_DONE,
             verdict=Verdict.APPROVE),
        Step("drop_force", S.AWAITING_SECOND, S.CLOSED, by=Role.SCHOOL,
             label=_l("Do not end it"), reason=Reason.REQUIRED,
             done=_l("Closed; the signing stands."),
             verdict=Verdict.REFUSE),
        Step("overtake", RUNNING, S.CLOSED, by=(Role.SCHOOL, Role.SYSTEM), label=_l("Closed by another act"),
             inner=True),
    ),
)  # fmt: skip


def close_with_it(change: Change) -> None:
    """Leaving what has given way needs no decision any more (DST-05, GRD-03)."""
    _overtake(change.record, change.actor)


def _overtake(placement: Placement, actor: Actor) -> None:
    other = running(placement.id)
    if other is not None:
        TERMINATIONS.apply("overtake", other.id, actor)
