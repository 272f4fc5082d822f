"""Reports of untruth as the school's office sees and answers them (INV-20)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.fab.declared import Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import SafeModelView
from app.people.students.search_views import StudentSearch
from app.signing.objections import queries
from app.signing.objections.models import CHIPS, LABELS, Objection
from app.signing.objections.workflow import OBJECTIONS

REPORTERS = {"student": _l("Student"), "employer": _l("Employer")}
WAYS = {"page": _l("signed in, on the page"), "link": _l("by the link of a message, not signed in")}


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


class ObjectionsView(StepActions, StudentSearch, SafeModelView):
    """What students report; the answer ends it or lets it go on."""

    datamodel = SafeInterface(Objection)
    flow = OBJECTIONS
    route_base = "/objections"
    class_permission_name = "Objections"
    list_title, show_title = _l("Contested by students"), _l("Contested by the student")
    list_columns = ["student.name", "state", "employer_name", "about", "reason", "answer",
                    "created_at"]  # fmt: skip
    order_columns = ["created_at", "changed_at"]
    search_columns: list[str] = []
    base_order = ("created_at", "desc")
    show_fieldsets = [
        (_l("Contested by the student"), {"fields": ["student.name", "student.student_no", "employer_name",
                                              "about", "reporter", "way", "reason", "created_at",
                                              "state", "answer", "changed_at"]}),
    ]  # fmt: skip
    label_columns = {
        "student.name": _l("Student"), "student.student_no": _l("Student number"),
        "state": _l("State"), "employer_name": _l("Employer"), "about": _l("About"),
        "reason": _l("What is reported"), "reporter": _l("Reported by"), "way": _l("Reported how"),
        "answer": _l("The school's answer"),
        "created_at": _l("Reported on"), "changed_at": _l("Last change"),
    }  # fmt: skip
    formatters_columns = {
        "state": chips(LABELS, CHIPS), "created_at": moment, "changed_at": moment, "answer": dash,
        "about": lambda signed: _("a signing") if signed else _("an invitation"),
        "reporter": lambda role: str(REPORTERS.get(role, role)),
        "way": lambda way: str(WAYS.get(way, way)),
    }  # fmt: skip
    cell_classes = {"state": "qq-card-status", "reason": "qq-roomy", "answer": "qq-roomy",
                    "created_at": "qq-number"}  # fmt: skip
    wide_columns = frozenset({"answer", "about"})
    load_columns = ("placement_id",)
    tabs = (
        _tab(
            "open",
            lazy_pgettext("report", "Awaiting an answer"),
            _l("No student reports anything as untrue."),
        ),
        _tab("link", _l("“This was not me”"), _l("Nobody says of an act that it was not his.")),
        _tab("answered", _l("Answered"), _l("Nothing has been answered yet.")),
        _tab("all", _l("All"), _l("Nothing was ever reported.")),
    )

    def scoped(self) -> Select[Any]:
        return queries.objections_for(actor())

    def record_name(self, item: Any) -> str:
        return f"{item.student.name} · {item.employer_name}"

    @record_action("dismiss", _l("It is true: let it go on"), reason="required", multiple=False)
    def dismiss(self, items: list[Any]) -> Any:
        return self.take("dismiss", items)

    @record_action(
        "uphold", _l("It is untrue: end it"), reason="required", danger=True, multiple=False
    )
    def uphold(self, items: list[Any]) -> Any:
        return self.take("uphold", items)
