"""Values of the plan as people read them: code and name, sources, differences, the trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.codes import labels, regions
from app.core.registry import stores
from app.plan.rows.forms import TABLES
from app.plan.rows.models import DESTINATION_FIELDS, FIELD_LABELS, SOURCES, PlanEntry
from app.workflow import trail
from app.workflow.models import Trail


def cautions(entry: PlanEntry) -> list[dict[str, object]]:
    """Sentences about a row, each with `text`, `kind` and `url`."""
    return [caution for find in stores().cautions for caution in find(entry)]


def shown(name: str, value: str | None, year: int) -> str:
    """A value with the name of its code."""
    if not value:
        return ""
    if name in TABLES:
        return f"{value} {labels.code_text(TABLES[name], value, year)}"
    return f"{value} {regions.region_name(value)}" if name == "location" else value


def pairs(
    changes: Mapping[str, list[str | None]] | None, year: int
) -> list[tuple[str, Any, str, str]]:
    """(field, label, old, new) of what differs, in the order of the plan."""
    changes = changes or {}
    return [
        (name, FIELD_LABELS[name], shown(name, old, year), shown(name, new, year))
        for name in DESTINATION_FIELDS
        if name in changes
        for old, new in [changes[name]]
    ]


def sources(entry: PlanEntry) -> list[tuple[object, object]]:
    """(field, source) of each value that has one."""
    return [
        (FIELD_LABELS[name], SOURCES.get(source, source))
        for name in DESTINATION_FIELDS
        if (source := entry.sources.get(name))
    ]


@dataclass(frozen=True)
class Making:
    """What the ticked rows can be made into: an action of the list."""

    name: str  # of the action, and of its permission
    label: Any
    ask: Callable[[list[PlanEntry]], str]  # has it made; the page to go on to. Raises Refused


def fields_changed(row: Trail) -> str:
    """Which fields were changed or taken."""
    names = row.details.get("taken", row.details.get("changes") or ())
    return _(", ").join(str(FIELD_LABELS[name]) for name in DESTINATION_FIELDS if name in names)


def trace(kind: str, record_id: int) -> list[trail.TrailLine]:
    """The process trace, newest first."""
    return trail.shown(kind, record_id, staff=True)
