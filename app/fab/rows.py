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
WIDTHS = {
    "number": "none",
    "roomy": "18em",
    "middling": "11em",
}  # how wide a cell may be; 8em if not said
KINDS = {"wrap": "w", "full": "qq-full", "told": "qq-told"}  # what is more than a width
CARDS = {"title": "t", "status": "s", "line": "l", "none": ""}
_SPECIAL = re.compile("[&<>\"']")


class RowColumn:
    """One column while a page is made: what its cells begin with, and what stands in them."""

    def __init__(self, column: ListColumn, first: bool) -> None:
        self.card = column.place(first)
        kind = KINDS.get(column.width, "")
        self.rule = _rule(
            WIDTHS.get(column.width, ""), str(column.label) if self.card == "line" else ""
        )
        self.opening = _opening(" ".join(filter(None, (kind, CARDS[self.card]))))
        self.empty = _opening(kind)  # a phone's card leaves out what is empty
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
    """The rows of one page of a list. No cell and no row is closed: in HTML the next one does that."""

    def __init__(self, columns: Sequence[ListColumn], first: str, ticked: str = "") -> None:
        self._columns = [RowColumn(column, column.path == first) for column in columns]
        self._ticked = escape(ticked)  # what a tick says before the record's name; "" without ticks

    def style(self, more: str = "") -> Markup:
        """What all cells of a column have: their width, and what a phone's card says before them.

        `more` is the head of a last column, that is not ours.
        """
        rules = [column.rule for column in self._columns] + [_rule("", more)]
        begin = 2 if self._ticked else 1
        made = (f"td:nth-child({n}){{{rule}}}" for n, rule in enumerate(rules, begin) if rule)
        return Markup("".join(made))  # noqa: S704 (escaped for a style sheet)

    def row(
        self, item: Any, key: str, link: str, url: str, css: str = "", name: str = ""
    ) -> Markup:
        """A whole row with its tick: the first cell leads to `link`, the title of a phone's card to `url`.

        `url` is its detail ("" without): the row says it where no title leads there (rows.js asks that).
        """
        cells: list[str] = []
        to, detail, led = _safe(link), _safe(url), not url
        for column in self._columns:
            text = column.inner(item)
            cells.append(column.opening if text else column.empty)
            if not to and column.leads:
                to = detail
            if to:
                cells += ('<a href="', to, '">', text, "</a>")
                led = led or (column.leads and text != "" and to == detail)
                to = ""
            else:
                cells.append(text)
        made = ['<tr class="qq-row', f" {escape(css)}" if css else "", '"']
        made += (">",) if led else (' data-href="', detail, '">')
        if self._ticked:
            box = '<td class=c><label><input type=checkbox name=rowid value="'
            made += (
                box,
                _safe(key),
                '" aria-label="',
                self._ticked,
                " ",
                _safe(name),
                '"></label>',
            )
        return Markup("".join(made + cells))  # noqa: S704 (each part was escaped)


def _rule(width: str, label: str) -> str:
    said = (f"--wide:{width}" if width else "", f"--said:{_css(label)}" if label else "")
    return ";".join(filter(None, said))


def _css(text: str) -> str:
    """The text as a string of a style sheet: whatever is no letter or digit stands as its number."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text) + '"'
