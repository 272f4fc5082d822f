"""Tables and pictures of where graduates go, of two dimensions, and of the trend (RPT-03, RPT-06).

The rates stand in `detail`, the flow in `flow_detail`. No line is ever ordered by its figure: groups stand in
the order of their codes (RPT-04).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from app.codes.regions import provinces
from app.plan.reports import charts, crossing, cuts, trend
from app.plan.reports.charts import PLACES, Tile
from app.plan.reports.crossing import Crossed, GroupName, Went
from app.plan.reports.cuts import BANDS, LABELS
from app.plan.reports.detail import Cell, FigureTable, share, shown_parts, together
from app.plan.reports.queries import Cut
from app.plan.reports.trend import CHANGES, Moment
from app.plan.rows.editions import SEEKING
from app.workflow.actor import Actor

Listed = Callable[[dict[str, Any]], str]  # filters of the list behind a figure → its address
UNFILLED = "-"  # what the list is asked for where a group is not filled in
SHOWN = 200  # lines and columns of two dimensions that a page shows; the files have all
ACROSS = 40


def nowhere(_filters: dict[str, object]) -> str:
    """For files and mails: no addresses."""
    return ""


def narrowed(cut: Cut) -> dict[str, object]:
    """The cut as filters of the lists behind its figures."""
    return {
        "year": None if cut.by == "year" else cut.year,
        "school": cut.school,
        "college": cut.college,
        "education": cut.education,
        "sex": cut.sex,
    }


FILTERS = {"level": "education"}  # dimension → the filter of the list, where it is called otherwise


def behind(name: str, value: object) -> dict[str, object]:
    """The filter of the list for a group of a dimension."""
    return {FILTERS.get(name, name): UNFILLED if value is None else value}


# -- where graduates go ----------------------------------------------------------------------------


def where_tables(
    went: Went, cut: Cut, part: str, province: str, listed: Listed, to_province: Listed
) -> list[FigureTable]:
    """Region, the cities of one province, industry, nature, pay: of the graduates who count as that part."""
    found = went.counts
    mine = {**narrowed(cut), "part": part}
    total = sum(found["region"].values())

    def table(name: str, title: str, counts: dict[object, int], above: str = "") -> FigureTable:
        groups = _in_order(name, counts, cut.year)
        rows = [
            (
                _below(above, group.name),
                counts[group.value],
                listed({**mine, **behind(name, group.value)}),
            )
            for group in groups
        ]
        return _shares(title, str(LABELS[name]), rows, total)

    chosen = province or home_of(found["region"])
    regions = table("region", _("Provinces of the employers"), found["region"])
    regions.base, regions.chart = went.rate.base, None
    regions.tiles = tiles(found["region"], chosen, to_province)
    tables = [regions]
    if chosen:
        cities = {c: n for c, n in found["city"].items() if c and c[:2] == chosen}
        above = cuts.province_name(chosen)
        tables.append(table("city", _("Cities of %(province)s", province=above), cities, above))
    tables += [
        table("industry", _("Industries"), found["industry"]),
        table("nature", _("Natures of the employers"), found["nature"]),
        table(BANDS, _("Pay after probation, yuan a month"), found[BANDS]),
    ]
    return tables


def home_of(regions: dict[Any, int]) -> str:
    """The province where most of them are: its cities are shown unless another is pressed."""
    known = {code: count for code, count in regions.items() if code in PLACES and code != "99"}
    return max(sorted(known), key=lambda code: known[code], default="")


def tiles(regions: dict[Any, int], chosen: str, to_province: Listed) -> list[Tile]:
    """Every province where it roughly lies, the darker the more (charts.PLACES)."""
    known = provinces()
    most = max((regions.get(code, 0) for code in PLACES), default=0)
    return [
        Tile(
            _short(cuts.province_name(code)),
            regions.get(code, 0),
            *place,
            charts.heat(regions.get(code, 0), most),
            to_province({"province": code}) if regions.get(code) and code != "99" else "",
            code == chosen,
        )
        for code, place in sorted(PLACES.items(), key=lambda item: (item[1][1], item[1][0]))
        if code in known
    ]


def _below(above: str, name: str) -> str:
    """A city without its province, where that stands over the table."""
    return name.removeprefix(above).lstrip(", ") or name


def _short(name: str) -> str:
    """A province as it is called in short; in English as it is."""
    if name.isascii():
        return name
    return name[: 3 if name.startswith(("黑龙江", "内蒙古")) else 2]


def _in_order(name: str, counts: dict[object, int], year: int) -> list[GroupName]:
    return crossing.groups(name, {(name, value): year for value in counts})


def _shares(title: str, head: str, rows: Sequence[tuple[str, int, str]], total: int) -> FigureTable:
    """(group, how many, share), with a picture of the same."""
    cells: list[list[Cell]] = [
        [(name, "", ""), (count, url, share(count, total))] for name, count, url in rows
    ]
    chart = charts.bars(
        [(name, [count], f"{count} · {share(count, total)}") for name, count, _url in rows]
    )
    return FigureTable(title, [head, _("Graduates")], cells, [], chart=chart)


# -- two dimensions --------------------------------------------------------------------------------


def cross_table(
    who: Actor, cut: Cut, down: str, across: str, listed: Listed, *, all_of_it: bool = False
) -> FigureTable:
    """The lines of one against the columns of the other; each count leads to its graduates.

    `all_of_it`: every line and column, for a file; a page shows the first and says how many there are.
    """
    found = crossing.crossed(who, cut, down, across)
    rows = found.rows if all_of_it else found.rows[:SHOWN]
    columns = found.columns if all_of_it else found.columns[:ACROSS]
    mine = narrowed(cut)

    def url(*groups: tuple[str, object]) -> str:
        more: dict[str, Any] = {}
        for name, value in groups:
            more |= behind(name, value)
        return listed({**mine, **more})

    def line(group: GroupName) -> list[Cell]:
        total = found.of_row(group.value)
        cells: list[Cell] = [(group.name, "", ""), (total, url((down, group.value)), "")]
        for column in columns:
            count = found.counts.get((group.value, column.value), 0)
            to = url((down, group.value), (across, column.value)) if count else ""
            cells.append((count, to, share(count, total) if count else ""))
        return cells

    base = found.base.inside
    foot: list[Cell] = [(_("Total"), "", ""), (base, url(), "")]
    for column in columns:
        count = found.of_column(column.value)
        foot.append((count, url((across, column.value)), share(count, base)))
    title = _("%(rows)s × %(columns)s", rows=LABELS[down], columns=LABELS[across])
    heads = [str(LABELS[down]), _("Graduates"), *(column.name for column in columns)]
    table = FigureTable(f"{title} {'' if cut.by == 'year' else cut.year}".strip(), heads,
                        [line(group) for group in rows], foot if found.rows else [], found.base)  # fmt: skip
    table.chart = _crossed_chart(found)
    table.left_off = _left_off(found, len(rows), len(columns))
    return table


def _crossed_chart(found: Crossed) -> charts.Bars | None:
    if len(found.columns) > charts.SERIES:
        columns = found.columns[: charts.SERIES - 1]
        rest = [c.value for c in found.columns[charts.SERIES - 1 :]]
    else:
        columns, rest = found.columns, []
    lines = [
        (
            row.name,
            [
                *(found.counts.get((row.value, c.value), 0) for c in columns),
                *([sum(found.counts.get((row.value, c), 0) for c in rest)] if rest else []),
            ],
            found.of_row(row.value),
        )
        for row in found.rows
    ]
    names = [c.name for c in columns] + ([_("Others")] if rest else [])
    return charts.bars(lines, names, whole=True)


def _left_off(found: Crossed, rows: int, columns: int) -> str:
    if rows == len(found.rows) and columns == len(found.columns):
        return ""
    return _(
        "%(rows)s of %(all_rows)s lines and %(columns)s of %(all_columns)s columns are shown; "
        "the files have all.",
        rows=rows,
        all_rows=len(found.rows),
        columns=columns,
        all_columns=len(found.columns),
    )


# -- the trend -------------------------------------------------------------------------------------


def trend_tables(who: Actor, cut: Cut, listed: Listed) -> list[FigureTable]:
    """The rate at each snapshot and now; what changed since the last snapshot."""
    found = trend.moments(who, cut)
    tables = [_over_time(found, cut)]
    kept = [moment for moment in found if moment.snapshot is not None]
    if kept:
        tables.append(_since(kept[-1], found[-1]))
        tables.append(_changed(who, cut, kept[-1], listed))
    return tables


def _over_time(found: Sequence[Moment], cut: Cut) -> FigureTable:
    used = together([moment.formula for moment in reversed(found)])
    parts = shown_parts(used)
    heads = [_("Moment"), _("Graduates (N)"), _("Rate of settled destinations")]
    heads += [cuts.part_name(part) for part in parts]
    rows: list[list[Cell]] = []
    for moment in found:
        rate, settled = moment.rate, moment.rate.settled(moment.formula)
        counts = [(part, rate.parts.get(part, 0)) for part in parts]
        rows.append(
            [
                (_named(moment), "", ""),
                (rate.total, "", ""),
                (settled, "", share(settled, rate.total)),
                *((n, "", share(n, rate.total) if n else "") for _part, n in counts),
            ]
        )
    title = _("Rate of settled destinations, %(year)s, over the snapshots", year=cut.year)
    return FigureTable(title, heads, rows, [], found[-1].rate.base, chart=_curves(found))


def _curves(found: Sequence[Moment]) -> charts.Curves | None:
    def per_cent(count: int, moment: Moment) -> float | None:
        return 100 * count / moment.rate.total if moment.rate.total else None

    lines = {
        _("Settled"): [per_cent(m.rate.settled(m.formula), m) for m in found],
        cuts.part_name(SEEKING): [per_cent(m.rate.parts.get(SEEKING, 0), m) for m in found],
        _("Unregistered"): [per_cent(m.rate.parts.get("none", 0), m) for m in found],
    }
    marks = [str(m.snapshot.day) if m.snapshot else pgettext("moment", "Now") for m in found]
    return charts.curves(marks, lines, percent=True)


def _named(moment: Moment) -> str:
    if moment.snapshot is None:
        return pgettext("moment", "Now")
    return f"{moment.snapshot.day} {moment.snapshot.note}"


def _since(last: Moment, now: Moment) -> FigureTable:
    """Each part then and now, with the difference."""
    used = together([now.formula, last.formula])
    heads = [_("Group of destinations"), _("Then"), pgettext("moment", "Now"), _("Difference")]
    names = [(_("Graduates (N)"), last.rate.total, now.rate.total)]
    names.append((_("Settled"), last.rate.settled(last.formula), now.rate.settled(now.formula)))
    names += [
        (cuts.part_name(part), last.rate.parts.get(part, 0), now.rate.parts.get(part, 0))
        for part in shown_parts(used)
    ]
    rows: list[list[Cell]] = [
        [(name, "", ""), (was, "", ""), (after, "", ""), (_signed(after - was), "", "")]
        for name, was, after in names
    ]
    return FigureTable(_("Since the last report: %(name)s", name=_named(last)), heads, rows, [])


def _signed(count: int) -> str:
    return f"{count:+d}" if count else "0"


def _changed(who: Actor, cut: Cut, last: Moment, listed: Listed) -> FigureTable:
    """How many graduates became different, each kind with its names."""
    if last.snapshot is None:
        raise AssertionError
    counts = trend.changes(who, cut, last.snapshot)
    mine = narrowed(cut)
    rows: list[list[Cell]] = [
        [(str(label), "", ""), (counts[kind], listed({**mine, "changed": kind}) if counts[kind] else "", "")]
        for kind, label in CHANGES.items()
    ]  # fmt: skip
    chart = charts.bars([(label, [counts[kind]], counts[kind]) for kind, label in CHANGES.items()])
    return FigureTable(
        _("Graduates who changed since the last report"),
        [_("What it is"), _("Graduates")],
        rows,
        [],
        chart=chart,
    )
