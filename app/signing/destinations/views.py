"""What the student's pages of destinations share: chips, the trace, a form's numbers and files."""

from __future__ import annotations

from flask import request

from app.core.errors import NotYours
from app.core.registry import stores
from app.signing.placements.labels import review_of
from app.signing.placements.models import Placement
from app.workflow import trail

LARGEST_KEY = 2**31 - 1
SILENT = {"placement": ("end", "revive", "void")}  # what another record's row says already


def chip_of(placement: Placement) -> tuple[object, str]:
    """The state of a destination in words, and its colour."""
    return review_of(placement.kind, placement.state)


def place_of(name: str) -> int:
    """A whole number of the form or its address. Raises NotYours for what no page of ours sends."""
    text = request.values.get(name, "")
    if not (text.isascii() and text.isdecimal() and int(text[:12]) <= LARGEST_KEY):
        raise NotYours(name)
    return int(text[:12])


def trace(placement: Placement) -> list[trail.TrailLine]:
    """What happened to it and to leaving it, newest first."""
    records = [("placement", placement.id)]
    last = stores().leaving.last(placement.id)
    if last is not None:
        records.append(("termination", last))
    return [
        trail.line(row, placement.kind)
        for row in trail.of_all(records)
        if row.step not in SILENT.get(row.kind, ())
    ]
