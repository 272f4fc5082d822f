"""The reports by name: what each says to a person about what an address asks (RPT-01…06). No HTTP.

A page, its files and the mail of a kept question are made by the same function, so they say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.codes import regions
from app.core.errors import NotYours
from app.people.schools.queries import school_choices
from app.people.students.models import Student
from app.plan.reports import asking, crossing, detail, figures, flow, flow_detail, queries
from app.plan.reports.asking import Args
from app.plan.reports.detail import FigureTable
from app.plan.reports.figures import Listed, narrowed, nowhere
from app.plan.reports.queries import SETTLED, Cut
from app.plan.rows.editions import formula, formula_of
from app.plan.rows.outside import RATE, of_records, season
from app.plan.years.models import Snapshot
from app.plan.years.snapshots import snapshot_of
from app.workflow.actor import Actor

Notes = list[tuple[str, str]]


@dataclass(frozen=True)
class Links:
    """Where figures lead: the list of the graduates, of those outside, the same page asked otherwise."""

    listed: Listed = nowhere
    outside: Listed = nowhere
    here: Listed = nowhere


@dataclass
class ReportPage:
    """What a report says: its tables, the formula, what stands above them."""

    title: str
    tables: list[FigureTable]
    notes: Notes = field(default_factory=list)
    lead: str = ""
    outside: dict[str, Any] | None = (
        None  # filters of the lists behind the line of who is not counted
    )
    snapshot: Snapshot | None = None
    only_records: bool = False  # the list of those outside does not know an edition asked for


Build = Callable[[Actor, Args, Links, bool], ReportPage]


@dataclass(frozen=True)
class NamedReport:
    """One report: its name in addresses, its label, the function that makes it."""

    name: str
    label: Any
    build: Build

    def page(
        self, who: Actor, args: Args, links: Links | None = None, *, whole: bool = False
    ) -> ReportPage:
        """What it says to that person; `whole` for files. Raises NotYours."""
        return self.build(who, args, links or Links(), whole)


def school_of(who: Actor, args: Args) -> int:
    """The one school that is looked at; who sees all of them begins with the first. Raises NotYours."""
    if who.school_id is not None:
        return who.school_id
    known = [int(key) for key, _name in school_choices(who)]
    if not known:
        raise NotYours("school")
    asked = asking.number(args, "school")
    return asked if asked in known else known[0]


# -- the rate --------------------------------------------------------------------------------------


def _rate(who: Actor, args: Args, links: Links, _whole: bool) -> ReportPage:
    cut = asking.cut_of(who, args)
    key = asking.number(args, "snapshot")
    if key is not None:
        return _of_snapshot(snapshot_of(who, key), cut)
    edition = asking.chosen(args, "formula", asking.edition_options())
    if cut.by == "year" and not edition:
        return _by_year(who, cut, links)
    used = formula_of(edition or formula(cut.year))
    name = codes.edition_name(used.edition)
    title = _("Rate of settled destinations, %(year)s, formula of %(edition)s",
              year=cut.year, edition=name)  # fmt: skip
    if cut.by == "year":
        title = _(
            "Rate of settled destinations by graduation year, formula of %(edition)s", edition=name
        )
    own = cut.by != "year" and edition in ("", formula(cut.year))
    rates = queries.live(who, cut, used if edition else None)
    to = _address(cut, links) if own else _to_nothing
    table = detail.rate_table(rates, cut.by, used, to, title)
    return ReportPage(title, [table], detail.formula_lines(used), outside=narrowed(cut),
                      only_records=bool(edition))  # fmt: skip


def _of_snapshot(snapshot: Snapshot, cut: Cut) -> ReportPage:
    rates, used = queries.of_snapshot(snapshot, cut)
    known = {code: part for code, (_name, part) in snapshot.codes.items()}
    by = cut.by if cut.by in ("college", "major", "education", "sex") else "college"
    title = _(
        "Rate of settled destinations, %(year)s, snapshot “%(note)s”",
        year=snapshot.graduation_year,
        note=snapshot.note,
    )
    table = detail.rate_table(rates, by, used, _to_nothing, title)
    return ReportPage(title, [table], detail.formula_lines(used, known), snapshot=snapshot)


def _by_year(who: Actor, cut: Cut, links: Links) -> ReportPage:
    """Each year by the formula that counted for it (PLN-11)."""
    rates = queries.live(who, cut)
    used = {rate.key: formula_of(formula(rate.key)) for rate in rates}
    used = used or {cut.year: formula_of(formula(cut.year))}
    title = _("Rate of settled destinations by graduation year, each by the formula of its year")
    heads = detail.together([*used.values()])
    table = detail.rate_table(rates, "year", heads, _address(cut, links), title)
    return ReportPage(title, [table], detail.lines_of_years(used), outside=narrowed(cut))


def _address(cut: Cut, links: Links) -> detail.Address:
    """The list of the graduates behind a figure of the rate."""
    years = dict(asking.year_options())

    def address(key: object, part: str) -> str:
        if key == "" or (cut.by == "year" and key and str(key) not in years):
            return ""  # no filter of the list asks for that
        asked = narrowed(cut)
        if key is not None:
            asked[cut.by] = key
        if part == detail.OUTSIDE:
            return links.outside({**asked, "reason": RATE})
        return links.listed({**asked, "part": "" if part == "all" else part})

    return address


def _to_nothing(_key: object, _part: str) -> str:
    return ""


# -- the others ------------------------------------------------------------------------------------


def _flow(who: Actor, args: Args, _links: Links, _whole: bool) -> ReportPage:
    span = flow.span_of(who, *asking.days_of(args), school_of(who, args))
    year = season()
    mine = [Student.graduation_year == year, Student.school_id == span.school]
    mine += [Student.college_id == span.college] if span.college else []
    tables = flow_detail.tables(span, year, of_records(who, *mine))
    days = [(_("From"), span.since.isoformat()), (_("Until"), span.until.isoformat())]
    filters = {"year": year, "school": span.school, "college": span.college}
    return ReportPage(_("Flow of work"), tables, days, outside=filters)


def _where(who: Actor, args: Args, links: Links, _whole: bool) -> ReportPage:
    cut = asking.cut_of(who, args, "education")
    part = asking.chosen(args, "part", asking.part_options()) or SETTLED
    province = asking.chosen(args, "province", list(regions.provinces().items()))
    went = crossing.went(who, cut, part)
    tables = figures.where_tables(went, cut, part, province, links.listed, links.here)
    rate = went.rate
    count = rate.settled(went.formula) if part == SETTLED else rate.parts.get(part, 0)
    lead = _(
        "%(count)s of %(total)s graduates of %(year)s count as “%(part)s”: the figures below are theirs.",
        count=f"{count:,}",
        total=f"{rate.total:,}",
        year=cut.year,
        part=dict(asking.part_options())[part],
    )
    return ReportPage(_("Where graduates go"), tables, lead=lead, outside=narrowed(cut))


def _cross(who: Actor, args: Args, links: Links, whole: bool) -> ReportPage:
    down, across = asking.pair_of(args)
    cut = asking.cut_of(who, args, "year" if "year" in (down, across) else "education")
    table = figures.cross_table(who, cut, down, across, links.listed, all_of_it=whole)
    return ReportPage(table.title, [table], outside=narrowed(cut))


def _trend(who: Actor, args: Args, links: Links, _whole: bool) -> ReportPage:
    cut = asking.cut_of(who, args, "education")
    mine = Cut(cut.year, "education", school_of(who, args), who.college_id or cut.college,
               cut.education)  # fmt: skip
    tables = figures.trend_tables(who, mine, links.listed)
    notes = detail.formula_lines(formula_of(formula(mine.year)))
    return ReportPage(_("Trend"), tables, notes, outside=narrowed(mine))


REPORTS: Mapping[str, NamedReport] = {
    report.name: report
    for report in (
        NamedReport("rate", _l("Rates"), _rate),
        NamedReport("flow", _l("Flow of work"), _flow),
        NamedReport("where", _l("Where graduates go"), _where),
        NamedReport("cross", _l("Two dimensions"), _cross),
        NamedReport("trend", _l("Trend"), _trend),
    )
}
