"""What an address asks of the reports, read and checked: pages, files and kept questions alike.

Anything odd in it counts as not asked. Nothing here knows of a request: a kept question is asked by the
worker too, in its reader's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from app.codes import labels
from app.codes import queries as codes
from app.core import clock
from app.plan.reports.cuts import LABELS
from app.plan.reports.queries import CUTS, SETTLED, Cut
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOT_NOW, NOTHING, SEEKING, formulas
from app.plan.rows.outside import season
from app.workflow.actor import Actor

Args = Mapping[str, str]
Options = Sequence[tuple[str, Any]]
LARGEST_KEY = 2**31 - 1
DOWN, ACROSS = "college", "part"  # what two dimensions are, unless told otherwise


@dataclass(frozen=True)
class ReportChoice:
    """A drop-down over a report with what is chosen; `every` is what it says when nothing is."""

    name: str
    label: Any
    options: Options
    chosen: str = ""
    every: Any = ""


def number(args: Args, name: str) -> int | None:
    """A whole number; what is none counts as not given."""
    found = args.get(name, "")
    value = int(found) if found.isascii() and found.isdecimal() and len(found) < 11 else 0
    return value if 0 < value <= LARGEST_KEY else None


def day(args: Args, name: str) -> date | None:
    """A day that can be meant."""
    try:
        found = date.fromisoformat(args.get(name, ""))
    except ValueError:
        return None
    return found if found.year in range(2000, 2101) else None


def chosen(args: Args, name: str, options: Options) -> str:
    """One of the options, or none."""
    found = args.get(name, "")
    return found if found in dict(options) else ""


def year_options() -> list[tuple[str, str]]:
    """The graduation years that are asked for, next year first."""
    this = clock.today().year
    return [(str(year), str(year)) for year in range(this + 2, this - 6, -1)]


def code_options(table: str) -> list[tuple[str, str]]:
    """The codes of a table that can be chosen."""
    return labels.choices(codes.names(table), table)


def edition_options() -> list[tuple[str, str]]:
    """The editions of the formula."""
    return [(edition, edition) for edition in formulas()]


def part_options() -> list[tuple[str, str]]:
    """What graduates are counted as, the settled together first."""
    known = {part for rate in formulas().values() for part in rate.settled} | {SEEKING, NOT_NOW}
    found = [(part, str(label)) for part, label in PARTS.items() if part in known]
    return [(SETTLED, _("Settled")), *found, (NOTHING, _("Unregistered"))]


def cut_of(who: Actor, args: Args, by: str = "") -> Cut:
    """The year, by what it is grouped (unless that is given), and to whom it is narrowed."""
    by = by or chosen(args, "by", [(name, name) for name in CUTS])
    return Cut(
        year=int(chosen(args, "year", year_options()) or season()),
        by=by or ("college" if who.school_id else "school"),
        school=number(args, "school"),
        college=number(args, "college"),
        education=chosen(args, "education", code_options("xl")),
        sex=chosen(args, "sex", code_options("xb")),
    )


def pair_of(args: Args) -> tuple[str, str]:
    """The two dimensions; one against itself says nothing, so then the other is another."""
    options = list(LABELS.items())
    down = chosen(args, "down", options) or DOWN
    across = chosen(args, "across", options) or ACROSS
    if down == across:
        across = ACROSS if down != ACROSS else DOWN
    return down, across


def days_of(args: Args) -> tuple[date | None, date | None]:
    """The days of the flow as the address says them, or `days` back from today: a kept question moves on."""
    back = number(args, "days")
    if back is not None and "since" not in args:
        return clock.today() - timedelta(days=min(back, 366) - 1), None
    return day(args, "since"), day(args, "until")
