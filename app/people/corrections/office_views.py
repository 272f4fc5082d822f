"""Corrections of origin records as the school decides them, field by field (ADM-09)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.fab.declared import ListFilter, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment, whole
from app.fab.views import SafeModelView
from app.files.documents import files
from app.people.corrections import queries
from app.people.corrections.models import CHIPS, FIELDS, LABELS, Correction
from app.people.corrections.workflow import CORRECTIONS, RECORD
from app.people.students.search_views import StudentSearch
from app.workflow import trail


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


class CorrectionsView(StepActions, StudentSearch, SafeModelView):
    """What students propose: what it was, what it should be, why, and the proof."""

    datamodel = SafeInterface(Correction)
    flow = CORRECTIONS
    frequent_reasons = (
        _l("The proof cannot be read."),
        _l("The proof does not show what you propose."),
        _l("The record is right as it is."),
    )
    route_base = "/corrections"
    class_permission_name = "Corrections"
    list_title, show_title = _l("Corrections of records"), _l("Correction")
    show_template = "people/corrections/office_correction.html"
    list_columns = ["student.name", "student.student_no", "field", "was", "wish", "reason",
                    "created_at", "state"]  # fmt: skip
    order_columns = ["created_at", "changed_at"]
    search_columns: list[str] = []
    base_order = ("created_at", "asc")
    show_fieldsets = [
        (_l("Correction"), {"fields": ["field", "was", "wish", "reason", "created_at"]}),
        (_l("Student"), {"fields": ["student.name", "student.student_no", "student.college.name"]}),
        (_l("Decision"), {"fields": ["state", "answer", "changed_at"]}),
    ]  # fmt: skip
    label_columns = {
        "student.name": _l("Student"), "student.student_no": _l("Student number"),
        "student.college.name": _l("College"), "field": _l("Field"), "was": _l("On record"),
        "wish": _l("Should be"), "reason": _l("The student writes"), "answer": _l("Reason"),
        "created_at": _l("Proposed on"), "changed_at": _l("Last change"), "state": _l("State"),
    }  # fmt: skip
    formatters_columns = {
        "state": chips(LABELS, CHIPS), "created_at": moment, "changed_at": moment, "answer": dash,
        "field": lambda name: str(FIELDS.get(name, name)), "reason": whole, "was": whole,
        "wish": whole,
    }  # fmt: skip
    cell_classes = {"student.name": "qq-card-title", "state": "qq-card-status",
                    "reason": "qq-roomy", "created_at": "qq-number",
                    "student.student_no": "qq-number"}  # fmt: skip
    wide_columns = frozenset({"student.student_no", "reason", "created_at"})
    tabs = (
        _tab(
            "open",
            _l("Waits for the school's decision"),
            _l("No correction waits for your decision."),
        ),
        _tab("decided", _l("Decided"), _l("Nothing has been decided yet.")),
        _tab("all", _l("All"), _l("No student has proposed a correction yet.")),
    )
    filters = (
        ListFilter("field", _l("All fields"), Correction.field,
                   lambda: [(name, str(label)) for name, label in FIELDS.items()]),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return queries.corrections_for(actor())

    def record_name(self, item: Any) -> str:
        return f"{item.student.name} · {FIELDS[item.field]}"

    def show_context(self, item: Any) -> dict[str, Any]:
        row = CORRECTIONS.find(item.id, actor())
        now = queries.shown(row.field, queries.kept(row.student, row.field))
        return {
            "files": files.listed(RECORD, row, actor()),
            "now": now if queries.overtaken(row) else "",
            "student_url": url_for("StudentsView.show", pk=row.student_id),
            "trace": trail.shown(RECORD, row.id),
        }  # fmt: skip

    @record_action("accept", _l("Accept the correction"), primary=True)
    def accept(self, items: list[Any]) -> Any:
        return self.take("accept", items)

    @record_action("accept_anyway", _l("Accept all the same"), reason="required", danger=True,
                   multiple=False)  # fmt: skip
    def accept_anyway(self, items: list[Any]) -> Any:
        return self.take("accept_anyway", items)

    @record_action("refuse", _l("Refuse the correction"), reason="required", danger=True)
    def refuse(self, items: list[Any]) -> Any:
        return self.take("refuse", items)
