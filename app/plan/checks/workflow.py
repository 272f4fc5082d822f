"""What becomes of a finding, and what findings mean for the report of the plan (CHK-02, PLN-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import jobs
from app.core.db import db
from app.files.imports.models import Import
from app.people.students.models import Student
from app.plan.checks import queries, sync, tasks
from app.plan.checks.models import FINDING_STATES, Finding, FindingState, Severity
from app.plan.checks.rules import BY_NAME
from app.plan.checks.sentences import sentence
from app.plan.rows.models import PlanEntry
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step

S = FindingState
OFFICE = (Role.SCHOOL, Role.DATA)


def may_stand(found: Finding, actor: Actor, now: datetime) -> str | None:
    """What only mending ends cannot be accepted as it is (PLN-06)."""
    rule = BY_NAME.get(found.rule)
    if rule is None or rule.accepted:
        return None
    return _("This cannot stand as it is. %(sentence)s", sentence=sentence(found))


def falls_back(change: Change) -> None:
    """A checked row with an error that is accepted no longer has to be checked again (PLN-06)."""
    found: Finding = change.record
    sync.fall_back(found.school_id, found.graduation_year, found.student_id)


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
             reason=Reason.REQUIRED, when=(may_stand,),
             confirm=_l("It stands as it is until the facts change, and does not bar the report. "
                        "Accept it?"),
             done=_l("Accepted; it comes back when the facts change.")),
        Step("reopen", S.ACCEPTED, S.OPEN, by=OFFICE, label=_l("No longer accept"), bulk=True,
             then=(falls_back,),
             done=_l("It is to be mended again.")),
        Step("changed", S.ACCEPTED, S.OPEN, by=Role.SYSTEM, inner=True,
             label=_l("The facts changed")),
        Step("mended", (S.OPEN, S.ACCEPTED), S.GONE, by=Role.SYSTEM, inner=True,
             label=_l("Mended")),
        Step("again", S.GONE, S.OPEN, by=Role.SYSTEM, inner=True, label=_l("Found again")),
    ),
)  # fmt: skip


def no_open_error(entry: PlanEntry, actor: Actor, now: datetime) -> str | None:
    """A row with an error that nobody has accepted is neither checked nor reported (PLN-06, CHK-01)."""
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


FEW = 50  # rows that are looked at one by one


def look_again(ids: Sequence[int]) -> None:
    """The checks run by themselves before rows are checked or reported: all rules over what changed (PLN-06).

    Of few rows what one record shows is asked at this moment; for many all of it is, whenever it last was.
    """
    few = len(ids) <= FEW
    for school, year in queries.years_to_check(ids, minutes=1 if few else 0):
        sync.look(school, year)
    if few:
        for school, year, students in queries.students_of(ids):
            sync.refresh(students, school, year)
            db.session.commit()  # findings are not held while students are locked
            sync.fall_back(school, year)
            db.session.commit()


FILES = ("plan", "students", "facts")  # the sheets that write what the checks look at


def look_at_file(change: Change) -> None:
    """What a file brought, or took back with its undoing, is looked at anew by the worker (CHK-02)."""
    record: Import = change.record
    if record.sheet in FILES and record.school_id is not None:
        for year in queries.years_of_file(record.id, record.school_id):
            queries.ask_run(record.school_id, year)
            jobs.enqueue(tasks.run, school_id=record.school_id, year=year)
