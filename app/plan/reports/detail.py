"""The rate reports as people read them: heads, lines, the formula with its codes (RPT-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import labels
from app.codes import queries as codes
from app.plan.reports import charts, cuts, queries
from app.plan.reports.charts import Bars, Curves, Tile
from app.plan.reports.queries import Rate
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOT_NOW, NOTHING, SEEKING, Formula, parts_of
from app.plan.rows.outside import Base

CUTS = {
    "school": _l("School"),
    "college": _l("College"),
    "major": _l("Major"),
    "education": _l("Level of education"),
    "sex": _l("Sex"),
    "year": _l("Graduation year"),
}
TABLES = {"education": "xl", "sex": "xb"}
Cell = tuple[Any, str, str]  # text, address of the graduates behind it, per cent
Address = Callable[[Any, str], str]
NO_SHARE = "—"
OUTSIDE = "outside"  # asked of an address: who of a line is not counted


@dataclass
class FigureTable:
    """A table of figures, for the page and for the file alike."""

    title: str
    heads: list[str]
    rows: list[list[Cell]]
    foot: list[Cell]
    base: Base | None = None  # whom the figures count, where they count graduates; said under them
    chart: Bars | Curves | None = None  # the picture of the same figures
    tiles: Sequence[Tile] = ()
    left_off: str = ""  # what a page does not show of it

    def lines(self) -> list[list[str]]:
        """Plain texts, each with its share in a column of its own."""
        heads = [self.heads[0]]
        for head in self.heads[1:]:
            heads += [head, _("%(head)s (per cent)", head=head)]
        found = [heads]
        for row in [*self.rows, *([self.foot] if self.foot else [])]:
            line = [str(row[0][0])]
            for text, _url, share in row[1:]:
                line += [str(text), share.rstrip("%").replace(NO_SHARE, "")]
            found.append(line)
        empty = [n for n in range(len(heads)) if n and all(not r[n] for r in found[1:])]
        return [[text for n, text in enumerate(r) if n not in empty] for r in found]


def share(count: int, total: int) -> str:
    """A per cent with two places; of nobody there is none, which is no 0."""
    return f"{100 * count / total:.2f}%" if total else NO_SHARE


def shown_parts(rate: Formula) -> list[str]:
    """The parts in the order of the formula, then what the rate leaves out."""
    return [*rate.settled, SEEKING, NOT_NOW, NOTHING]


def together(several: Sequence[Formula]) -> Formula:
    """The parts of several editions under one head; each line has those of its own edition only."""
    newest = several[0]
    parts = dict.fromkeys(part for formula in several for part in formula.settled)
    return replace(newest, settled=tuple(parts))


def rate_table(
    rates: Sequence[Rate], by: str, formula: Formula, address: Address, title: str
) -> FigureTable:
    """One line a school, college, …; the whole at the foot. Fixed order, no sorting by rate (RPT-04)."""
    parts = shown_parts(formula)
    heads = [str(CUTS[by]), _("Graduates (N)"), _("Rate of settled destinations")]
    heads += [cuts.part_name(part) for part in parts]
    heads.append(_("Not counted"))
    names = _names(by, [rate.key for rate in rates])
    rows = [_line(names[rate.key], rate, formula, address) for rate in rates]
    total = queries.whole(rates)
    foot = _line(_("Total"), total, formula, address) if len(rates) != 1 else []
    lines = [
        (
            names[rate.key],
            [rate.parts.get(part, 0) for part in parts],
            share(rate.settled(formula), rate.total),
        )
        for rate in rates
    ]
    chart = charts.bars(lines, [cuts.part_name(part) for part in parts], whole=True)
    return FigureTable(title, heads, rows, foot, total.base, chart)


def _line(name: str, rate: Rate, formula: Formula, address: Address) -> list[Cell]:
    settled = rate.settled(formula)
    cells: list[Cell] = [
        (name, "", ""),
        (rate.total, address(rate.key, "all"), ""),
        (settled, address(rate.key, "settled"), share(settled, rate.total)),
    ]
    for part in shown_parts(formula):
        count = rate.parts.get(part, 0)
        url = address(rate.key, part) if count else ""
        cells.append((count, url, share(count, rate.total) if count else ""))
    out = rate.base.out
    return [*cells, (out, address(rate.key, OUTSIDE) if out else "", "")]


def _names(by: str, keys: Sequence[Any]) -> Mapping[Any, str]:
    if by in TABLES:
        return {key: labels.code(TABLES[by], key) or _("not filled in") for key in keys}
    if by == "year":
        return {key: str(key) for key in keys}
    return queries.names_of(by, keys)


def formula_lines(
    formula: Formula, known: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """The official formula beside the figure: what the rate is, and the codes of each part."""
    parts = parts_of(formula.edition) if known is None else known
    of = {part: [c for c in sorted(parts) if parts[c] == part] for part in shown_parts(formula)}
    sums = " + ".join(str(PARTS[part]) for part in formula.settled)
    lines = [
        (_("Rate of settled destinations"), _("(%(parts)s) ÷ N", parts=sums)),
        (_("Graduates (N)"), _counted(formula)),
    ]
    lines += [
        (str(PARTS[part]), f"n({', '.join(of[part])}) ÷ N") for part in shown_parts(formula)[:-1]
    ]
    return [
        *lines,
        (_("Unregistered"), _("no destination code, or one that the edition does not know")),
    ]


def lines_of_years(used: Mapping[int, Formula]) -> list[tuple[str, str]]:
    """The formula of each edition that counts, under the years that it counts for."""
    found: list[tuple[str, str]] = []
    for formula in dict.fromkeys(used.values()):
        years = ", ".join(str(year) for year in used if used[year] == formula)
        head = _("Formula of %(edition)s", edition=codes.edition_name(formula.edition))
        found += [(head, _("Graduates of %(years)s", years=years)), *formula_lines(formula)]
    return found


def _counted(formula: Formula) -> str:
    if not formula.left_out:
        return _("all approved graduates")
    names = _(", ").join(labels.code("xl", code) for code in formula.left_out)
    return _("all approved graduates but %(names)s", names=names)
