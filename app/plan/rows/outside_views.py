"""The line under a figure with its links, and the list of the graduates whom the figure leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts.queries import actor
from app.codes import labels
from app.codes import queries as codes
from app.fab.columns import ListColumn
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import dash
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, schools, years
from app.people.schools.queries import major_choices
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.people.students.search_views import COLLEGE, StudentSearch
from app.plan.rows import outside
from app.plan.rows.outside import RATE, REASONS, Base, Why


@dataclass(frozen=True)
class OutsideLine:
    """What stands under a figure: how many of all are counted, the others by reason with their list."""

    inside: str
    total: str
    out: int
    out_text: str
    reasons: list[tuple[str, str, str]]


def line_of(base: Base, urls: dict[str, str] | None = None, **narrowed: object) -> OutsideLine:
    """The line under a figure; `narrowed` are the filters of the list behind each reason.

    With `urls` each reason leads there instead, or nowhere: a snapshot's, say.
    """

    def url(why: str) -> str:
        return listed(why, **narrowed) if urls is None else urls.get(why, "")

    reasons = [
        (str(REASONS[why]), f"{base.outside[why]:,}", url(why))
        for why in Why
        if base.outside.get(why)
    ]
    return OutsideLine(f"{base.inside:,}", f"{base.total:,}", base.out, f"{base.out:,}", reasons)


def listed(why: str, **narrowed: Any) -> str:
    """The list of the graduates outside for that reason."""
    values = {f"f_{name}": value for name, value in narrowed.items() if value}
    return url_for("OutsideView.list", f_reason=why, **values)


def _majors() -> list[tuple[str, str]]:
    asked = request.args.get("f_major", "")
    known = asked.isascii() and asked.isdecimal() and len(asked) < 10
    return major_choices(actor(), int(asked) if known else None)


class OutsideView(StudentSearch, SafeModelView):
    """Graduates whom a figure leaves out, each with the reason; no ID numbers, no phones (PLN-06)."""

    datamodel = SafeInterface(Student)
    route_base = "/plan/outside"
    class_permission_name = "PlanOutside"
    include_route_methods = {"list", "search", "pick_columns"}
    list_title = _l("Graduates outside the figures")
    columns = (
        ListColumn("name", _l("Name"), sorts=True, card="title"),
        ListColumn("student_no", _l("Student number"), sorts=True, width="number"),
        COLLEGE,
        ListColumn("class_name", _l("Class"), dash, card="none"),
        ListColumn("graduation_year", _l("Graduation year"), card="none"),
        ListColumn(
            "education", _l("Level of education"), lambda code: labels.code("xl", code), card="none"
        ),
        ListColumn(
            "origin_state", _l("Why"), of_row=outside.reason_of, card="status", width="middling"
        ),
    )
    base_order = ("id", "asc")
    filters = (
        ListFilter("year", _l("All years"), Student.graduation_year, years),
        ListFilter(
            "reason",
            _l("All reasons"),
            outside.for_reason,
            lambda: [
                (RATE, str(_l("Not counted in the rate"))),
                *((why.value, str(text)) for why, text in REASONS.items()),
            ],
        ),
        ListFilter(
            "row",
            _l("In the plan or not"),
            outside.without_row,
            lambda: [("none", str(REASONS[Why.NO_ROW]))],
        ),
        ListFilter("school", _l("All schools"), Student.school_id, schools),
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter(
            "education",
            _l("All levels"),
            Student.education,
            lambda: labels.choices(codes.names("xl", ended=True), "xl"),
        ),
        ListFilter(
            "sex",
            _l("Both sexes"),
            Student.sex,
            lambda: labels.choices(codes.names("xb", ended=True), "xb"),
        ),
        ListFilter("major", _l("All majors"), Student.major_id, _majors),
    )

    def scoped(self) -> Select[Student]:
        return students_for(actor()).where(outside.for_reason(RATE) | outside.without_row())

    def first_link(self, item: Student) -> str | None:
        return url_for("StudentsView.show", pk=item.id)

    def head_back(self) -> Link | None:
        return Link(url_for("PlanView.list"), _l("Employment plan"))

    def record_name(self, item: Student) -> str:
        return str(item.name)
