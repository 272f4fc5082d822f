"""The cells of a list's rows, as markup: what is the same in every row is made once a page.

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
_SPECIAL = re.compile("[&<>\"']")


class RowColumn:
    """One column while a page is made: what its cells begin with, and what stands in them."""

    def __init__(self, column: ListColumn, first: bool) -> None:
        card, width = column.place(first), column.width and f"qq-{column.width}"
        label = f' data-label="{escape(str(column.label))}"' if card == "line" else ""
        classes = " ".join(filter(None, (width, "" if card == "none" else f"qq-card-{card}")))
        self.opening = _opening(label, classes)
        self.empty = _opening("", width)  # a phone's card leaves out what is empty
        self.leads = card == "title"  # on a phone the first column may not be shown
        self.inner = _of_row(column) if column.of_row else _of_value(column)


def _opening(label: str, classes: str) -> str:
    return f'<td{label} class="{classes}">' if classes else f"<td{label}>"


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
    """The cells of the columns of one page of a list."""

    def __init__(self, columns: Sequence[ListColumn], first: str) -> None:
        self._columns = [RowColumn(column, column.path == first) for column in columns]

    def of(self, item: Any, link: str, url: str) -> Markup:
        """Those of one row: its first cell leads to `link`, the title of a phone's card to `url`."""
        made: list[str] = []
        to = escape(link)
        for column in self._columns:
            text = column.inner(item)
            made.append(column.opening if text else column.empty)
            if not to and column.leads:
                to = escape(url)
            if to:
                made += ('<a href="', to, '">', text, "</a>")
                to = Markup()
            else:
                made.append(text)
            made.append("</td>")
        return Markup("".join(made))  # noqa: S704 (each part was escaped)
