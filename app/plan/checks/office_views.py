"""数据核对: the worklist of findings and the runs of the checks. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.core.db import db
from app.fab.columns import ListColumn, Panel, fact, trace_panel
from app.fab.declared import READ_ONLY, Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, moment
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.fields import TABLES
from app.people.students.search_views import COLLEGE, StudentSearch
from app.plan.checks import detail, queries
from app.plan.checks.models import (
    FINDING_CHIPS,
    FINDING_STATES,
    SEVERITIES,
    SEVERITY_CHIPS,
    Finding,
    Severity,
)
from app.plan.checks.rules import BY_NAME
from app.plan.checks.sentences import LABELS, asks, sentence
from app.plan.checks.sync import STORED
from app.plan.checks.workflow import FINDINGS
from app.plan.checks.year_rules import KEPT
from app.plan.rows.detail import trace
from app.plan.rows.models import DESTINATION_FIELDS, PlanEntry

KEPT_ONES = (Severity.ERROR, Severity.WARNING)  # hints are the desk's alone
TABS = (
    ("error", _l("Errors")),
    ("warning", _l("Warnings")),
    ("accepted", _l("Accepted as it is")),
    ("gone", _l("Mended")),
)


def _rules() -> list[tuple[str, str]]:
    return [(rule.name, str(rule.title)) for rule in STORED]


def _fields() -> list[tuple[str, str]]:
    """Every field that some rule may find wrong, as findings name it."""
    own = {name for rule in STORED for name in rule.mends.split()}
    named = {*TABLES, "origin", *KEPT, *DESTINATION_FIELDS}
    return [(name, str(label)) for name, label in LABELS.items() if name in own | named]


def _title(rule: str) -> str:
    return str(BY_NAME[rule].title) if rule in BY_NAME else rule


def tab_count(name: str, label: Any) -> Tab:
    empty = _l("The checks found nothing of this kind.")
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


class FindingsView(StepActions, StudentSearch, SafeModelView):
    """What the rules found, each with its sentence and the way to the record (CHK-02)."""

    datamodel = SafeInterface(Finding)
    flow = FINDINGS
    route_base = "/checks/findings"
    class_permission_name = "Findings"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm"}
    list_title, show_title = _l("Findings of the checks"), _l("Finding of the checks")
    columns = (
        ListColumn("rule", _l("Rule"), _title, sorts=True, card="title"),
        ListColumn("student.name", _l("Name"), lambda name: name or _("the whole college")),
        ListColumn(
            "student.student_no", _l("Student number"), lambda number: number or "–", card="none"
        ),
        COLLEGE,
        ListColumn("sentence", _l("What is wrong"), width="roomy"),
        ListColumn("graduation_year", _l("Graduation year"), card="none"),
        ListColumn("found_at", _l("Found on"), moment, sorts=True, width="number", card="none"),
        ListColumn(
            "severity", _l("Severity"), chips(SEVERITIES, SEVERITY_CHIPS), sorts=True, card="status"
        ),
        fact("asks", _l("What to ask the person"), lambda text: text or "–"),
        fact("state", _l("State"), chips(FINDING_STATES, FINDING_CHIPS)),
    )
    panels = (
        Panel(_l("Finding"), "rule severity sentence asks found_at state"),
        Panel(_l("About"), "student.name student.student_no college.name graduation_year"),
        trace_panel(lambda item: trace("finding", item.id)),
    )
    base_order = ("id", "asc")
    load_columns = ("facts", "student_id", "college_id")
    tabs = tuple(tab_count(name, label) for name, label in TABS)
    filters = (
        ListFilter("college", _l("All colleges"), Finding.college_id, colleges),
        ListFilter("year", _l("All years"), Finding.graduation_year, years),
        ListFilter("rule", _l("All rules"), Finding.rule, _rules),
        ListFilter("field", _l("All fields"), queries.of_field, _fields),
        ListFilter(
            "severity",
            _l("Any severity"),
            Finding.severity,
            lambda: [(s.value, str(label)) for s, label in SEVERITIES.items() if s in KEPT_ONES],
        ),
    )

    def scoped(self) -> Select[Finding]:
        return queries.findings_for(actor())

    def record_name(self, item: Finding) -> str:
        who = item.student.name if item.student else item.college.name
        return f"{who} · {_title(item.rule)}"

    def head_links(self) -> list[Link]:
        links = [Link(url_for("ChecksView.index"), _("By college"))]
        if self.appbuilder.sm.has_access("can_begin", "FindingsBook"):
            wished: dict[str, Any] = dict(self.reader.write(self.reader.read(request.args)))
            url = url_for("FindingsBookView.begin", **wished)
            links.append(Link(url, _("Mend by a workbook")))
        return links

    def related(self, item: Finding) -> list[Link]:
        wanted = select(PlanEntry.id).where(PlanEntry.student_id == item.student_id)
        entry = db.session.scalar(wanted) if item.student_id else None
        pages = {"plan": url_for("PlanView.show", pk=entry)} if entry else {}
        return [Link(*detail.link(item, pages))]


Finding.sentence = property(sentence)  # type: ignore[attr-defined]
Finding.asks = property(asks)  # type: ignore[attr-defined]


def _with_finding() -> list[tuple[str, str]]:
    """The rules whose findings the worklist has, each field of those that name fields by itself."""
    found = []
    for rule in STORED:
        found.append((rule.name, str(rule.title)))
        if "fields" in rule.facts:
            found += [
                (f"{rule.name}.{name}", _("%(name)s: %(text)s", name=rule.title, text=label))
                for name, label in LABELS.items()
                if f"'{name}'" in rule.facts["fields"]
            ]
    return found


def finding_filter(column: Any) -> ListFilter:
    """What a list of graduates can be narrowed by besides: an open finding of its rows (F-58)."""
    return ListFilter(
        "finding",
        _l("All findings of the checks"),
        lambda what: column.in_(queries.with_finding(actor(), what)),
        _with_finding,
        _l("Finding of the checks"),
        further=True,
    )
