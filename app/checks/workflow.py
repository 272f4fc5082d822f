"""What becomes of a finding, and what findings mean for the report of the plan (CHK-02, PLN-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.checks import queries, sync
from app.checks.models import FINDING_STATES, Finding, FindingState, Severity
from app.checks.sentences import sentence
from app.core.db import db
from app.people.models import Student
from app.plan.models import PlanEntry
from app.plan.workflow import PLAN
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step

S = FindingState
OFFICE = (Role.SCHOOL, Role.DATA)

FINDINGS: Workflow[Finding] = Workflow(
    kind="finding",
    name=_l("Finding of the checks"),
    model=Finding,
    scope=queries.findings_for,
    first_locks=lambda found: ((Student, found.student_id),) if found.student_id else (),
    labels=FINDING_STATES,
    title=lambda found: found.student.name if found.student else found.college.name,
    steps=(
        Step("found", None, S.OPEN, by=Role.SYSTEM, label=_l("Found"), inner=True),
        Step("accept", S.OPEN, S.ACCEPTED, by=OFFICE, label=_l("Accept as it is"), bulk=True,
             reason=Reason.REQUIRED,
             confirm=_l("It stands as it is until the facts change, and does not bar the report. "
                        "Accept it?"),
             done=_l("Accepted; it comes back when the facts change.")),
        Step("reopen", S.ACCEPTED, S.OPEN, by=OFFICE, label=_l("No longer accept"), bulk=True,
             done=_l("It is to be mended again.")),
        Step("changed", S.ACCEPTED, S.OPEN, by=Role.SYSTEM, inner=True,
             label=_l("The facts changed")),
        Step("mended", (S.OPEN, S.ACCEPTED), S.GONE, by=Role.SYSTEM, inner=True,
             label=_l("Mended")),
        Step("again", S.GONE, S.OPEN, by=Role.SYSTEM, inner=True, label=_l("Found again")),
    ),
)  # fmt: skip


def no_open_error(entry: PlanEntry, actor: Actor, now: datetime) -> str | None:
    """A row with an error that nobody has accepted is not reported (PLN-06, CHK-01)."""
    errors = [f for f in queries.open_of(entry.student_id) if f.severity == Severity.ERROR]
    if not errors:
        return None
    return _("The checks found an error: %(sentence)s", sentence=sentence(errors[0]))


def keep_warnings(change: Change) -> None:
    """Who reports in spite of a warning has it in the trace."""
    names = [found.rule for found in queries.open_of(change.record.student_id)]
    if names:
        change.details["hints"] = names


def recheck(change: Change) -> None:
    """What one record shows by itself appears and disappears with its change (CHK-02)."""
    entry: PlanEntry = change.record
    sync.refresh([entry.student_id], entry.school_id, entry.graduation_year)


def before_report(ids: Sequence[int]) -> None:
    """The checks run by themselves before rows are reported, where anything changed since (PLN-06)."""
    for school, year in queries.years_to_check(ids, minutes=1):
        sync.run(school, year)
    db.session.commit()


PLAN.also_when("report", no_open_error)
PLAN.also_then("report", keep_warnings)
for _step in ("edit", "amend"):
    PLAN.also_then(_step, recheck)
PLAN.before["report"] = before_report


def warnings_of(entry: Any) -> list[Finding]:
    """What is worth a look before the row is reported."""
    return [f for f in queries.open_of(entry.student_id) if f.severity == Severity.WARNING]
