"""Reports of untruth as the school's office sees and answers them (INV-20)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.fab.columns import CHANGED, ListColumn, Panel, fact
from app.fab.declared import Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import SafeModelView
from app.people.students.search_views import STUDENT, STUDENT_NO, StudentSearch
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
    columns = (
        STUDENT,
        ListColumn("state", _l("State"), chips(LABELS, CHIPS), card="status"),
        ListColumn("employer_name", _l("Employer")),
        ListColumn(
            "about",
            _l("About"),
            lambda signed: _("a signing") if signed else _("an invitation"),
            card="none",
        ),
        ListColumn("reason", _l("What is reported"), width="roomy"),
        ListColumn("answer", _l("The school's answer"), dash, width="roomy", card="none"),
        ListColumn("created_at", _l("Reported on"), moment, sorts=True, width="number"),
        STUDENT_NO.but(listed=False),
        fact("reporter", _l("Reported by"), lambda role: str(REPORTERS.get(role, role))),
        fact("way", _l("Reported how"), lambda way: str(WAYS.get(way, way))),
        CHANGED.but(listed=False),
    )
    panels = (
        Panel(
            _l("Contested by the student"),
            "student.name student.student_no employer_name about reporter way reason "
            "created_at state answer changed_at",
        ),
    )
    base_order = ("created_at", "desc")
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

    def scoped(self) -> Select[Objection]:
        return queries.objections_for(actor())

    def record_name(self, item: Objection) -> str:
        return f"{item.student.name} · {item.employer_name}"
