"""What the packages above tell the plan, which lies below them: filled once when they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.fab.columns import Column
from app.fab.declared import Link, ListFilter
from app.plan.models import PlanEntry

# what is said of a row, and of a school's year, before it is reported (CHK-02, PLN-06)
CAUTIONS: list[Callable[[PlanEntry], list[dict[str, Any]]]] = []
YEAR_CAUTIONS: list[Callable[[int, int], dict[str, Any]]] = []

# what stands beside a row on its page: title and facts, or None
ASIDES: list[Callable[[PlanEntry], tuple[Any, list[tuple[Any, Any]]] | None]] = []


@dataclass(frozen=True)
class Making:
    """What the ticked rows can be made into: an action of the list."""

    name: str  # of the action, and of its permission
    label: Any
    ask: Callable[[list[PlanEntry]], str]  # has it made; the page to go on to. Raises Refused


MAKINGS: list[Making] = []

# column of the list → header and official name by which the import of plan files knows it (BLK-08)
HEADS: dict[str, tuple[Any, str]] = {}


# further columns of the list's export, by their dotted names. `FURTHER_OF` is the view whose list a
# person must be allowed to see to have them (RPT-05)
FURTHER: dict[str, Column] = {}
FURTHER_OF = "Desk"

# what packages above let the list be narrowed by
FILTERS: list[ListFilter] = []

# links in the head of the list, before the plan's own and after them; asked with FAB's manager of rights
LINKS_BEFORE: list[Callable[[Any], Link | None]] = []
LINKS_AFTER: list[Callable[[Any], Link | None]] = []
