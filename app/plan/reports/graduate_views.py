"""The graduates behind a figure of the reports, narrowed as the figure is. HTTP only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import relationship

from app.accounts.queries import actor
from app.codes import labels, regions
from app.codes import queries as codes
from app.fab.columns import ListColumn
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import dash
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, schools, years
from app.people.schools.queries import major_choices
from app.people.students.models import Student
from app.people.students.search_views import COLLEGE, StudentSearch
from app.plan.reports import asking, cuts, queries, trend
from app.plan.reports.cuts import BANDS, LABELS, READ
from app.plan.reports.figures import UNFILLED
from app.plan.rows.models import SOURCES, PlanEntry
from app.signing.placements.models import Placement
from app.signing.terms.models import Terms

# `plan_row` of a student, to be read in the list behind a figure: see `app.wiring`
PLAN_ROW = relationship(PlanEntry, viewonly=True, uselist=False)
Options = Callable[[], list[tuple[str, str]]]
ODD_CODE = re.compile(r"[0-9A-Za-z]{1,6}")


def _majors() -> list[tuple[str, str]]:
    return major_choices(actor(), asking.number(request.args, "f_major"))


def _of_row(name: str) -> Callable[[str], ColumnElement[bool]]:
    """Whose plan row is in that group of the dimension; `-`: in none, or without a row."""

    def condition(value: str) -> ColumnElement[bool]:
        rows = select(PlanEntry.id).where(PlanEntry.student_id == Student.id)
        if name == BANDS:
            rows = rows.join(Placement, Placement.id == PlanEntry.placement_id)
            rows = rows.join(Terms, Terms.id == Placement.terms_id)
            filled, same = true(), cuts.band_column() == int(value if value != UNFILLED else 0)
        else:
            filled, same = READ[name].column != "", READ[name].column == value
        if value == UNFILLED:
            return ~rows.where(filled).correlate(Student).exists()
        return rows.where(same).correlate(Student).exists()

    return condition


def _of_student(name: str) -> Callable[[str], ColumnElement[bool]]:
    """The same of what the record of the student says."""

    def condition(value: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = func.coalesce(READ[name].column, "") == (
            "" if value == UNFILLED else value
        )
        return found

    return condition


def _or_unfilled(name: str, options: Options) -> Options:
    """With those of nothing, and the code asked for where no table has it: a row may have any."""

    def found() -> list[tuple[str, str]]:
        known = options()
        asked = request.args.get(f"f_{name}", "")
        if name != BANDS and ODD_CODE.fullmatch(asked) and asked not in dict(known):
            known = [*known, (asked, asked)]
        return [*known, (UNFILLED, _("not filled in"))]

    return found


def _coded(table: str) -> Options:
    """Every code that a row may have, ended ones too; of destinations those of all editions."""

    def options() -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for _since, edition in codes.editions(table):
            found = {**codes.of_edition(table, edition), **found}
        return labels.choices(found, table)

    return options


def _provinces() -> list[tuple[str, str]]:
    return labels.choices(regions.provinces(), labels.REGION)


def _cities() -> list[tuple[str, str]]:
    found = {code[:4]: full for code, _name, full, level in regions.regions() if level <= 2}
    return list(found.items())


def _bands() -> list[tuple[str, str]]:
    return [(str(n), name) for n, name in enumerate(cuts.bands())]


def _further(name: str, every: Any, column: Any, options: Options | None) -> ListFilter:
    shown = _or_unfilled(name, options) if options else None
    return ListFilter(name, every, column, shown, title=LABELS[name], further=True)


def _with_name(code: str | None) -> str:
    return f"{code} {labels.code_text('byqx', code)}" if code else "–"


def _education() -> list[tuple[str, str]]:
    return _coded("xl")()


class GraduatesView(StudentSearch, SafeModelView):
    """The graduates behind a figure; no ID numbers, no phones (RPT-05)."""

    datamodel = SafeInterface(Student)
    route_base = "/reports/graduates"
    class_permission_name = "ReportGraduates"
    include_route_methods = {"list", "search", "pick_columns"}
    list_title = _l("Graduates of the report")
    columns = (
        ListColumn("name", _l("Name"), sorts=True, card="title"),
        ListColumn("student_no", _l("Student number"), sorts=True, width="number"),
        COLLEGE,
        ListColumn("major.name", _l("Major"), card="none"),
        ListColumn("class_name", _l("Class"), card="none"),
        ListColumn(
            "education",
            _l("Level of education"),
            lambda code: labels.code_text("xl", code),
            card="none",
        ),
        ListColumn("plan_row.destination_code", _l("Destination"), _with_name, width="middling"),
        ListColumn("plan_row.employer_name", _l("Employer"), dash),
    )
    base_order = ("id", "asc")
    filters = (
        ListFilter("year", _l("All years"), Student.graduation_year, years),
        ListFilter("part", _l("All parts"), queries.counts_as, asking.part_options),
        ListFilter("school", _l("All schools"), Student.school_id, schools),
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter("education", _l("All levels"), Student.education, _education),
        ListFilter("sex", _l("Both sexes"), Student.sex, _coded("xb")),
        ListFilter("major", _l("All majors"), Student.major_id, _majors),
        ListFilter(
            "changed",
            _l("Changed or not"),
            trend.changed_as,
            lambda: [(kind, str(label)) for kind, label in trend.CHANGES.items()],
            title=_l("Since the last report"),
            further=True,
        ),
        _further("region", _l("All provinces"), _of_row("region"), _provinces),
        _further("city", _l("All cities"), _of_row("city"), _cities),
        _further("industry", _l("All industries"), _of_row("industry"), _coded("dwhy")),
        _further("nature", _l("All natures"), _of_row("nature"), _coded("dwxz")),
        _further("position", _l("All kinds of position"), _of_row("position"), _coded("gzzwlb")),
        _further(BANDS, _l("All pay bands"), _of_row(BANDS), _bands),
        _further("destination", _l("All destinations"), _of_row("destination"), _coded("byqx")),
        _further(
            "source",
            _l("All sources"),
            _of_row("source"),
            lambda: [(source.value, str(label)) for source, label in SOURCES.items()],
        ),
        _further("origin", _l("All provinces of origin"), _of_student("origin"), _provinces),
        ListFilter("class", _l("Class"), _of_student("class"), title=LABELS["class"], further=True),
    )

    def scoped(self) -> Select[Student]:
        return queries.graduates_for(actor()).where(queries.in_n())

    def first_link(self, item: Student) -> str | None:
        return url_for("StudentsView.show", pk=item.id)

    def head_back(self) -> Link:
        return Link(url_for("ReportsView.rate", year=request.args.get("f_year")), _("Reports"))

    def record_name(self, item: Student) -> str:
        return str(item.name)
