"""Checked rows into the staging table by COPY: JSON is made once for each distinct value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from sqlalchemy import text

from app.core.db import db, driver_connection
from app.core.text import clean_code, clean_line
from app.files.imports.checking import Findings
from app.files.imports.columns import Column
from app.files.imports.compare import MANY
from app.files.imports.distinct import mapped
from app.files.imports.models import Import
from app.files.imports.row_models import RowStatus

LONGEST = 60  # characters of a faulty cell that the page shows
MOST_ODD = 3  # signs: what has more of them is no number with a slip
COPY = (
    "COPY import_row (import_id, row, sheet, line, status, uid, values, more, problems) FROM STDIN"
)
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def stage(record: Import, findings: Findings) -> None:
    """Replace what an interrupted run has left, and put every row there."""
    db.session.execute(text("DELETE FROM import_row WHERE import_id = :id"), {"id": record.id})
    with driver_connection().cursor() as cursor, cursor.copy(COPY) as copy:
        for line in _lines(record.id, findings):
            copy.write_row(line)
    if len(findings.rows) > MANY:
        # else the joins below are planned blindly
        db.session.execute(text("ANALYZE import_row (import_id, row, status)"))


def _lines(import_id: int, findings: Findings) -> Iterator[tuple[Any, ...]]:
    rows = findings.rows
    problems = _problems(findings)
    more = [*_members(findings.more), _shown(findings, problems)]
    for row, sheet, line, uid, said, values, kept in zip(
        rows.index,
        rows["sheet"],
        rows["line"],
        rows["uid"],
        problems,
        _objects(_members(findings.values), rows.index),
        _objects(more, rows.index),
        strict=True,
    ):
        status = RowStatus.FAULTY if said else RowStatus.NEW
        yield import_id, row, sheet, line, status.value, uid, values, kept, said


def _problems(findings: Findings) -> pd.Series:
    """For each row its problems as JSON, None where it has none."""
    told: dict[int, list[tuple[str, str]]] = {}
    table = findings.problems
    for row, field, sentence in zip(*(table[name] for name in table), strict=True):
        told.setdefault(row, []).append((field, sentence))
    kept = [_dump(told[row]) if row in told else None for row in findings.rows.index]
    return pd.Series(kept, index=findings.rows.index, dtype=object)


def _objects(members: list[pd.Series], index: pd.Index) -> Iterator[str]:
    """One JSON object for each row, of the members that it has."""
    if not members:
        return iter(["{}"] * len(index))
    return (f"{{{','.join(filter(None, row))}}}" for row in zip(*members, strict=True))


def _members(columns: dict[str, pd.Series]) -> list[pd.Series]:
    """Of each column that has any value the members of JSON objects, "" where there is none."""
    return [
        mapped(column, _member(_dump(name)))
        for name, column in columns.items()
        if column.notna().any()
    ]


def _member(head: str) -> Callable[[Any], str]:
    return lambda value: "" if value is None else f"{head}:{_dump(value)}"


def _shown(findings: Findings, problems: pd.Series) -> pd.Series:
    """Of the faulty rows all cells, as the page shows them."""
    wrong = problems.notna()
    fields = {column.field: column for column in findings.columns.values()}
    parts = [
        mapped(cell[wrong], lambda c, of=fields[name]: f"{_dump(of.field)}:{_dump(shown(of, c))}")
        for name, cell in findings.cells.items()
    ]
    kept = pd.Series("", index=wrong.index, dtype=object)
    kept[wrong] = [f'"shown":{{{",".join(row)}}}' for row in zip(*parts, strict=True)]
    return kept


def shown(column: Column, cell: Any) -> str:
    """A faulty cell for the page."""
    if isinstance(cell, tuple):
        return cell[1] if cell[0] == "d" else "#"
    if column.secret is not None:
        return veiled(clean_code(str(cell))[:LONGEST])
    return clean_line(str(cell))[:LONGEST]


def veiled(number: str) -> str:
    """A wrong personal number: how long it is, its ends as masks show them, odd signs where they stand.

    «999999200404O01X» → «999*********O01X»: nothing to guess from, and yet it is seen what is wrong (F-60).
    """
    first, last = (3, len(number) - 4) if len(number) >= 11 else (0, len(number))
    odd = [n for n, sign in enumerate(number) if first <= n < last and not sign.isdecimal()][
        :MOST_ODD
    ]
    return "".join(
        sign if n < first or n >= last or n in odd else "*" for n, sign in enumerate(number)
    )
