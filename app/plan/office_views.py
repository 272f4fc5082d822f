"""就业方案: the rows of the employment plan, to be read (PLN-01)."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.codes import queries as codes
from app.fab.declared import ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.shown import chips, dash, moment
from app.fab.titles import TitleLinks
from app.fab.views import SafeModelView
from app.people.office_views import READ_ONLY, colleges, years
from app.people.queries import search_args
from app.plan.models import PLAN_CHIPS, PLAN_STATES, SOURCES, PlanEntry
from app.plan.queries import found_by, in_tab, of_secret, plan_entries_for


def _with_code(table: str) -> Any:
    """Code and name side by side, as people check them."""
    return lambda code: f"{code} {codes.name(table, code)}" if code else "–"


def _region(code: str | None) -> str:
    return f"{code} {codes.region_name(code)}" if code else "–"


def _tab(name: str, label: Any) -> Tab:
    return Tab(name, label, lambda: in_tab(name))


class PlanView(TitleLinks, SafeModelView):
    """One row a graduate, with the codes of the official layout and where they come from."""

    datamodel = SafeInterface(PlanEntry)
    route_base = "/plan"
    class_permission_name = "Plan"
    include_route_methods = READ_ONLY
    list_title = _l("Employment plan")
    show_title = _l("Row of the plan")
    list_columns = ["student.student_no", "student.name", "student.college.name", "destination",
                    "employer_name", "employer_kind", "industry", "source", "changed_at",
                    "state"]  # fmt: skip
    order_columns = ["changed_at", "destination_code", "employer_name"]
    search_columns: list[str] = []
    show_fieldsets = [
        (_l("Student"), {"fields": ["student.name", "student.student_no", "student.college.name",
                                    "student.major.name", "graduation_year"]}),
        (_l("Destination"), {"fields": ["destination", "source", "state", "changed_at"]}),
        (_l("Employer"), {"fields": ["employer_name", "credit_code", "employer_kind", "industry",
                                     "location",
                                     "position_kind", "contact_name", "contact_phone", "address",
                                     "postcode"]}),
        (_l("Personal archive"), {"fields": ["archive_to", "archive_address", "archive_postcode"]}),
        (_l("Household registration"), {"fields": ["household_address"]}),
    ]  # fmt: skip
    label_columns = {
        "student.student_no": _l("Student number"), "student.name": _l("Name"),
        "student.college.name": _l("College"), "student.major.name": _l("Major"),
        "graduation_year": _l("Graduation year"), "destination": _l("Destination"),
        "employer_name": _l("Employer"), "employer_kind": _l("Nature"), "industry": _l("Industry"),
        "source": _l("Source"), "changed_at": _l("Last change"), "state": _l("State"),
        "credit_code": _l("Credit code"), "location": _l("Region"),
        "position_kind": _l("Kind of position"), "contact_name": _l("Contact"),
        "contact_phone": _l("Telephone"), "address": _l("Address"), "postcode": _l("Postcode"),
        "archive_to": _l("Forward the archive to"), "archive_address": _l("Forwarding address"),
        "archive_postcode": _l("Forwarding postcode"), "household_address": _l("Household address"),
    }  # fmt: skip
    formatters_columns = {
        "employer_kind": _with_code("dwxz"), "industry": _with_code("dwhy"), "location": _region,
        "position_kind": _with_code("gzzwlb"), "changed_at": moment, "state": chips(PLAN_STATES,
                                                                                    PLAN_CHIPS),
        "source": lambda source: str(SOURCES.get(source, "–")),
    } | dict.fromkeys(("destination", "employer_name", "credit_code", "contact_name",
                       "contact_phone",
                       "address", "postcode", "archive_to", "archive_address", "archive_postcode",
                       "household_address"), dash)  # fmt: skip
    base_order = ("changed_at", "desc")
    load_columns = ("destination_code", "graduation_year", "sources")
    wide_columns = frozenset({"student.student_no", "student.college.name", "employer_kind",
                              "industry",
                              "source", "changed_at"})  # fmt: skip
    cell_classes = {"student.student_no": "qq-number", "student.name": "qq-card-title",
                    "employer_name": "qq-middling", "destination": "qq-middling",
                    "changed_at": "qq-number",
                    "state": "qq-card-status"}  # fmt: skip
    search_hint = _l("Student number, name, ID number, phone")
    tabs = (
        _tab("all", _l("All")),
        _tab("filled", _l("Filled")),
        _tab("open", _l("No destination")),
        _tab("reported", _l("Reported")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), PlanEntry.college_id, colleges),
        ListFilter("year", _l("All years"), PlanEntry.graduation_year, years),
    )

    def scoped(self) -> Select[Any]:
        return plan_entries_for(actor())

    def search_args(self, text: str) -> dict[str, str]:
        return search_args(text, actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        if "x" in self.search_args(text):
            abort(400, description=_("Use the search box: a personal number stands in no address."))
        return found_by(text)

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        return of_secret(token)

    def record_name(self, item: Any) -> str:
        return str(item.student.name)
