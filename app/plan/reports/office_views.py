"""统计报表: rates, flow, where graduates go, two dimensions, the trend, as pages and as files. HTTP only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.codes import labels, regions
from app.codes import queries as codes
from app.core import clock
from app.core.db import db
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.schools.office_views import colleges, schools
from app.plan.reports import asking, detail
from app.plan.reports.asking import ReportChoice
from app.plan.reports.charts import PLACES
from app.plan.reports.cuts import LABELS
from app.plan.reports.detail import FigureTable
from app.plan.reports.models import LONGEST_NAME, LONGEST_QUERY
from app.plan.reports.pages import REPORTS, Links, NamedReport, ReportPage
from app.plan.reports.queries import SETTLED
from app.plan.reports.sheets import KINDS, MAKERS
from app.plan.rows.outside import Why, text_of
from app.plan.rows.outside_views import OutsideLine, line_of, listed
from app.plan.years.models import Snapshot
from app.plan.years.snapshot_views import outside_urls
from app.plan.years.snapshots import snapshots_for
from app.workflow.actor import Actor

# report → the drop-downs over it, in their order
CHOICES = {
    "rate": ("by", "year", "school", "college", "education", "sex", "formula", "snapshot"),
    "flow": ("one_school",),
    "where": ("year", "part", "province", "school", "college", "education", "sex"),
    "cross": ("down", "across", "year", "school", "college", "education", "sex"),
    "trend": ("year", "one_school", "college", "education"),
}
QUESTIONS = "KeptQuestions"


@dataclass(frozen=True)
class ShownTable:
    """A table with the line under it."""

    table: FigureTable
    line: OutsideLine | None


class ReportsView(SafeView):
    """The reports, each with its files (RPT-01…03, RPT-06)."""

    route_base = "/reports"
    default_view = "rate"
    class_permission_name = "Reports"

    @expose("/rate", methods=["GET"])
    @has_access
    def rate(self) -> ResponseReturnValue:
        return self._page("rate")

    @expose("/rate.<string:kind>", methods=["GET"])
    @has_access
    def rate_file(self, kind: str) -> Response:
        """The same table as a file."""
        return _file(kind, "rate")

    @expose("/flow", methods=["GET"])
    @has_access
    def flow(self) -> ResponseReturnValue:
        return self._page("flow")

    @expose("/flow.<string:kind>", methods=["GET"])
    @has_access
    def flow_file(self, kind: str) -> Response:
        """The same tables as a file."""
        return _file(kind, "flow")

    @expose("/where", methods=["GET"])
    @has_access
    def where(self) -> ResponseReturnValue:
        return self._page("where")

    @expose("/where.<string:kind>", methods=["GET"])
    @has_access
    def where_file(self, kind: str) -> Response:
        """The same tables as a file."""
        return _file(kind, "where")

    @expose("/cross", methods=["GET"])
    @has_access
    def cross(self) -> ResponseReturnValue:
        return self._page("cross")

    @expose("/cross.<string:kind>", methods=["GET"])
    @has_access
    def cross_file(self, kind: str) -> Response:
        """Every line and column as a file."""
        return _file(kind, "cross")

    @expose("/trend", methods=["GET"])
    @has_access
    def trend(self) -> ResponseReturnValue:
        return self._page("trend")

    @expose("/trend.<string:kind>", methods=["GET"])
    @has_access
    def trend_file(self, kind: str) -> Response:
        """The same tables as a file."""
        return _file(kind, "trend")

    def _page(self, name: str) -> ResponseReturnValue:
        who, report = actor(), REPORTS[name]
        page = report.page(who, request.args, _links(report))
        return self.render_template(
            "plan/reports/report.html",
            report=report,
            page=page,
            tables=[ShownTable(table, _line(table, page)) for table in page.tables],
            tabs=tabs(name),
            choices=_choices(who, report),
            days=list(zip(("since", "until"), page.notes, strict=True)) if name == "flow" else (),
            files=_files(name),
            workbook=_workbook() if name == "cross" else "",
            may_keep=self.appbuilder.sm.has_access("can_keep", QUESTIONS),
            query=_query()[:LONGEST_QUERY],
            longest=LONGEST_NAME,
        )


def tabs(active: str) -> list[tuple[Any, str, None, bool]]:
    """The reports and the kept questions, as parts/page.html takes them."""
    found = [
        (r.label, url_for(f"ReportsView.{r.name}"), None, r.name == active)
        for r in REPORTS.values()
    ]
    return [*found, (_("Kept questions"), url_for("QuestionsView.index"), None, active == "")]


def _links(report: NamedReport) -> Links:
    def graduates(filters: Mapping[str, Any]) -> str:
        known = {f"f_{name}": value for name, value in filters.items() if value not in (None, "")}
        return url_for("GraduatesView.list", **known)

    def outside(filters: Mapping[str, Any]) -> str:
        return listed(filters["reason"], **{n: v for n, v in filters.items() if n != "reason"})

    def here(changed: Mapping[str, Any]) -> str:
        asked = {**request.args.to_dict(), **changed}
        return f"{url_for(f'ReportsView.{report.name}')}?{urlencode({n: v for n, v in asked.items() if v})}"

    return Links(graduates, outside, here)


def _line(table: FigureTable, page: ReportPage) -> OutsideLine | None:
    """Who is outside the figures, under them; of a snapshot that kept nobody outside, None."""
    if page.snapshot is not None:
        kept = page.snapshot.outside is not None and table.base
        return line_of(kept, outside_urls(page.snapshot)) if kept else None
    if table.base is None:
        return None
    filters = page.outside or {}
    if page.only_records:  # the list knows the formula of the year only
        return line_of(table.base, {w: listed(w, **filters) for w in (Why.ENTERED, Why.REJECTED)})
    return line_of(table.base, **filters)


def _options(who: Actor, name: str) -> tuple[Any, Any, str]:
    """(label, options, what it says when nothing is chosen) of a drop-down."""
    known: dict[str, Any] = {
        "by": lambda: (_("One line each"), list(detail.CUTS.items()), ""),
        "year": lambda: (_("Graduation year"), asking.year_options(), ""),
        "school": lambda: (_("School"), [] if who.school_id else schools(), _("All schools")),
        "one_school": lambda: (_("School"), [] if who.school_id else schools(), ""),
        "college": lambda: (_("College"), colleges(), _("All colleges")),
        "education": lambda: (
            _("Level of education"),
            asking.code_options("xl"),
            _("All levels"),
        ),
        "sex": lambda: (_("Sex"), asking.code_options("xb"), _("Both sexes")),
        "formula": lambda: (_("Formula"), _editions(), _("Formula of the year")),
        "snapshot": lambda: (_("Snapshot"), _snapshots(who), _("As it stands now")),
        "part": lambda: (_("Group of destinations"), asking.part_options(), ""),
        "province": lambda: (_("Cities of"), _provinces(), _("The province of most")),
        "down": lambda: (_("Lines"), list(LABELS.items()), ""),
        "across": lambda: (_("Columns of the table"), list(LABELS.items()), ""),
    }
    found: tuple[Any, Any, str] = known[name]()
    return found


def _choices(who: Actor, report: NamedReport) -> list[ReportChoice]:
    """The drop-downs over the tables, each with what is chosen."""
    cut, (down, across) = asking.cut_of(who, request.args), asking.pair_of(request.args)
    chosen = {
        "by": cut.by,
        "year": str(cut.year),
        "school": str(cut.school or ""),
        "one_school": str(cut.school or ""),
        "college": str(cut.college or ""),
        "education": cut.education,
        "sex": cut.sex,
        "part": asking.chosen(request.args, "part", asking.part_options()) or SETTLED,
        "down": down,
        "across": across,
    }
    found = []
    for name in CHOICES[report.name]:
        label, options, every = _options(who, name)
        here = chosen.get(name) or asking.chosen(request.args, name, options)
        if options:
            found.append(ReportChoice(name.removeprefix("one_"), label, options, here, every))
    return found


def _editions() -> list[tuple[str, str]]:
    return [
        (e, _("Formula of %(edition)s", edition=codes.edition_name(e)))
        for e, _e in asking.edition_options()
    ]


def _snapshots(who: Actor) -> list[tuple[str, str]]:
    wanted = snapshots_for(who).order_by(Snapshot.id.desc()).limit(50)
    return [(str(s.id), f"{s.graduation_year} · {s.note}") for s in db.session.scalars(wanted)]


def _provinces() -> list[tuple[str, str]]:
    names = labels.choices(regions.provinces(), labels.REGION)
    return [(code, name) for code, name in names if code in PLACES and code != "99"]


def _query() -> str:
    return request.query_string.decode("ascii", "ignore")


def _files(name: str) -> list[tuple[str, str]]:
    """(kind, address) of the files of this page, narrowed as it is."""
    found = [(kind, url_for(f"ReportsView.{name}_file", kind=kind)) for kind in KINDS]
    return [(f".{kind}", f"{url}?{_query()}" if _query() else url) for kind, url in found]


def _workbook() -> str:
    """The analysis workbook of the same two dimensions, to be asked for."""
    down, across = asking.pair_of(request.args)
    year = asking.cut_of(actor(), request.args).year
    return url_for("PivotView.begin", year=year, down=down, across=across)


def _file(kind: str, name: str) -> Response:
    if kind not in KINDS:
        abort(404)
    page = REPORTS[name].page(actor(), request.args, whole=True)
    notes = [*_outside_notes(page), *page.notes]
    head = f'attachment; filename="{name}-{clock.today():%Y%m%d}.{kind}"'
    return Response(
        MAKERS[kind](page.tables, notes),
        mimetype=KINDS[kind],
        headers={"Content-Disposition": head},
    )


def _outside_notes(page: ReportPage) -> list[tuple[str, str]]:
    """Who is outside the figures of a file, above its other notes (PLN-06)."""
    bases = {text_of(table.base): None for table in page.tables if table.base is not None}
    lead = [(_("Whom the figures are about"), page.lead)] if page.lead else []
    return [*lead, *((_("Who is counted"), text) for text in bases)]
