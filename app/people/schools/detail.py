"""What a trace says was changed of a record of people, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.codes import labels
from app.core.db import db
from app.people.schools.models import College, Major
from app.workflow import trail
from app.workflow.models import Trail


def changed(labels: Mapping[str, Any], tables: Mapping[str, str]) -> trail.Note:
    """What was changed from what to what, of the fields that have labels; `tables`: field → its codes."""

    def note(row: Trail) -> str:
        found = row.details.get("changed", {})
        return _("; ").join(
            _(
                "%(field)s: %(old)s → %(new)s",
                field=labels[name],
                old=_value(tables, name, old),
                new=_value(tables, name, new),
            )
            for name, (old, new) in found.items()
            if name in labels
        )

    return note


PARTS = {"college_id": College, "major_id": Major}


def _value(tables: Mapping[str, str], field: str, value: Any) -> str:
    """A fact of the trail in words; personal numbers are masked there."""
    if value in (None, ""):
        return "–"
    if field in tables:
        return labels.code(tables[field], value) or str(value)
    if field in ("origin", "location"):
        return labels.region(value) or str(value)
    part = db.session.get(PARTS[field], int(value)) if field in PARTS else None
    return str(part or value)
