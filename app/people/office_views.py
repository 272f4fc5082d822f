"""Students, employers, schools, colleges and majors as staff see them: lists and details."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.codes import queries as codes
from app.core import clock
from app.fab.declared import Link, ListFilter, Offer, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.once import now, once
from app.fab.shown import chips, dash, moment
from app.fab.titles import TitleLinks
from app.fab.views import SafeModelView
from app.people import queries
from app.people.detail import restrictions_of, trace_of
from app.people.models import (
    EMPLOYER_CHIPS,
    EMPLOYER_STATES,
    ORIGIN_CHIPS,
    ORIGIN_STATES,
    College,
    Employer,
    Major,
    School,
    Student,
)
from app.people.restriction_views import restrict_page
from app.people.sheets import EXPORTED
from app.people.step_views import StepActions
from app.people.workflow import EMPLOYERS
from app.workflow.queries import said, trail_of

READ_ONLY = {"list", "show", "search", "columns"}


def colleges() -> list[tuple[str, str]]:
    return once("college_options", lambda: queries.college_choices(actor()))


def schools() -> list[tuple[str, str]]:
    return once("school_options", lambda: queries.school_choices(actor()))


def years() -> list[tuple[str, str]]:
    """The graduation years a list can be narrowed to, next year first."""
    this = clock.local(now()).year
    return [(str(year), str(year)) for year in range(this + 2, this - 6, -1)]


def _code(table: str) -> Any:
    return lambda code: codes.name(table, code) or "–"


class StudentsView(TitleLinks, SafeModelView):
    """The graduates of the scope with the state of their origin record (ADM-02)."""

    datamodel = SafeInterface(Student)
    route_base = "/students"
    class_permission_name = "Students"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm"}
    list_title = _l("Students")
    show_template = "people/office_student.html"
    show_title = _l("Student")
    list_columns = ["student_no", "name", "college.name", "major.name", "class_name",
                    "graduation_year", "origin_state"]  # fmt: skip
    order_columns = ["student_no", "name", "graduation_year", "class_name"]
    search_columns: list[str] = []
    show_fieldsets = [
        (_l("Student"), {"fields": ["name", "student_no", "id_number_masked", "examinee_no", "sex",
                                    "nation"]}),
        (_l("Studies"), {"fields": ["school.name", "college.name", "major.name", "class_name",
                                    "education",
                                    "graduation_year", "training_mode"]}),
        (_l("Contact details"), {"fields": ["phone_masked", "email", "address", "verified_at"]}),
        (_l("Origin record"), {"fields": ["origin_state", "origin"]}),
    ]  # fmt: skip
    label_columns = {
        "student_no": _l("Student number"), "name": _l("Name"), "college.name": _l("College"),
        "major.name": _l("Major"), "class_name": _l("Class"),
        "graduation_year": _l("Graduation year"),
        "origin_state": _l("Origin record"), "id_number_masked": _l("ID number"),
        "examinee_no": _l("Examinee number"), "sex": _l("Sex"), "nation": _l("Nationality"),
        "school.name": _l("School"), "education": _l("Level of education"),
        "training_mode": _l("Training mode"), "phone_masked": _l("Phone"), "email": _l("E-mail"),
        "address": _l("Address"), "verified_at": _l("First sign-in"),
        "origin": _l("Place of origin"),
    }  # fmt: skip
    formatters_columns = {
        "origin_state": chips(ORIGIN_STATES, ORIGIN_CHIPS), "sex": _code("xb"),
        "nation": _code("mz"),
        "education": _code("xl"), "training_mode": _code("pyfs"), "verified_at": moment,
        "origin": lambda code: codes.region_name(code) or "–", "email": dash, "address": dash,
        "examinee_no": dash, "class_name": dash, "phone_masked": dash, "id_number_masked": dash,
    }  # fmt: skip
    export_fields = EXPORTED
    base_order = ("student_no", "asc")
    wide_columns = frozenset({"student_no", "major.name", "graduation_year"})
    cell_classes = {"student_no": "qq-number", "name": "qq-card-title",
                    "origin_state": "qq-card-status"}  # fmt: skip
    search_hint = _l("Student number, name, ID number, phone")
    filters = (
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter("year", _l("All years"), Student.graduation_year, years),
        ListFilter("origin", _l("Any origin record"), Student.origin_state,
                   lambda: [(s.value, str(text)) for s, text in ORIGIN_STATES.items()]),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return queries.students_for(actor())

    def search_args(self, text: str) -> dict[str, str]:
        return queries.search_args(text, actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        if "x" in self.search_args(text):
            abort(400, description=_("Use the search box: a personal number stands in no address."))
        return queries.finds_student(text)

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        return queries.has_secret(token)

    def record_name(self, item: Any) -> str:
        return str(item.name)

    def head_links(self) -> list[Link]:
        """A school brings its students by a file."""
        if not self.appbuilder.sm.has_access("can_begin", "Imports"):
            return []
        return [Link(url_for("ImportsView.begin", name="students"), _("Import"))]

    def show_context(self, item: Any) -> dict[str, Any]:
        """Restrictions with their trace; what packages above keep stands on pages of theirs."""
        shown = restrictions_of(actor(), item.id)
        may = self.appbuilder.sm.has_access("can_create", "Restrict")
        return {
            "links": [(_("Terminations and chances"), url_for("ChancesView.show", pk=item.id))],
            "restrictions": [(row, url_for("RestrictionsView.show", pk=row.id)) for row in shown],
            "trace": trace_of([row.id for row in shown]) if shown else [],
            "restrict_url": url_for("RestrictView.begin", student=item.id) if may else "",
        }

    @record_action("restrict", _l("Restrict…"), danger=True, single=False)
    def restrict(self, items: list[Any]) -> Any:
        """Kind, days and reason are asked on a page of their own (ADM-03)."""
        return restrict_page(self, items)

    def bulk_offers(self) -> list[Offer]:
        return [replace(offer, onward=True) for offer in super().bulk_offers()]


class EmployersView(StepActions, SafeModelView):
    """Employers: qualification review by the school they chose (ACC-07, ADM-06)."""

    flow = EMPLOYERS
    frequent_reasons = (
        _l("The scan cannot be read."),
        _l("Name and credit code do not match the licence."),
        _l("The contact cannot be reached."),
    )
    datamodel = SafeInterface(Employer)
    route_base = "/employers"
    class_permission_name = "Employers"
    list_title = _l("Employers")
    show_title = _l("Employer")
    show_template = "people/office_employer.html"
    list_columns = ["name", "credit_code", "kind", "industry", "school.name", "changed_at", "state"]
    order_columns = ["name", "credit_code", "changed_at"]
    search_columns: list[str] = []
    show_fieldsets = [
        (_l("Employer"), {"fields": ["name", "credit_code", "state", "school.name", "kind",
                                     "industry",
                                     "location", "address", "postcode"]}),
        (_l("Contact"), {"fields": ["contact_name", "contact_phone_masked", "email"]}),
        (_l("Personal archive"), {"fields": ["archive_receiver", "archive_to", "archive_address",
                                             "archive_postcode", "archive_contact",
                                             "archive_phone"]}),
        (_l("Household registration"), {"fields": ["household_kind", "household_address"]}),
    ]  # fmt: skip
    label_columns = {
        "name": _l("Name"), "credit_code": _l("Credit code"), "kind": _l("Nature"),
        "industry": _l("Industry"), "school.name": _l("Checking school"),
        "changed_at": _l("Last change"), "state": _l("Review"), "location": _l("Region"),
        "address": _l("Address"), "postcode": _l("Postcode"), "contact_name": _l("Contact"),
        "contact_phone_masked": _l("Phone"), "email": _l("E-mail"),
        "archive_receiver": _l("Archive is received by"),
        "archive_to": _l("Forward the archive to"),
        "archive_address": _l("Forwarding address"), "archive_postcode": _l("Forwarding postcode"),
        "archive_contact": _l("Forwarding contact"), "archive_phone": _l("Forwarding telephone"),
        "household_kind": _l("Household registration moves to"),
        "household_address": _l("Household address"),
    }  # fmt: skip
    formatters_columns = {
        "kind": _code("dwxz"), "industry": _code("dwhy"), "state": chips(EMPLOYER_STATES,
                                                                         EMPLOYER_CHIPS),
        "changed_at": moment, "location": lambda code: codes.region_name(code) or "–",
        "archive_receiver": _code("dajs"), "household_kind": _code("hkjs"),
    } | dict.fromkeys(("address", "postcode", "archive_to", "archive_address", "archive_postcode",
                       "archive_contact", "archive_phone", "household_address"), dash)  # fmt: skip
    base_order = ("changed_at", "desc")
    wide_columns = frozenset({"kind", "industry", "changed_at"})
    cell_classes = {"name": "qq-roomy qq-card-title", "credit_code": "qq-number",
                    "changed_at": "qq-number",
                    "state": "qq-card-status"}  # fmt: skip
    search_hint = _l("Name or credit code")
    tabs = (
        Tab("awaiting", _l("Awaiting review"), lambda: queries.employer_tab("awaiting"),
            empty=_l("No employer waits for your check.")),
        Tab("approved", _l("Approved"), lambda: queries.employer_tab("approved")),
        Tab("rejected", _l("Rejected"), lambda: queries.employer_tab("rejected")),
        Tab("all", _l("All")),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return queries.employers_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.finds_employer(text)

    def show_context(self, item: Any) -> dict[str, Any]:
        return {
            "licence": queries.licence_of(item),
            "trace": [
                {"who": row.actor_name, "what": said(row), "when": clock.local(row.at),
                 "note": row.reason}
                for row in reversed(trail_of("employer", item.id))
            ],
        }  # fmt: skip

    @record_action("approve", _l("Approve"), primary=True)
    def approve(self, items: list[Any]) -> Any:
        return self.take("approve", items)

    @record_action("reject", _l("Reject"), reason="required", danger=True)
    def reject(self, items: list[Any]) -> Any:
        return self.take("reject", items)


class SchoolsView(SafeModelView):
    """Schools (ADM-01)."""

    datamodel = SafeInterface(School)
    route_base = "/schools"
    class_permission_name = "Schools"
    include_route_methods = READ_ONLY
    list_title = show_title = _l("Schools")
    list_columns = show_columns = ["code", "name", "contact"]
    order_columns = ["code", "name"]
    search_columns = ["code", "name"]
    label_columns = {"code": _l("Code"), "name": _l("Name"), "contact": _l("Contact")}
    formatters_columns = {"contact": dash}
    base_order = ("code", "asc")

    def scoped(self) -> Select[Any]:
        return queries.schools_for(actor())


class CollegesView(SafeModelView):
    """Colleges (ADM-01)."""

    datamodel = SafeInterface(College)
    route_base = "/colleges"
    class_permission_name = "Colleges"
    include_route_methods = READ_ONLY
    list_title = show_title = _l("Colleges")
    list_columns = show_columns = ["code", "name", "school.name"]
    order_columns = ["code", "name"]
    search_columns = ["code", "name"]
    label_columns = {"code": _l("Code"), "name": _l("Name"), "school.name": _l("School")}
    base_order = ("code", "asc")
    filters = (ListFilter("school", _l("All schools"), College.school_id, schools),)

    def scoped(self) -> Select[Any]:
        return queries.colleges_for(actor())


class MajorsView(SafeModelView):
    """Majors (ADM-01)."""

    datamodel = SafeInterface(Major)
    route_base = "/majors"
    class_permission_name = "Majors"
    include_route_methods = READ_ONLY
    list_title = show_title = _l("Majors")
    list_columns = show_columns = ["code", "name", "college.name"]
    order_columns = ["code", "name"]
    search_columns = ["code", "name"]
    label_columns = {"code": _l("Code"), "name": _l("Name"), "college.name": _l("College")}
    base_order = ("code", "asc")
    filters = (ListFilter("college", _l("All colleges"), Major.college_id, colleges),)

    def scoped(self) -> Select[Any]:
        return queries.majors_for(actor())
