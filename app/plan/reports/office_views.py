"""统计报表: rates with their formula, the flow of work, the graduates behind a figure. HTTP only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select
from sqlalchemy.orm import relationship

from app.accounts.queries import actor
from app.codes import labels
from app.codes import queries as codes
from app.core import clock
from app.core.db import db
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.columns import ListColumn
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import dash
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, schools, years
from app.people.schools.queries import major_choices
from app.people.students.models import Student
from app.people.students.search_views import COLLEGE, StudentSearch
from app.plan.reports import detail, flow, flow_detail, queries
from app.plan.reports.detail import OUTSIDE, FigureTable
from app.plan.reports.queries import Cut
from app.plan.reports.sheets import KINDS, MAKERS
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOT_NOW, NOTHING, SEEKING, formula, formula_of, formulas
from app.plan.rows.models import PlanEntry
from app.plan.rows.outside import RATE, Base, Why, of_records, season, text_of
from app.plan.rows.outside_views import OutsideLine, line_of, listed
from app.plan.years.models import Snapshot
from app.plan.years.snapshot_views import outside_urls
from app.plan.years.snapshots import snapshot_of, snapshots_for

# `plan_row` of a student, to be read in the list behind a figure: see `app.wiring`
PLAN_ROW = relationship(PlanEntry, viewonly=True, uselist=False)
SETTLED = "settled"
LARGEST_KEY = 2**31 - 1


def _number(name: str) -> int | None:
    """A whole number of the address; what is none counts as not given."""
    found = request.args.get(name, "")
    number = int(found) if found.isascii() and found.isdecimal() and len(found) < 11 else 0
    return number if 0 < number <= LARGEST_KEY else None


def _day(name: str) -> date | None:
    """A day of the address that can be meant."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if found.year in range(2000, 2101) else None


def _chosen(name: str, options: Sequence[tuple[str, Any]]) -> str:
    """One of the options, or none."""
    found = request.args.get(name, "")
    return found if found in dict(options) else ""


def _codes(table: str) -> list[tuple[str, str]]:
    return labels.choices(codes.names(table), table)


def _all_codes(table: str) -> list[tuple[str, str]]:
    return labels.choices(codes.names(table, ended=True), table)


def _majors() -> list[tuple[str, str]]:
    return major_choices(actor(), _number("f_major"))


def _parts() -> list[tuple[str, str]]:
    known = {part for known in formulas().values() for part in known.settled}
    rest = {SEEKING, NOT_NOW}
    found = [(part, str(label)) for part, label in PARTS.items() if part in known | rest]
    return [(SETTLED, _("Settled")), *found, (NOTHING, _("Unregistered"))]


