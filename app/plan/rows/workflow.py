"""The rules of the plan: rows are typed, checked, reported; later changes are decided on (PLN-03, PLN-06)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid, NotYours, Refused
from app.people.students.models import Student
from app.plan.rows import effects as then
from app.plan.rows.change_models import CHANGE_STATES, ChangeRequest, ChangeState
from app.plan.rows.guards import (
    is_checked,
    keeps_a_destination,
    no_open_change,
    origin_approved,
    school_decides_conflicts,
)
from app.plan.rows.models import PLAN_STATES, PlanEntry, PlanState, Source
from app.plan.rows.queries import changes_for, entry_in, plan_entries_for
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow, committed
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict

S, C = PlanState, ChangeState
UNREPORTED = (S.OPEN, S.FILLED, S.CHECKED)

PLAN: Workflow[PlanEntry] = Workflow(
    kind="plan_entry",
    name=_l("Row of the plan"),
    model=PlanEntry,
    scope=plan_entries_for,
    first_locks=lambda entry: ((Student, entry.student_id),),
    labels=PLAN_STATES,
    title=lambda entry: entry.student.name,
    steps=(
        Step("edit", UNREPORTED, then.where_it_stands, by=Role.SCHOOL, label=_l("Edit the row"),
             targets=UNREPORTED, reason=Reason.OPTIONAL, fill=(then.keep_typed,),
             then=(then.follow_placement,), done=_l("Saved; the row is marked as written by staff."),
             typed=True),
        Step("check", S.FILLED, S.CHECKED, by=Role.SCHOOL, label=_l("Mark as checked"),
             when=(origin_approved, no_open_change), bulk=True,
             done=_l("The checks have passed it; it can be reported."), tone=Tone.DONE),
        Step("uncheck", S.CHECKED, S.FILLED, by=Role.SCHOOL, label=_l("Take the check back"),
             bulk=True, done=_l("It has to be checked again.")),
        Step("report", (S.CHECKED, S.FILLED), S.REPORTED, by=Role.SCHOOL, label=_l("Report"), bulk=True,
             when=(origin_approved, no_open_change, is_checked),
             confirm=_l("From now on the rows do not change by themselves, and their students "
                        "cannot sign. Report them now?"),
             done=_l("Reported; later changes wait for a decision."), tone=Tone.DONE),
        Step("reopen", S.REPORTED, S.FILLED, by=Role.SCHOOL, label=_l("Open again"), bulk=True,
             reason=Reason.REQUIRED, danger=True, then=(then.follow_placement,),
             confirm=_l("The rows follow the placements again and have to be checked and "
                        "reported anew. Open them now?"),
             done=_l("Open again; the rows follow the placements.")),
        Step("amend", tuple(S), then.where_it_stands, by=(Role.SCHOOL, Role.DATA), inner=True,
             targets=tuple(S), label=_l("A change was decided on"), fill=(then.keep_decided,)),
        Step("import", UNREPORTED, then.where_it_stands, by=(Role.SCHOOL, Role.DATA), inner=True,
             targets=(S.OPEN, S.FILLED), label=_l("Written from a file")),
        Step("undo_import", UNREPORTED, then.where_it_stands, by=(Role.SCHOOL, Role.DATA), inner=True,
             targets=(S.OPEN, S.FILLED), label=_l("The file was taken back")),
        Step("renewed", S.CHECKED, S.FILLED, by=Role.SYSTEM, inner=True,
             label=_l("The placement changed it")),
        Step("emptied", S.CHECKED, S.OPEN, by=Role.SYSTEM, inner=True,
             label=_l("The placement is no longer in force")),
        Step("failed", S.CHECKED, S.FILLED, by=Role.SYSTEM, inner=True,
             label=_l("The checks found an error")),
        Step("record_changed", S.CHECKED, S.FILLED, by=Role.SYSTEM, inner=True,
             label=_l("The student's record was changed")),
    ),
)  # fmt: skip


def write_row(change: Change) -> None:
    """The plan row takes what was chosen, by a step of its own table (PLN-03, PLN-06)."""
    then.note_choice(change)
    if not then.decides_row(change):
        return
    request: ChangeRequest = change.record
    values = {name: request.changes[name][1] for name in then.taken(change)}
    PLAN.apply("amend", then.entry_of(change), change.actor, values=values, request=request)


CHANGES: Workflow[ChangeRequest] = Workflow(
    kind="change_request",
    name=_l("Change to the plan"),
    model=ChangeRequest,
    scope=changes_for,
    first_locks=lambda change: ((Student, change.student_id), (PlanEntry, change.entry_id)),
    labels=CHANGE_STATES,
    title=lambda change: change.student.name,
    steps=(
        Step("raise", None, C.OPEN, by=Role.SYSTEM, label=_l("Something new came"), inner=True),
        Step("renew", C.OPEN, C.OPEN, by=Role.SYSTEM, label=_l("The values changed"), inner=True),
        Step("apply", C.OPEN, C.APPLIED, by=(Role.SCHOOL, Role.DATA), label=_l("Take over"),
             bulk=True, when=(school_decides_conflicts,), fill=(then.as_seen,), then=(write_row,),
             confirm=_l("The plan takes the new values. Take them over now?"),
             done=_l("Taken over; the plan has the new values."),
             verdict=Verdict.APPROVE),
        Step("drop", C.OPEN, C.DROPPED, by=(Role.SCHOOL, Role.DATA), label=_l("Keep the row as it is"),
             bulk=True, danger=True, reason=Reason.REQUIRED,
             when=(school_decides_conflicts, keeps_a_destination),
             fill=(then.as_seen,), then=(write_row,),
             done=_l("Not taken over; the row stays as it is."),
             verdict=Verdict.REFUSE),
        Step("overtake", C.OPEN, C.OVERTAKEN, by=Role.SYSTEM, inner=True,
             label=_l("Overtaken by a later change")),
    ),
)  # fmt: skip


def edit(entry_id: int, actor: Actor, values: dict[str, Any], reason: str = "") -> bool:
    """Write what school staff typed into a row, and commit; False where nothing was changed.

    Raises NotYours, Refused where the row is reported, Invalid beside the field.
    """
    entry = entry_in(actor, entry_id)
    if not then.changed(entry, values):
        return False
    if entry.placement_id is not None and not values.get("destination_code"):
        sentence = _("The destination comes from a placement in force. End that instead.")
        raise Invalid([("destination_code", sentence)])
    PLAN.perform("edit", entry_id, actor, reason=reason, values=values)
    return True


def decide(
    ids: Sequence[int],
    actor: Actor,
    take: set[str] | None,
    reason: str = "",
    *,
    seen: tuple[int, str] | None = None,
) -> int:
    """Take the chosen fields, or with None keep the rows, in one transaction; how many (PLN-03).

    `seen` is (id, when it was last changed): raises Refused where that is no longer so.
    """

    def all_of_them() -> int:
        found = CHANGES.lock_all(ids, actor)
        if ids[0] not in found:
            raise NotYours(f"change {ids[0]}")
        if seen is not None and found[seen[0]].changed_at.isoformat() != seen[1]:
            raise Refused(_("The values changed meanwhile. Please look again."))
        for key in sorted(found):
            if key == ids[0] or found[key].state == C.OPEN:  # the others: what is still open
                step = "drop" if take is None else "apply"
                data: dict[str, Any] = {} if take is None else {"take": take}
                CHANGES.apply(step, found[key], actor, reason=reason, **data)
        return len(found)

    return committed(all_of_them)


def bar(state: str | None, source: str | None) -> str | None:
    """«reported» or «staff» where a plan row no longer lets its student sign (ACC-06)."""
    if state == PlanState.REPORTED:
        return "reported"
    return "staff" if source in (Source.STAFF, Source.IMPORT) else None
