"""Cells as texts, numbers, days and errors, column by column, and the table they make."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports.guard import Marks
from app.files.imports.kinds_of_file import UnfitWorkbookError

MAX_CELL = 32_767
ERROR, NO_VALUE = ("e",), ("e", "f")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|#+)|Err:5\d\d")


_BLANK = "\ufeff\u200b \t\r\n\xa0\u3000"


@dataclass(eq=False)
class Cells:
    """Columns of cells: `codes` (rows × columns) say which of its column's distinct `values` stands there."""

    codes: np.ndarray
    values: list[np.ndarray]

    def rows(self, which: Any) -> list[list[Any]]:
        """The cells of some rows."""
        columns = [v[c].tolist() for v, c in zip(self.values, self.codes[which].T, strict=True)]
        return list(map(list, zip(*columns, strict=True)))

    def are(self, act: Callable[[Any], bool], which: Any, columns: int) -> np.ndarray:
        """What holds of each cell of some rows in the first columns, asked once for each distinct one."""
        picked = self.codes[which, :columns]
        found = np.zeros(picked.shape, dtype=bool)
        for n, values in enumerate(self.values[:columns]):
            some = np.zeros(len(values), dtype=bool)
            some[picked[:, n]] = True
            some[some] = np.fromiter(map(act, values[some]), bool, int(some.sum()))
            found[:, n] = some[picked[:, n]]
        return found


@dataclass(eq=False)
class FileTable:
    """The rows below one kind of headers and, for each, its sheet, line and whether it is hidden.

    See `intake.Reading`.
    """

    heads: list[str]
    cells: Cells
    facts: dict[str, np.ndarray]  # sheet, line, hidden
    sheets: list[str]
    left: dict[str, Any]
    sure: bool  # its headers are known, not only guessed


def cells_of(column: pd.Series, marks: Marks, place: int) -> tuple[np.ndarray, ...]:
    """One column: which of its distinct cells stands where, these cells, and whether they are filled."""
    codes, values = pd.factorize(raw := column.to_numpy(dtype=object), use_na_sentinel=False)
    if any(not isinstance(value, str) and value in (0, 1) for value in values):  # or true, false
        raw = np.fromiter(map(flag, raw), object, len(raw))
        codes, values = pd.factorize(raw, use_na_sentinel=False)
    filled = np.ones(len(values), dtype=bool)
    for n in [n for n, value in enumerate(values) if not _is_plain(value)]:
        cell = values[n] = cell_of(values[n])
        filled[n] = has_text(cell)
        if isinstance(cell, str) and len(cell) > MAX_CELL:
            raise UnfitWorkbookError("cell", row=int((codes == n).argmax()) + 1)
    for places, sign in ((marks.errors, ERROR), (marks.no_value, NO_VALUE)):
        rows = [row - 1 for row, at in places if at == place and row <= len(codes)]
        if rows:
            codes[rows] = len(values)
            values, filled = np.append(values, ""), np.append(filled, True)
            values[-1] = sign
    return codes, values, filled


def _is_plain(cell: object) -> bool:
    """Whether it is a text of letters and digits, as nearly all are: no error, not blank, not too long."""
    return isinstance(cell, str) and cell.isalnum() and len(cell) <= MAX_CELL


def flag(value: object) -> object:
    """A truth as a spreadsheet writes it."""
    return str(value).upper() if isinstance(value, bool) else value


def cell_of(value: object) -> object:
    """A text, an int or float, ``("d", ISO date)`` or ``("e",)``, an error."""
    if isinstance(value, str):
        return ERROR if value[:1] in "#E" and _ERROR.fullmatch(value.strip()) else value
    if isinstance(value, tuple):
        return value
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, datetime | date):
        return ("d", value.isoformat())
    return str(value)[-8:] if isinstance(value, timedelta | time) else str(value)


def _number(value: float) -> object:
    if not math.isfinite(value):
        return ERROR if math.isinf(value) else ""
    return int(value) if value == int(value) else value


def has_text(cell: object) -> bool:
    """Whether the cell shows anything."""
    return not isinstance(cell, str) or bool(cell.strip(_BLANK))


def packed(table: FileTable, kind: str, encoding: str) -> bytes:
    """A line of JSON about the table, then of each column its distinct cells and which row has which.

    No pickle: whoever has taken the child over must not reach the worker. See `frames` for the reader.
    """
    facts = (np.unique(told, return_inverse=True) for told in table.facts.values())
    cells = zip(table.cells.values, table.cells.codes.T, strict=True)
    parts, sizes = [], []
    for values, codes in (*facts, *cells):
        told = json.dumps(values.tolist(), ensure_ascii=False, separators=(",", ":"))
        data = told.encode("utf-8", "replace")
        parts += [data, codes.astype("<i4").tobytes()]
        sizes.append(len(data))
    meta = {
        "kind": kind, "encoding": encoding, "heads": table.heads, "sheets": table.sheets, "left": table.left,
        "sure": table.sure, "rows": len(table.cells.codes), "sizes": sizes,
    }  # fmt: skip
    return json.dumps(meta).encode() + b"\n" + b"".join(parts)
