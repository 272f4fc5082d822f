"""The problems of a file, grouped by column and by what is wrong, then by value, with counts (BLK-06)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.db import db
from app.core.statements import Statements
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet

MOST = 40  # groups that are listed
VALUES = (
    20  # values of a group that are listed one by one; where there are more, it is treated as one
)

SQL = Statements(__file__, "groups.sql")


@dataclass(frozen=True)
class Value:
    """A cell that stands in some rows of a group."""

    text: str
    rows: int


@dataclass(frozen=True)
class ProblemGroup:
    """Rows with the same trouble in the same column. `why` names it; `sentence` is what people read."""

    field: str
    label: str
    why: str
    sentence: str
    rows: int
    first: int  # a row of it, as Excel shows it
    different: int  # values
    values: list[Value] = dataclasses.field(default_factory=list)


def _bound(record: Import, sheet: Sheet) -> dict[str, object]:
    return {"id": record.id, "plain": [c.field for c in sheet.columns if c.secret is None]}


def groups_of(record: Import, sheet: Sheet) -> tuple[list[ProblemGroup], int]:
    """The largest groups, and how many groups there are in all."""
    bound = _bound(record, sheet)
    rows = db.session.execute(SQL["groups"], bound).all()
    labels = {column.field: str(column.label) for column in sheet.columns}
    found = [
        ProblemGroup(
            row.field,
            labels.get(row.field, ""),
            row.why,
            row.sentence if row.told == 1 else row.why.replace("#", "…"),
            row.n,
            row.first,
            row.texts,
        )
        for row in rows[:MOST]
    ]
    few = [
        group
        for group, row in zip(found, rows, strict=False)
        if row.of_cells == row.n and group.different <= VALUES
    ]
    for row in _values_of(bound, few):
        group = next(g for g in few if (g.field, g.why) == (row.field, row.why))
        group.values.append(Value(row.text, row.n))
    return found, len(rows)


def _values_of(bound: Mapping[str, object], groups: Sequence[ProblemGroup]) -> Sequence[Any]:
    if not groups:
        return []
    pairs = {"fields": [g.field for g in groups], "whys": [g.why for g in groups]}
    return db.session.execute(SQL["values"], {**bound, **pairs}).all()


def rows_in(record: Import, sheet: Sheet, name: str, why: str, value: str | None) -> list[int]:
    """The running numbers of the rows of a group, or of those with one value."""
    wanted = {**_bound(record, sheet), "name": name, "why": why, "value": value}
    return list(db.session.scalars(SQL["rows"], wanted))
