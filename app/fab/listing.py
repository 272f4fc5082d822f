"""What the list's template shows, prepared: plain values, every text and address ready.

Templates neither ask the database nor reckon; nothing here is kept after the request.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask_babel import gettext as _
from markupsafe import Markup

from app.fab.arguments import ListArgs
from app.fab.counting import COUNT_CAP
from app.fab.declared import ActionButton, Link


@dataclass(frozen=True)
class Row:
    """One record as a row of the table, still open for its buttons."""

    pk: str
    made: Markup
    buttons: list[Any]


@dataclass(frozen=True)
class Heading:
    """A column's head; `sort` is the value of aria-sort ("" where the column cannot be sorted)."""

    name: str
    label: str
    url: str
    sort: str


@dataclass(frozen=True)
class TabLink:
    name: str
    label: Any
    url: str
    count: str
    active: bool


@dataclass(frozen=True)
class Choice:
    """A drop-down of the toolbar with its options (value, label); without them a field to type into."""

    name: str
    label: Any
    value: str
    options: list[tuple[str, str]] | None
    further: bool


@dataclass(frozen=True)
class Narrowing:
    """One thing that narrows the list, and the list without it."""

    text: str
    url: str


@dataclass(frozen=True)
class Pager:
    first: str
    previous: str
    next: str
    text: str
    sizes: list[tuple[int, str, bool]]

    @property
    def links(self) -> list[tuple[str, str, bool]]:
        """As parts/pager.html takes them: (label, address, current)."""
        return [
            (_("First page"), self.first, False),
            (_("Previous page"), self.previous, False),
            (_("Next page"), self.next, False),
        ]


@dataclass
class ListPage:
    """Everything of one list page."""

    view: str
    rows: list[Row]
    style: Markup  # what all cells of a column have
    headings: list[Heading]
    tabs: list[TabLink]
    choices: list[Choice]
    narrowings: list[Narrowing]
    pager: Pager
    bulk: list[ActionButton]
    empty: Any
    text: str
    searched: bool
    clear: str
    hidden: dict[str, str]
    columns: list[tuple[str, str, bool]]
    urls: dict[str, str]
    hint: str
    row_buttons: bool
    count: str
    query: str  # the list without its place in the pages
    export: Link | None  # the button that exports what the list finds
    more_than_page: bool  # all that is found can be chosen beside this page …
    most_found: int  # … unless it is more than this; 0 where it is not
    filters: list[tuple[str, str, str]]  # the saved ones: name, address and who shares it
    tab: str
    seen: str  # when the rows were read: who comes later was not first
    elsewhere: list[
        tuple[Any, str]
    ]  # other tabs in which the same search has hits, where this has none
    split: bool  # whether the record stands beside the list where there is room (AGR-18)

    @property
    def further(self) -> list[Choice]:
        """The filters of the fold."""
        return [choice for choice in self.choices if choice.further]

    @property
    def tab_items(self) -> list[tuple[Any, str, str | None, bool]]:
        """The tabs as parts/page.html takes them: (label, address, count, active)."""
        return [(tab.label, tab.url, tab.count or None, tab.active) for tab in self.tabs]


class Addresses:
    """Builds the many addresses of one list page without asking the router for each of them."""

    def __init__(self, path: str, write: Callable[[ListArgs], dict[str, str]]) -> None:
        self.path = path
        self._write = write

    def query(self, args: ListArgs) -> str:
        """The arguments as the query part of an address."""
        return urlencode(self._write(args))

    def list(self, args: ListArgs) -> str:
        """The list with these arguments."""
        query = self.query(args)
        return f"{self.path}?{query}" if query else self.path


def filled(pattern: str, key: Any) -> str:
    """An address made for the key 0 with the real key put in."""
    return pattern.removesuffix("0") + quote(str(key), safe="")


def count_text(count: int, cap: int = COUNT_CAP) -> str:
    """A count for people: exact up to the cap, «over 10,000» above it."""
    return f"{count:,}" if count <= cap else _("over %(number)s", number=f"{cap:,}")


def value_of(item: object, path: Sequence[str]) -> object:
    """The value of a (dotted) column; None where a relation on the way is empty."""
    value = item
    for part in path:
        if value is None:
            return None
        value = getattr(value, part)
    if callable(value):
        value = value()
    return value.value if isinstance(value, enum.Enum) else value


def shown(value: Any, formatter: Callable[[Any], Any] | None) -> Any:
    """What stands in the cell: the formatter's answer, else the value; nothing for None.

    A formatter returns text, which the template escapes, or Markup that it has escaped itself.
    """
    if formatter is not None:
        return formatter(value)
    return "" if value is None else value


def sort_mark(order: str, ascending: bool, column: str) -> str:
    """The value of aria-sort."""
    if order != column:
        return "none"
    return "ascending" if ascending else "descending"


def range_text(skipped: int, shown_rows: int, count: int) -> str:
    """Which rows these are: «26–50 of 137»."""
    first = skipped + 1 if shown_rows else 0
    last = skipped + shown_rows if shown_rows else 0
    text = {"first": f"{first:,}", "last": f"{last:,}", "count": count_text(count)}
    return str(_("%(first)s–%(last)s of %(count)s", **text))