class ReportsView(SafeView):
    """Rates (RPT-01) and the flow of work (RPT-02), as pages and as files."""

    route_base = "/reports"
    default_view = "rate"
    class_permission_name = "Reports"

    @expose("/rate", methods=["GET"])
    @has_access
    def rate(self) -> ResponseReturnValue:
        table, notes, snapshot = self._rate()
        return self.render_template(
            "plan/reports/rate.html",
            table=table,
            notes=notes,
            fields=_fields(),
            snapshot=snapshot,
            files=_files("rate"),
            flow_url=url_for("ReportsView.flow"),
            line=_line(table, snapshot),
            pivot_url=url_for("PivotView.begin", year=_cut().year),
        )

    @expose("/rate.<string:kind>", methods=["GET"])
    @has_access
    def rate_file(self, kind: str) -> Response:
        """The same table as a file."""
        table, notes, _snapshot = self._rate()
        return _file(kind, "rate", [table], notes)

    def _rate(self) -> tuple[FigureTable, list[tuple[str, str]], Snapshot | None]:
        who, cut = actor(), _cut()
        key = _number("snapshot")
        if key is not None:
            snapshot = snapshot_of(who, key)
            rates, used = queries.of_snapshot(snapshot, cut)
            known = {code: part for code, (_name, part) in snapshot.codes.items()}
            by = cut.by if cut.by in ("college", "major", "education", "sex") else "college"
            title = _(
                "Rate of settled destinations, %(year)s, snapshot “%(note)s”",
                year=snapshot.graduation_year,
                note=snapshot.note,
            )
            table = detail.rate_table(rates, by, used, lambda _key, _part: "", title)
            return table, detail.formula_lines(used, known), snapshot
        edition = _chosen("formula", [(e, e) for e in formulas()])
        used = formula_of(edition or formula(cut.year))
        if cut.by == "year" and not edition:
            return self._by_year(cut)
        rates = queries.live(who, cut, used if edition else None)
        own = not edition or edition == formula(cut.year)
        title = _(
            "Rate of settled destinations, %(year)s, formula of %(edition)s",
            year=cut.year,
            edition=codes.edition_name(used.edition),
        )
        if cut.by == "year":
            title = _(
                "Rate of settled destinations by graduation year, formula of %(edition)s",
                edition=codes.edition_name(used.edition),
            )
            own = False
        table = detail.rate_table(rates, cut.by, used, _address(cut) if own else _nowhere, title)
        return table, detail.formula_lines(used), None

    def _by_year(self, cut: Cut) -> tuple[FigureTable, list[tuple[str, str]], None]:
        """Each year by the formula that counted for it (PLN-11)."""
        rates = queries.live(actor(), cut)
        used = {rate.key: formula_of(formula(rate.key)) for rate in rates}
        used = used or {cut.year: formula_of(formula(cut.year))}
        title = _(
            "Rate of settled destinations by graduation year, each by the formula of its year"
        )
        heads = detail.together([*used.values()])
        table = detail.rate_table(rates, "year", heads, _address(cut), title)
        return table, detail.lines_of_years(used), None

    @expose("/flow", methods=["GET"])
    @has_access
    def flow(self) -> ResponseReturnValue:
        span = _span()
        tables = _flow(span)
        lines = [
            table.base
            and line_of(table.base, year=season(), school=span.school, college=span.college)
            for table in tables
        ]
        return self.render_template(
            "plan/reports/flow.html",
            tables=list(zip(tables, lines, strict=True)),
            span=span,
            files=_files("flow"),
            schools=schools() if actor().school_id is None else [],
        )

    @expose("/flow.<string:kind>", methods=["GET"])
    @has_access
    def flow_file(self, kind: str) -> Response:
        """The same tables as a file."""
        span = _span()
        days = [(_("From"), span.since.isoformat()), (_("Until"), span.until.isoformat())]
        return _file(kind, "flow", _flow(span), days)


def _flow(span: flow.FlowSpan) -> list[FigureTable]:
    """The tables of the flow, with the graduates of the season that they look at."""
    mine = [Student.graduation_year == season(), Student.school_id == span.school]
    mine += [Student.college_id == span.college] if span.college else []
    return flow_detail.tables(span, season(), of_records(actor(), *mine))


def _span() -> flow.FlowSpan:
    """The days that the address asks for; who sees every school begins with the first."""
    first = next((int(key) for key, _name in schools()), None) if not actor().school_id else None
    return flow.span_of(actor(), _day("since"), _day("until"), _number("school") or first)


def _cut() -> Cut:
    """What the address asks for; anything odd in it counts as not asked."""
    by = _chosen("by", list(detail.CUTS.items()))
    return Cut(
        year=int(_chosen("year", years()) or season()),
        by=by or ("college" if actor().school_id else "school"),
        school=_number("school"),
        college=_number("college"),
        education=_chosen("education", _codes("xl")),
        sex=_chosen("sex", _codes("xb")),
    )


def _fields() -> list[dict[str, object]]:
    """The drop-downs over the table, each with what is chosen."""
    cut, who = _cut(), actor()
    kept = [
        (str(s.id), f"{s.graduation_year} · {s.note}")
        for s in db.session.scalars(snapshots_for(who).order_by(Snapshot.id.desc()).limit(50))
    ]
    editions = [(e, _("Formula of %(edition)s", edition=codes.edition_name(e))) for e in formulas()]
    fields = [
        ("by", _("One line each"), list(detail.CUTS.items()), cut.by, ""),
        ("year", _("Graduation year"), years(), str(cut.year), ""),
        (
            "school",
            _("School"),
            [] if who.school_id else schools(),
            str(cut.school or ""),
            _("All schools"),
        ),
        ("college", _("College"), colleges(), str(cut.college or ""), _("All colleges")),
        ("education", _("Level of education"), _codes("xl"), cut.education, _("All levels")),
        ("sex", _("Sex"), _codes("xb"), cut.sex, _("Both sexes")),
        ("formula", _("Formula"), editions, _chosen("formula", editions), _("Formula of the year")),
        ("snapshot", _("Snapshot"), kept, _chosen("snapshot", kept), _("As it stands now")),
    ]
    return [
        {"name": name, "label": label, "options": options, "chosen": chosen, "every": every}
        for name, label, options, chosen, every in fields
        if options
    ]


