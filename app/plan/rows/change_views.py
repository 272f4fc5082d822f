"""What waits for a decision in the plan: old and new side by side, one by one or all alike. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.columns import CHANGED, ListColumn, Panel, fact, trace_panel
from app.fab.declared import READ_ONLY, Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.plan.rows import detail, queries
from app.plan.rows.change_models import CHANGE_CHIPS, CHANGE_KINDS, CHANGE_STATES, ChangeRequest
from app.plan.rows.models import FIELD_LABELS
from app.plan.rows.workflow import CHANGES, decide

HEADINGS = {
    False: _l("The row and the placement, side by side"),
    True: _l("The row and the file, side by side"),
}
SAYS = {"ended": _l("no longer in force"), "placement": _l("in force"), "file": _l("a file")}
ALIKE = 500  # changes decided on together with one


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.change_tab(name), empty=empty)


class ChangesView(StepActions, StudentSearch, SafeModelView):
    """Conflicts with what staff wrote, and what came after the report (PLN-03, PLN-06)."""

    datamodel = SafeInterface(ChangeRequest)
    flow = CHANGES
    route_base = "/plan/changes"
    class_permission_name = "PlanChanges"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm", "decide"}
    list_title, show_title = _l("Changes to decide on"), _l("Change to the plan")
    show_template = "plan/rows/change.html"
    columns = (
        STUDENT,
        STUDENT_NO,
        COLLEGE.but(card="none"),
        ListColumn(
            "fields",
            _l("What differs"),
            lambda names: _(", ").join(str(FIELD_LABELS[n]) for n in names),
            width="roomy",
        ),
        ListColumn("says", _l("Placement"), lambda said: str(SAYS[said])),
        CHANGED.but(card="none"),
        ListColumn("state", _l("State"), chips(CHANGE_STATES, CHANGE_CHIPS), card="status"),
        fact("graduation_year", _l("Graduation year")),
        fact("kind", _l("Why"), lambda kind: str(CHANGE_KINDS[kind])),
    )
    panels = (
        Panel(
            _l("About it"),
            "student.name student.student_no college.name graduation_year kind says state "
            "changed_at",
        ),
        trace_panel(lambda item: detail.trace("change_request", item.id)),
    )
    load_columns = ("changes", "ends", "source")
    base_order = ("changed_at", "desc")
    tabs = (
        _tab("conflict", _l("Conflicts"), _l("No placement meets a row written by staff.")),
        _tab("reported", _l("After the report"), _l("Nothing changed after the report.")),
        _tab("import", _l("From files"), _l("No file says otherwise than a placement.")),
        _tab("decided", _l("Decided"), _l("Nothing has been decided yet.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), ChangeRequest.college_id, colleges),
        ListFilter("year", _l("All years"), ChangeRequest.graduation_year, years),
    )

    def scoped(self) -> Select[ChangeRequest]:
        return queries.changes_for(actor())

    def record_name(self, item: ChangeRequest) -> str:
        return str(item.student.name)

    def show_context(self, item: ChangeRequest) -> dict[str, Any]:
        open_now = [o for o in self.offered(item) if o.possible and self._may(o.step.name)]
        return {
            "rows": detail.pairs(item.changes, item.graduation_year),
            "plain": [row[1:] for row in detail.pairs(item.changes, item.graduation_year)],
            "whole": item.ends,
            "heading": HEADINGS[item.imported],
            "new_says": _("The file says") if item.imported else _("The placement says"),
            "decides": bool(open_now),
            "why_not": next((o.why_not for o in self.offered(item) if o.why_not), ""),
            "others": len(queries.alike(actor(), item, ALIKE)) if open_now else 0,
            "decide_url": self.url("decide", pk=item.id),
            "seen": item.changed_at.isoformat(),
        }

    def related(self, item: ChangeRequest) -> list[Link]:
        return [Link(url_for("PlanView.show", pk=item.entry_id), _("To the row of the plan"))]

    def offers(self, item: ChangeRequest) -> list[Any]:  # noqa: ARG002
        return []  # the form beside the values decides

    @expose("/decide/<string:pk>", methods=["POST"])
    @has_access
    def decide(self, pk: str) -> ResponseReturnValue:
        """Field by field, or the row as it is; with a tick all alike the same way (PLN-03)."""
        item = self.record(pk)
        form, page = request.form, self.url("show", pk=item.id)
        others = queries.alike(actor(), item, ALIKE) if form.get("alike") else []
        if str(len(others) or "") != form.get("alike", ""):
            flash(
                _("The numbers changed meanwhile. Nothing was done; please look again."), "warning"
            )
            return redirect(page, 303)
        keep = form.get("decision") == "drop"
        chosen = {name for name in item.changes if form.get(f"f-{name}", "new") == "new"}
        try:
            count = decide(
                [item.id, *others],
                actor(),
                None if keep else chosen,
                form.get("reason", ""),
                seen=(item.id, form.get("seen", "")),
            )
        except (Refused, Invalid) as problem:
            problems = problem.problems if isinstance(problem, Invalid) else [("", str(problem))]
            flash(" ".join(str(text) for _place, text in problems), "warning")
            return redirect(page, 303)
        flash(
            ngettext("Decided on %(num)s change.", "Decided on %(num)s changes.", count), "success"
        )
        return redirect(self.list_url(), 303)
