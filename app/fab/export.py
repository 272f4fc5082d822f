"""The button «Export 137 rows» of every list; a package above says where it leads, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app

from app.fab.arguments import ListArgs
from app.fab.declared import Link

HOOK = "list_export"  # the extension of the application that makes the button
Maker = Callable[[Any, str, int], Link | None]  # view, its query, how many rows (capped)


class Exported:
    """Mixin of SafeModelView: what its export has beside the columns of list and detail."""

    export_columns: tuple[str, ...] = ()  # further ones of «all columns»
    export_never: frozenset[str] = frozenset()  # columns that only a page can show
    export_fields: Mapping[str, str] = {}  # column → its official name, for DBF files
    export_shapes: Mapping[str, Callable[[Any], Any]] = {}  # column → formatter, if not the list's
    row_texts: Mapping[
        str, Callable[[Any], Any]
    ] = {}  # column → what stands there, of the whole row
    export_rows: Mapping[str, Callable[[Any], Any]] = {}  # column → text from the whole row


def export_link(view: Any, args: ListArgs, count: int) -> Link | None:
    """The button of a list as it is narrowed now; None for an empty one, or who may not export."""
    make: Maker | None = current_app.extensions.get(HOOK)
    if make is None or not count:
        return None
    return make(view, view.addresses().query(args.moved()), count)