def _narrowed(cut: Cut) -> dict[str, Any]:
    """The filters of the lists of graduates behind a figure of this cut."""
    return {
        "year": None if cut.by == "year" else cut.year,
        "school": cut.school,
        "college": cut.college,
        "education": cut.education,
        "sex": cut.sex,
    }


def _line(table: FigureTable, snapshot: Snapshot | None) -> OutsideLine | None:
    """Who is outside the figures, under them; of a snapshot that kept nobody outside, None."""
    base, narrowed = table.base or Base(), _narrowed(_cut())
    if snapshot is not None:
        return None if snapshot.outside is None else line_of(base, outside_urls(snapshot))
    if _chosen(
        "formula", [(e, e) for e in formulas()]
    ):  # the list knows the formula of the year only
        return line_of(base, {w: listed(w, **narrowed) for w in (Why.ENTERED, Why.REJECTED)})
    return line_of(base, **narrowed)


def _address(cut: Cut) -> detail.Address:
    """The list of the graduates behind a figure."""

    def address(key: Any, part: str) -> str:
        if key == "" or (cut.by == "year" and key and str(key) not in dict(years())):
            return ""  # no filter of the list asks for that
        asked = _narrowed(cut)
        if key is not None:
            asked[cut.by] = key
        if part == OUTSIDE:
            return listed(RATE, **asked)
        asked["part"] = "" if part == "all" else part
        values: dict[str, Any] = {f"f_{name}": value for name, value in asked.items() if value}
        return url_for("GraduatesView.list", **values)

    return address


def _nowhere(_key: object, _part: str) -> str:
    return ""


def _files(name: str) -> list[tuple[str, str]]:
    """(kind, address) of the files of this page, narrowed as it is."""
    query = request.query_string.decode("ascii", "ignore")
    found = [(kind, url_for(f"ReportsView.{name}_file", kind=kind)) for kind in KINDS]
    return [(f".{kind}", f"{url}?{query}" if query else url) for kind, url in found]


def _file(
    kind: str, name: str, tables: list[FigureTable], notes: list[tuple[str, str]]
) -> Response:
    if kind not in KINDS:
        abort(404)
    notes = [*_outside_notes(tables), *notes]
    head = f'attachment; filename="{name}-{clock.today():%Y%m%d}.{kind}"'
    return Response(
        MAKERS[kind](tables, notes), mimetype=KINDS[kind], headers={"Content-Disposition": head}
    )


def _outside_notes(tables: list[FigureTable]) -> list[tuple[str, str]]:
    """Who is outside the figures of a file, above its other notes (PLN-06)."""
    bases = {text_of(table.base): None for table in tables if table.base is not None}
    return [(_("Who is counted"), text) for text in bases]


def _with_name(code: str | None) -> str:
    return f"{code} {labels.code_text('byqx', code)}" if code else "–"


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
        ListFilter("part", _l("All parts"), queries.counts_as, _parts),
        ListFilter("school", _l("All schools"), Student.school_id, schools),
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter("education", _l("All levels"), Student.education, lambda: _all_codes("xl")),
        ListFilter("sex", _l("Both sexes"), Student.sex, lambda: _all_codes("xb")),
        ListFilter("major", _l("All majors"), Student.major_id, _majors),
    )

    def scoped(self) -> Select[Student]:
        return queries.graduates_for(actor()).where(queries.in_n())

    def first_link(self, item: Student) -> str | None:
        return url_for("StudentsView.show", pk=item.id)

    def head_back(self) -> Link:
        return Link(url_for("ReportsView.rate", year=request.args.get("f_year")), _("Reports"))

    def record_name(self, item: Student) -> str:
        return str(item.name)
