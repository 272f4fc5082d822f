"""What a checked file would change, column by column; what of it is improbable (BLK-09).

A column in which far more rows change than ever do in life was probably sorted without the others or
pasted one row too low: then the import stops until somebody agrees, and says so where it can be seen.
"""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.db import db
from app.core.statements import Statements
from app.files.imports.columns import CellKind, Column
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet
from app.files.imports.template import LISTS

SQL = Statements(__file__, "changes.sql")
FEWEST = 10  # rows that change in a column before anything is improbable
FAR = 3  # rows that a column is looked at for having slipped; the statement has as many
SLIPPED = 0.6  # share of its changes that must stand in the neighbouring row


def key_of(column: Column) -> str:
    """The name under which a row keeps what a change of this column replaces."""
    if column.secret is not None:
        return f"{column.target}_index"
    return f"{column.field}_id" if column.aside else column.target


def by_column(record: Import, sheet: Sheet, *, replaced: bool = False) -> dict[str, int]:
    """Field → how many rows change it, or only those that had a value, in the order of the columns."""
    wanted = {"id": record.id, "replaced": replaced}
    rows = db.session.execute(SQL["by_column"], wanted).tuples()
    found: dict[str, int] = dict(rows.all())
    return {c.field: found[key_of(c)] for c in sheet.columns if key_of(c) in found}


def usual_share(column: Column) -> float | None:
    """The share of rows in which a column may change in life; None where any share may."""
    if column.kind in (CellKind.NAME, CellKind.TITLE):
        return 0.1
    if column.secret is not None:
        return (
            0.5 if column.kind is CellKind.DIGITS else 0.1
        )  # telephones change, numbers of identity do not
    return 0.4 if column.field in ("college", "major", "graduation_year", "education") else None


def improbable(record: Import, sheet: Sheet, counts: dict[str, int]) -> list[dict[str, object]]:
    """The columns in which improbably many of the known rows change: field, rows, share, slipped.

    `slipped` is by how many rows a column stands too low (negative: too high), 0 where that is not it.
    """
    known = counts["changed"] + counts["same"]
    if counts["changed"] < FEWEST:
        return []
    found, changes = [], by_column(record, sheet, replaced=True)
    for column in sheet.columns:
        rows, usual = changes.get(column.field, 0), usual_share(column)
        if usual is not None and rows >= FEWEST and rows > usual * known:
            found.append(
                {
                    "field": column.field,
                    "rows": rows,
                    "share": round(100 * rows / known),
                    "slipped": _slipped(record, column, rows),
                }
            )
    return found


def _slipped(record: Import, column: Column, rows: int) -> int:
    """By how many rows the column stands too low, if the values of its neighbours say so."""
    steps = [n for n in range(-FAR, FAR + 1) if n]
    found = db.session.execute(SQL["slipped"], {"id": record.id, "key": key_of(column)}).one()
    best = max(range(len(steps)), key=lambda n: int(found[n]))
    return steps[best] if found[best] >= SLIPPED * rows else 0


def is_ours(name: str) -> bool:
    """Whether a sheet is one that our own template has beside the table."""
    ours = {LISTS}
    for locale in ("zh", "en"):
        with force_locale(locale):
            ours.add(_("Notes")[:31])
    return name in ours


def concerns(details: dict[str, Any], stops: list[dict[str, Any]]) -> dict[str, Any]:
    """What must be agreed to before anything is written: what is left out (BLK-07), what is improbable."""
    unread = details.get("unread", {})
    left: dict[str, Any] = {
        "sheets": [pair for pair in unread.get("sheets", []) if not is_ours(pair[0])],
        "ignored": list(details.get("unknown", [])),
        **{
            name: unread[name]
            for name in ("hidden_sheets", "hidden_columns", "merged", "totals")
            if name in unread
        },
        "hidden_rows": details.get("hidden_out", 0),
    }
    left = {name: value for name, value in left.items() if value}
    return {
        **({"left": left} if left else {}),
        **({"stops": stops} if stops else {}),
    }
