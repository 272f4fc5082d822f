"""The rules of an employer's qualification review (ACC-07)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.people.models import EMPLOYER_STATES, Employer, EmployerState
from app.people.notices import tell_employer
from app.people.queries import employers_for
from app.workflow.actor import Actor, Role
from app.workflow.engine import Change, Reason, Step, Workflow

S = EmployerState


def my_school_checks(employer: Employer, actor: Actor, now: datetime) -> str | None:
    """The school that the employer chose decides; its approval counts for all schools (ACC-07)."""
    if employer.school_id == actor.school_id:
        return None
    return _("%(school)s checks this employer.", school=employer.school.name)


def take_corrections(change: Change) -> None:
    """A corrected registration replaces what was rejected."""
    for name, value in change.data.get("values", {}).items():
        setattr(change.record, name, value)


EMPLOYERS: Workflow[Employer] = Workflow(
    kind="employer",
    name=_l("Employer"),
    model=Employer,
    scope=employers_for,
    labels=EMPLOYER_STATES,
    after=(tell_employer,),
    steps=(
        Step("register", None, S.AWAITING, by=Role.EMPLOYER, label=_l("Register")),
        Step("approve", S.AWAITING, S.APPROVED, by=Role.SCHOOL, label=_l("Approve"),
             when=(my_school_checks,), bulk=True,
             done=_l("Approved; the employer can now find and invite students.")),
        Step("reject", S.AWAITING, S.REJECTED, by=Role.SCHOOL, label=_l("Reject"),
             when=(my_school_checks,), reason=Reason.REQUIRED, bulk=True, danger=True,
             done=_l("Rejected; the employer has been told why.")),
        Step("resubmit", S.REJECTED, S.AWAITING, by=Role.EMPLOYER, label=_l("Submit again"),
             fill=(take_corrections,), done=_l("Submitted again; the school checks next.")),
    ),
)  # fmt: skip
