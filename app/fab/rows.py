"""A list's rows, as markup: what is the same in every row is made once a page.

A desk page has 300 cells. Each was escaped five times and asked for its label, its classes and its address
by a template; most say what another row has said already. So each column has its opening made, and remembers
what it made of a value. A formatter therefore says the same of the same value as long as a page is made.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from markupsafe import Markup, escape

from app.fab.columns import ListColumn

Inner = Callable[[Any], str]
WIDTHS = {"number": "n", "wrap": "w"}  # the others by their own name
CARDS = {"title": "t", "status": "s", "line": "l", "none": ""}
_SPECIAL = re.compile("[&<>\"']")


class RowColumn:
    """One column while a page is made: what its cells begin with, and what stands in them."""

    def __init__(self, column: ListColumn, first: bool) -> None:
        self.card = column.place(first)
        width = WIDTHS.get(column.width, column.width and f"qq-{column.width}")
        self.label = str(column.label)
        self.opening = _opening(" ".join(filter(None, (width, CARDS[self.card]))))
        self.empty = _opening(width)  # a phone's card leaves out what is empty
        self.leads = self.card == "title"  # on a phone the first column may not be shown
        self.inner = _of_row(column) if column.of_row else _of_value(column)


def _opening(classes: str) -> str:
    if " " in classes:
        return f'<td class="{classes}">'
    return f"<td class={classes}>" if classes else "<td>"


def _of_row(column: ListColumn) -> Inner:
    says: Any = column.of_row
    return lambda item: _safe(says(item))


def _safe(value: object) -> str:
    """The text as markup; most have nothing to escape, and need no object that says so."""
    if type(value) is str and not _SPECIAL.search(value):
        return value
    return escape(value)


def _of_value(column: ListColumn) -> Inner:
    """What stands there, made once for each value that the page has."""
    read, shape = _reader(column.path.split(".")), column.shape
    known: dict[Any, str] = {}

    def inner(item: Any) -> str:
        value = read(item)
        if callable(value):
            value = value()
        try:
            return known[value]
        except KeyError:
            made = known[value] = _escaped(value, shape)
            return made
        except TypeError:  # not hashable
            return _escaped(value, shape)

    return inner


def _reader(path: list[str]) -> Callable[[Any], Any]:
    """The value at a (dotted) path; None where a relation on the way is empty."""
    if len(path) == 1:
        return attrgetter(path[0])

    def read(item: Any) -> Any:
        value = item
        for part in path:
            if value is None:
                break
            value = getattr(value, part)
        return value

    return read


def _escaped(value: Any, shape: Callable[[Any], Any] | None) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if shape is not None:
        value = shape(value)
    return "" if value is None else _safe(value)


class RowCells:
    """The rows of one page of a list. No cell and no row is closed: HTML does without (`<td>` ends a `<td>`)."""

    def __init__(self, columns: Sequence[ListColumn], first: str, ticked: str = "") -> None:
        self._columns = [RowColumn(column, column.path == first) for column in columns]
        self._ticked = escape(ticked)  # what a tick says before the record's name; "" without ticks

    def labels(self, more: str = "") -> Markup:
        """A style: what a phone's card says before the cells of a column, where a table has its head.

        `more` is the head of a last column, that is not ours.
        """
        said = [column.label if column.card == "line" else "" for column in self._columns]
        rules = (
            f"td:nth-child({n}){{--said:{_css(label)}}}"
            for n, label in enumerate([*said, more], 2 if self._ticked else 1)
            if label
        )
        return Markup("".join(rules))  # noqa: S704 (escaped for a style sheet)

    def row(self, key: str, css: str, url: str, name: str, cells: str) -> Markup:
        """A whole row, with its tick; `url` is its detail ("" without)."""
        made = ['<tr class="qq-row', f" {escape(css)}" if css else "", '"']
        if url:
            made += (' data-href="', escape(url), '"')
        made.append(">")
        if self._ticked:
            box = '<td class=c><label><input class=qq-row-check type=checkbox name=rowid value="'
            made += (box, escape(key), '" aria-label="', self._ticked, " ", _safe(name), '"></label>')
        made.append(cells)
        return Markup("".join(made))  # noqa: S704 (each part was escaped)

    def of(self, item: Any, link: str, url: str) -> str:
        """The cells of one row: the first leads to `link`, the title of a phone's card to `url`."""
        made: list[str] = []
        to = _safe(link)
        for column in self._columns:
            text = column.inner(item)
            made.append(column.opening if text else column.empty)
            if not to and column.leads:
                to = _safe(url)
            if to:
                made += ('<a href="', to, '">', text, "</a>")
                to = ""
            else:
                made.append(text)
        return "".join(made)


def _css(text: str) -> str:
    """The text as a string of a style sheet: whatever is no letter or digit stands as its number."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text) + '"'
