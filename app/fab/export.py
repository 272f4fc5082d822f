"""The button «Export 137 rows» of every list; a package above says where it leads, and to whom."""

from __future__ import annotations

from typing import Any

from app.core.registry import stores
from app.fab.arguments import ListArgs
from app.fab.declared import Link


def export_link(view: Any, args: ListArgs, count: int) -> Link | None:
    """The button of a list as it is narrowed now; None for an empty one, or who may not export."""
    if not count:
        return None
    return stores().export_link(view, view.addresses().query(args.moved()), count)
