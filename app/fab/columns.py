"""A column and a panel, each said once: for list, phone card, picker of columns, detail and export.

A view names its `columns` in the order of the list; what only its detail or its export shows stands
behind them, marked `listed=False`. Nothing else of a view speaks of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from flask_babel import lazy_gettext as _l

from app.fab.listing import shown, value_of
from app.fab.presentation import moment

Shape = Callable[[Any], Any]  # a value, or a whole row → what stands in the cell
Width = Literal["", "number", "roomy", "middling", "wrap", "full", "told"]
Card = Literal[
    "", "title", "status", "line", "none"
]  # "": the first is the title, others are lines
Right = tuple[str, str]  # a permission and the view that it belongs to


def same(text: str) -> str:
    """A group for each text of a cell: an analysis counts by the column as it stands."""
    return text


@dataclass(frozen=True)
class ListColumn:
    """One column of a list, of its detail and of its export.

    `path` is a column or property of the model, dotted through relations. What stands there is the
    value, or `shape` of it, or `of_row` of the whole row. `sorts`: the list can be ordered by it, or
    by the column of the model that it names. `card` is its place on a phone's card.

    It goes out with an export (`out`) as it stands here, unless `out_shape` or `out_row` say otherwise;
    who lacks the `right` has it neither there nor here. `head` has the header and the official name by
    which an import sheet takes it back (BLK-08), in place of the label. An analysis workbook makes of
    it what its `kind` says (number, money, day, moment; by default what the model says), and counts by
    `cut`, from a cell's text to the group that it belongs to.
    """

    path: str
    label: Any
    shape: Shape | None = None
    of_row: Shape | None = None
    sorts: bool | str = False
    width: Width = ""
    card: Card = ""
    listed: bool = True
    right: Right | None = None
    out: bool = True
    out_shape: Shape | None = None
    out_row: Shape | None = None
    head: tuple[Any, str] | None = None
    kind: str = ""
    cut: Callable[[str], str] | None = None

    def but(self, **changes: Any) -> ListColumn:
        """The same column as another list has it."""
        return replace(self, **changes)

    def says(self, item: Any) -> Any:
        """What stands in the cell of a row."""
        if self.of_row is not None:
            return self.of_row(item)
        return shown(value_of(item, self.path.split(".")), self.shape)

    def place(self, first: bool) -> str:
        """Where its cells stand on a phone's card."""
        return self.card or ("title" if first else "line")

    @property
    def order(self) -> str:
        """The column of the model that the list is ordered by under this head; "" for none."""
        return self.sorts if isinstance(self.sorts, str) else self.path if self.sorts else ""


def fact(path: str, label: Any, shape: Shape | None = None, **more: Any) -> ListColumn:
    """A column that only the detail and the export have."""
    return ListColumn(path, label, shape, listed=False, **more)


@dataclass(frozen=True)
class Panel:
    """One card of a detail page: `fields` of the view's columns, or what `made` says of the record.

    The fields are the columns' paths with blanks between. `made` gives items as parts/fields.html takes
    them, or whatever the card's own `template` shows as `drawn.value`; where it gives None, or no items,
    the card is left out, and for whom the `right` lacks. `aside`: beside the fields. Panels stand in the
    order in which the view names them.
    """

    title: Any
    fields: str = ""
    made: Callable[[Any], Any] | None = None
    template: str = ""
    aside: bool = False
    columns: int = 2
    right: Right | None = None

    @property
    def paths(self) -> list[str]:
        """The columns that it shows."""
        return self.fields.split()


@dataclass(frozen=True)
class Drawn:
    """A panel of one record, with what it shows."""

    panel: Panel
    value: Any


@dataclass(frozen=True)
class Item:
    """A line of a card: text, a link with `url`; small print, further lines; a chip or Link at its end."""

    label: Any
    url: str = ""
    hint: Any = ""
    lines: tuple[Any, ...] = ()
    end: Any = ""


@dataclass(frozen=True)
class Items:
    """What a card of lines shows: a Link at its head, the lines or what is said without, Links below."""

    rows: Sequence[Item] = ()
    empty: Any = ""
    head: Any = None
    links: Sequence[Any] = ()


def items_panel(title: Any, made: Callable[[Any], Items | None], **more: Any) -> Panel:
    """A card of lines beside the fields."""
    return Panel(title, made=made, template="fab/items.html", aside=True, **more)


def trace_panel(made: Callable[[Any], Any]) -> Panel:
    """Who did what and when, beside the fields; `made` reads the lines of a record."""
    return Panel(_l("Process trace"), made=made, template="fab/trace.html", aside=True)


def notes_panel(made: Callable[[Any], Any]) -> Panel:
    """What is to be known before the rest: `made` gives (text, info or warn) each."""
    return Panel(None, made=made, template="fab/notes.html")


def groups_panel(made: Callable[[Any], Any], **more: Any) -> Panel:
    """As many cards as a record has: `made` gives (title, items) each."""
    return Panel(None, made=made, template="fab/groups.html", **more)


CHANGED = ListColumn("changed_at", _l("Last change"), moment, sorts=True, width="number")
