"""The button «Export 137 rows» of every list; a package above says where it leads, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app

from app.fab.arguments import ListArgs
from app.fab.declared import Link

HOOK = "list_export"  # the extension of the application that makes the button
Maker = Callable[[Any, str, int], Link | None]  # view, its query, how many rows (capped)


def export_link(view: Any, args: ListArgs, count: int) -> Link | None:
    """The button of a list as it is narrowed now; None for an empty one, or who may not export."""
    make: Maker | None = current_app.extensions.get(HOOK)
    if make is None or not count:
        return None
    return make(view, view.addresses().query(args.moved()), count)
