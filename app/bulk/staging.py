"""Every row through the checks of its columns, then into the staging table by COPY."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from app.bulk import cells
from app.bulk.cells import Wrong
from app.bulk.intake import Reading
from app.bulk.models import Import, RowStatus
from app.bulk.sheet import Column, Context, Found, Sheet
from app.core.db import db, driver_connection
from app.core.forms import MISSING
from app.core.text import clean_line

MANY = 2_000
SHOWN = 20  # mended cells that are listed one by one
LONGEST = 60  # characters of a faulty cell that the page shows
COPY = "COPY import_row (import_id, row, status, uid, values, more, problems) FROM STDIN"
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class Tally:
    """What was noticed on the way."""

    mended: Counter[str] = field(default_factory=Counter)  # column → cells
    listed: list[tuple[int, str]] = field(default_factory=list)  # row, column


@dataclass
class Checked:
    """A row after its checks."""

    values: Found = field(default_factory=dict)
    more: Found = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    mended: list[Column] = field(default_factory=list)


def stage(record: Import, sheet: Sheet, reading: Reading, context: Context) -> Tally:
    """Replace what an interrupted run has left, and put every row there."""
    db.session.execute(text("DELETE FROM import_row WHERE import_id = :id"), {"id": record.id})
    tally = Tally()
    with driver_connection().cursor() as cursor, cursor.copy(COPY) as copy:
        for line in _lines(record.id, sheet, reading, context, tally):
            copy.write_row(line)
    if len(reading.lines) > MANY:
        # else the joins below are planned blindly
        db.session.execute(text("ANALYZE import_row (import_id, row, status)"))
    return tally


def _lines(
    import_id: int, sheet: Sheet, reading: Reading, context: Context, tally: Tally
) -> Iterator[tuple[Any, ...]]:
    columns = list(reading.columns.items())
    for number, row in reading.rows():
        uid = uuid4().hex
        done = checked(sheet, columns, row, uid, context, hidden=number in reading.hidden)
        for column in done.mended:
            tally.mended[column.field] += 1
            if len(tally.listed) < SHOWN:
                tally.listed.append((number, column.field))
        status = RowStatus.FAULTY if done.problems else RowStatus.NEW
        yield (
            import_id, number, status.value, uid, _dump(done.values), _dump(done.more),
            _dump(done.problems) if done.problems else None,
        )  # fmt: skip


def checked(
    sheet: Sheet,
    columns: list[tuple[int, Column]],
    row: list[Any],
    uid: str,
    context: Context,
    *,
    hidden: bool = False,
) -> Checked:
    """One row through the checks of all its columns and the one of the row.

    A row that the person does not see in the sheet is asked about: it counts as faulty (BLK-02).
    """
    done = Checked()
    context.row = done.values
    for place, column in columns:
        cell = row[place] if place < len(row) else ""
        if cells.is_empty(cell):
            if column.required and not column.may_be_empty:
                done.problems.append((column.field, str(MISSING)))
            continue
        try:
            value = column.read(cells.unguarded(cell), context)
            _keep(done, column, cell, value, uid)
        except Wrong as wrong:
            done.problems.append((column.field, str(wrong)))
    if done.problems:
        done.more["wrong"] = [field for field, _sentence in done.problems]
    done.problems += sheet.row(done.values, done.more, context)
    if hidden:
        done.problems.append((columns[0][1].field, cells.hidden_row()))
    if done.problems:
        done.more["shown"] = {
            column.field: shown(column, row[place]) for place, column in columns if place < len(row)
        }
    return done


def _keep(done: Checked, column: Column, cell: Any, value: Any, uid: str) -> None:
    if column.literal and cell != value and isinstance(cell, str):  # signs were changed
        done.mended.append(column)
    if column.secret is not None:
        values, more = column.secret(value, uid)
        done.values |= values
        done.more |= more
    else:
        (done.more if column.aside else done.values)[column.target] = value


def shown(column: Column, cell: Any) -> str:
    """A faulty cell for the page; of a personal number nothing."""
    if isinstance(cell, list):
        return cell[1] if cell[0] == "d" else "#"
    text = clean_line(str(cell))[:LONGEST]
    return "*" * min(len(text), 8) if column.secret is not None else text
