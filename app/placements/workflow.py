"""The rules of placements: how they are formed, reviewed, and come into force."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import get_history

from app.codes import queries as codes
from app.codes.models import Region
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid
from app.core.text import clean_code
from app.documents.store import next_number
from app.people.models import OriginState, Student, TrainingMode
from app.people.queries import settings
from app.placements.models import (
    HOLDS_SLOT,
    KIND_DIGIT,
    REVIEW_LABELS,
    Kind,
    Placement,
    PlacementState,
)
from app.placements.notices import tell_parties
from app.placements.queries import (
    placement_in,
    placement_of,
    placements_for,
    standing,
    student_of,
)
from app.placements.tasks import make_agreement
from app.plan import workflow as plan
from app.plan.models import Source
from app.workflow.actor import Actor, Role
from app.workflow.engine import Change, Reason, Step, Workflow

S = PlacementState
ONLINE_DESTINATION = "10"  # 签就业协议形式就业 in both editions of 毕业去向


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


MUST_KNOW = (
    ("employer_kind", _l("nature")),
    ("employer_industry", _l("industry")),
    ("employer_location", _l("region")),
)


def facts_complete(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Nature, industry and region of the employer are known before approval (AGR-03)."""
    missing = [str(label) for name, label in MUST_KNOW if not getattr(placement, name)]
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


def first_review(change: Change) -> StrEnum:
    """Where the school has two levels the college comes first (AGR-06)."""
    two = settings(change.record.school_id).review_levels == 2
    return S.AWAITING_COLLEGE if two else S.AWAITING_SCHOOL


def number_agreement(change: Change) -> None:
    """Give the agreement number; one given before stays with the record (AGR-10)."""
    placement: Placement = change.record
    if placement.agreement_no is None:
        placement.agreement_no = next_number(
            KIND_DIGIT[Kind(placement.kind)],
            placement.graduation_year,
            placement.school_id,
            placement.school.code,
        )
    placement.attested_at = change.now


def fill_plan(change: Change) -> None:
    """Write the student's plan row (PLN-01)."""
    placement: Placement = change.record
    terms, employer = placement.terms, placement.employer
    values = {
        "destination_code": ONLINE_DESTINATION,
        "credit_code": placement.employer_credit_code,
        "employer_name": placement.employer_name,
        "employer_kind": placement.employer_kind,
        "industry": placement.employer_industry,
        "location": placement.employer_location,
        "address": employer and employer.address,
        "postcode": employer and employer.postcode,
    }
    for name in ("position_kind", "contact_name", "contact_phone", "archive_to", "archive_address",
                 "archive_postcode", "household_address"):  # fmt: skip
        values[name] = getattr(terms, name, None)
    plan.fill(student_of(placement), placement.id, values, Source.SIGNING, change.now)


def keep_facts(change: Change) -> None:
    """Write the facts, old and new into the trace; the record keeps its place in the queue."""
    placement: Placement = change.record
    [since] = get_history(placement, "changed_at").deleted or (placement.changed_at,)
    placement.changed_at = since
    for name, value in change.data["values"].items():
        change.details[name] = [getattr(placement, name), value]
        setattr(placement, name, value)


def issue_agreement(change: Change) -> None:
    """Have the worker make the agreement PDF once this transaction is in (DOC-01, GRD-06)."""
    jobs.enqueue(make_agreement, placement_id=change.record.id)


PLACEMENTS: Workflow[Placement] = Workflow(
    kind="placement",
    name=_l("Placement"),
    model=Placement,
    scope=placements_for,
    first_lock=lambda placement: (Student, placement.student_id),
    labels=REVIEW_LABELS,
    after=(tell_parties,),
    steps=(
        Step("form", None, first_review, by=Role.STUDENT, label=_l("Sign"),
             targets=(S.AWAITING_COLLEGE, S.AWAITING_SCHOOL), when=(slot_free,)),
        Step("attest_college", S.AWAITING_COLLEGE, S.AWAITING_SCHOOL, by=Role.COLLEGE,
             label=_l("Approve (college)"), when=(facts_complete,), bulk=True,
             done=_l("Approved; the school decides next.")),
        Step("refuse_college", S.AWAITING_COLLEGE, S.REFUSED, by=Role.COLLEGE,
             label=_l("Refuse (college)"), reason=Reason.REQUIRED, bulk=True, danger=True,
             done=_l("Refused; both parties have been told.")),
        Step("attest", S.AWAITING_SCHOOL, S.IN_FORCE, by=Role.SCHOOL, label=_l("Attest"),
             when=(facts_complete, plan_row_free), bulk=True,
             then=(number_agreement, fill_plan, issue_agreement),
             done=_l("Attested: the agreement is in force.")),
        Step("refuse", S.AWAITING_SCHOOL, S.REFUSED, by=Role.SCHOOL, label=_l("Refuse"),
             reason=Reason.REQUIRED, bulk=True, danger=True,
             done=_l("Refused; both parties have been told.")),
        Step("complete_facts_college", S.AWAITING_COLLEGE, S.AWAITING_COLLEGE,
             by=(Role.COLLEGE, Role.SCHOOL), label=_l("Complete the employer's facts"),
             fill=(keep_facts,), done=_l("The employer's facts are complete.")),
        Step("complete_facts", S.AWAITING_SCHOOL, S.AWAITING_SCHOOL, by=Role.SCHOOL,
             label=_l("Complete the employer's facts"), fill=(keep_facts,),
             done=_l("The employer's facts are complete.")),
    ),
)  # fmt: skip


def fill_facts(placement_id: int, actor: Actor, values: dict[str, str]) -> Placement:
    """Fill in the employer's nature, industry and region while a review waits, and commit (AGR-03).

    Raises NotYours outside the scope, Refused once decided, Invalid beside the field.
    """
    known = {name: clean_code(values.get(name) or "") for name, _label in MUST_KNOW}
    problems = [(name, str(_UNKNOWN[name])) for name in known if not _known(name, known[name])]
    if problems:
        raise Invalid(problems)
    college = placement_in(actor, placement_id).state == S.AWAITING_COLLEGE
    step = "complete_facts_college" if college else "complete_facts"
    return PLACEMENTS.perform(step, placement_id, actor, values=known)


_UNKNOWN = {
    "employer_kind": _l("Choose the employer's nature from the list."),
    "employer_industry": _l("Choose the employer's industry from the list."),
    "employer_location": _l("Choose the city or county from the list."),
}


def _known(name: str, code: str) -> bool:
    if name == "employer_location":
        region = db.session.get(Region, code) if code else None
        return region is not None and region.level > 1
    return code in codes.names("dwxz" if name == "employer_kind" else "dwhy")


def progress(placement: Placement | None, *, two_levels: bool) -> list[tuple[str, str, str]]:
    """The way of a signing as a line of steps: (label, done | now | todo, note) (INV-22)."""
    order = [None, S.AWAITING_COLLEGE, S.AWAITING_SCHOOL, S.IN_FORCE]
    labels = [_("Answer an invitation"), _("College"), _("School"), _("In force")]
    state = placement.state if placement else None
    here = order.index(S(state)) if state in HOLDS_SLOT else 0
    steps = [(_("Details verified"), "done", "")]
    for number, label in enumerate(labels):
        if label == labels[1] and not two_levels:
            continue
        done = number < here or state == S.IN_FORCE
        steps.append((label, "done" if done else "now" if number == here else "todo", ""))
    return steps
