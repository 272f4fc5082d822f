"""What follows the steps of the plan: typed values with their source, decided changes, the placement."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.errors import Refused
from app.plan.rows.change_models import ChangeKind, ChangeRequest
from app.plan.rows.models import DESTINATION_FIELDS, PlanEntry, PlanState, Source
from app.plan.rows.sync import sync
from app.workflow.steps import Change

OWN = (Source.STAFF, Source.IMPORT)
NO_DESTINATION = _l(
    "The row has no destination, and the placement is in force: take over at least the destination."
)


def where_it_stands(change: Change) -> StrEnum:
    """Filled or open by the destination; what was changed is checked anew, what is reported stays so."""
    entry, values = change.record, change.data["values"]
    if entry.state == PlanState.REPORTED:
        return PlanState.REPORTED
    if entry.state == PlanState.CHECKED and not changed(entry, values):
        return PlanState.CHECKED
    code = values.get("destination_code", entry.destination_code)
    return PlanState.FILLED if code else PlanState.OPEN


def changed(entry: PlanEntry, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Field → [old, new] of the values that differ."""
    return {
        name: [getattr(entry, name), values[name]]
        for name in DESTINATION_FIELDS
        if name in values and values[name] != getattr(entry, name)
    }


def keep_typed(change: Change) -> None:
    """Write what staff typed: each changed field has staff as its source (PLN-03)."""
    entry: PlanEntry = change.record
    change.details["changes"] = changed(entry, change.data["values"])
    source = change.data.get("source", Source.STAFF)
    sources = dict(entry.sources)
    for name, (_old, new) in change.details["changes"].items():
        setattr(entry, name, new)
        sources[name] = source
    if entry.placement_id is None:  # where nothing is, nobody says so
        sources = {name: s for name, s in sources.items() if getattr(entry, name) is not None}
    _mark(entry, sources)


def keep_decided(change: Change) -> None:
    """Write what was decided: taken from the placement, or kept by staff, field by field (PLN-03)."""
    entry: PlanEntry = change.record
    request: ChangeRequest = change.data["request"]
    values = change.data["values"]
    change.details |= {"changes": changed(entry, values), "request": request.id}
    sources, whole = dict(entry.sources), set(request.changes) <= set(values)
    for name in values if request.imported else DESTINATION_FIELDS:
        if name in request.changes and name not in values:
            sources[name] = Source.STAFF  # the placement says otherwise, and staff keep it
            continue
        if name not in request.changes and not whole and sources.get(name) in OWN:
            continue  # both say the same: what staff typed stays when the placement ends
        if name in values:
            setattr(entry, name, values[name])
        sources[name] = None if getattr(entry, name) is None else request.source
    if not request.imported:
        entry.placement_id = None if request.ends else request.placement_id
        if not request.ends and entry.destination_code is None:
            raise Refused(NO_DESTINATION)
    if request.ends:
        sources = {n: s for n, s in entry.sources.items() if getattr(entry, n) and s in OWN}
    _mark(entry, {name: source for name, source in sources.items() if source})


def _mark(entry: PlanEntry, sources: dict[str, Any]) -> None:
    entry.sources = sources
    entry.by_staff = any(source in OWN for source in sources.values())


def as_seen(change: Change) -> None:
    """Nobody decides on other values than it was shown. Raises Refused."""
    shown = change.data.get("shown")
    if shown is not None and shown != change.record.changes:
        raise Refused(_("The values changed meanwhile. Please look again."))


def follow_placement(change: Change) -> None:
    """What the placement in force says is written, or becomes a change to decide on (PLN-03)."""
    sync([change.record.student_id], change.now)


def note_choice(change: Change) -> None:
    """The trace says which fields were taken."""
    change.details["taken"] = sorted(taken(change))


def taken(change: Change) -> set[str]:
    """The fields whose new values were chosen; all of them where nobody chose."""
    request: ChangeRequest = change.record
    chosen = change.data.get("take")
    if change.step.name == "drop":
        return set()
    if chosen is None or request.ends:
        return set(request.changes)
    return set(chosen) & set(request.changes)


def decides_row(change: Change) -> bool:
    """Whether the plan row is written: a conflict also where the row's values are kept."""
    return change.step.name == "apply" or change.record.kind == ChangeKind.CONFLICT


def entry_of(change: Change) -> PlanEntry:
    """The row of a change, locked with it."""
    return db.session.get_one(PlanEntry, change.record.entry_id)
