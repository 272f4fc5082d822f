"""The button «Export 137 rows» of every list; a package above says where it leads, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.registry import stores
from app.fab.arguments import ListArgs
from app.fab.declared import Link


def same(text: str) -> str:
    """A group for each text of a cell: an analysis counts by the column as it stands."""
    return text


class Exported:
    """Mixin of SafeModelView: what its export has beside the columns of list and detail."""

    export_columns: tuple[str, ...] = ()  # further ones of «all columns»
    export_never: frozenset[str] = frozenset()  # columns that only a page can show
    export_sheet: str = ""  # the sheet of our import that takes such a file back (BLK-08)
    # column → header and official name by which that sheet knows it, in place of the list's own
    export_heads: Mapping[str, tuple[Any, str]] = {}
    export_loads: tuple[str, ...] = ()  # what `export_rows` read of related records
    # what an analysis workbook makes of a column where its model does not say: number, money, day, moment
    export_kinds: Mapping[str, Any] = {}
    # column → the group that a cell's text belongs to: what an analysis workbook counts by
    export_cuts: Mapping[str, Callable[[str], str]] = {}
    export_shapes: Mapping[str, Callable[[Any], Any]] = {}  # column → formatter, if not the list's
    row_texts: Mapping[
        str, Callable[[Any], Any]
    ] = {}  # column → what stands there, of the whole row
    export_rows: Mapping[str, Callable[[Any], Any]] = {}  # column → text from the whole row

    def further_columns(self) -> Sequence[str]:
        """`export_columns`, of those the ones that the person asking may have."""
        return self.export_columns


def export_link(view: Any, args: ListArgs, count: int) -> Link | None:
    """The button of a list as it is narrowed now; None for an empty one, or who may not export."""
    if not count:
        return None
    return stores().export_link(view, view.addresses().query(args.moved()), count)
