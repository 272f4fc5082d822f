"""The problems of a file, grouped by column and by what is wrong, then by value, with counts (BLK-06)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet

MOST = 40  # groups that are listed
VALUES = (
    20  # values of a group that are listed one by one; where there are more, it is treated as one
)

# a sentence without what it quotes, so that all rows with the same trouble fall into one group
_WHY = "regexp_replace(regexp_replace(p ->> 1, '“[^”]*”', '“…”', 'g'), '[0-9]+', '#', 'g')"
# what only SQL found wrong (a double, somebody else's) lies in no cell of its own: of it there is none
_TEXT = "CASE WHEN p ->> 0 = ANY(:plain) THEN r.more -> 'shown' ->> (p ->> 0) END"
_FROM = (
    " FROM import_row r, jsonb_array_elements(r.problems) p"
    " WHERE r.import_id = :id AND r.status = 'faulty'"
)


@dataclass(frozen=True)
class Value:
    """A cell that stands in some rows of a group."""

    text: str
    rows: int


@dataclass(frozen=True)
class Group:
    """Rows with the same trouble in the same column. `why` names it; `sentence` is what people read."""

    field: str
    label: str
    why: str
    sentence: str
    rows: int
    first: int  # a row of it, as Excel shows it
    different: int  # values
    values: list[Value] = dataclasses.field(default_factory=list)


def _bound(record: Import, sheet: Sheet) -> dict[str, Any]:
    return {"id": record.id, "plain": [c.field for c in sheet.columns if c.secret is None]}


def groups_of(record: Import, sheet: Sheet) -> tuple[list[Group], int]:
    """The largest groups, and how many groups there are in all."""
    bound = _bound(record, sheet)
    rows = db.session.execute(
        text(
            f"SELECT p ->> 0 AS field, {_WHY} AS why, min(p ->> 1) AS sentence, count(*) AS n,"
            f" count(DISTINCT p ->> 1) AS told, min(r.line) AS first, count(DISTINCT {_TEXT}) AS texts,"
            f" count({_TEXT}) AS of_cells"
            f"{_FROM} GROUP BY 1, 2 ORDER BY n DESC, field, why"
        ),
        bound,
    ).all()
    labels = {column.field: str(column.label) for column in sheet.columns}
    found = [
        Group(
            row.field, labels.get(row.field, ""), row.why,
            row.sentence if row.told == 1 else row.why.replace("#", "…"), row.n, row.first, row.texts,
        )
        for row in rows[:MOST]
    ]  # fmt: skip
    few = [
        group for group, row in zip(found, rows, strict=False)
        if row.of_cells == row.n and group.different <= VALUES
    ]  # fmt: skip
    for row in _values_of(bound, few):
        group = next(g for g in few if (g.field, g.why) == (row.field, row.why))
        group.values.append(Value(row.text, row.n))
    return found, len(rows)


def _values_of(bound: dict[str, Any], groups: Sequence[Group]) -> Sequence[Any]:
    if not groups:
        return []
    pairs = {"fields": [g.field for g in groups], "whys": [g.why for g in groups]}
    return db.session.execute(
        text(
            f"SELECT p ->> 0 AS field, {_WHY} AS why, {_TEXT} AS text, count(*) AS n{_FROM}"
            f" AND (p ->> 0, {_WHY}) IN (SELECT * FROM unnest(:fields ::text[], :whys ::text[]))"
            " GROUP BY 1, 2, 3 ORDER BY n DESC, text"
        ),
        {**bound, **pairs},
    ).all()


def rows_in(record: Import, sheet: Sheet, name: str, why: str, value: str | None) -> list[int]:
    """The running numbers of the rows of a group, or of those with one value."""
    only = f" AND {_TEXT} = :value" if value is not None else ""
    found = db.session.scalars(
        text(
            f"SELECT DISTINCT r.row{_FROM} AND p ->> 0 = :name AND {_WHY} = :why{only} ORDER BY 1"
        ),
        {**_bound(record, sheet), "name": name, "why": why, "value": value},
    )
    return list(found)
