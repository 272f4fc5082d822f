"""From the grids of a file to one table: headers, what is no row of it, what is not shown. Pure, child only.

Everything works on columns, each its distinct cells and which of them stands in which row: a rule looks
at the distinct ones, never at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports import headers as heads
from app.files.imports.guard import MAX_COLUMNS
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import (
    FoundGrid,
    Grid,
    headers_again,
    note_rows,
    shown_text,
    total_rows,
)
from app.files.imports.table_cells import Cells, FileTable, cells_of


def assembled(grids: Iterable[Grid], known: Set[str], most: int) -> FileTable:
    """All sheets with the same headers as one table. Raises UnfitError where no row can be headers."""
    looked = [found for grid in grids if (found := _looked(grid, known)) is not None]
    need = min(2, len(known))  # two headers make a header row; a table of one column has only one
    sure = [found for found in looked if found.known >= need]
    main = _chosen(sure) or _guessed(looked)
    if main is None:
        raise UnfitWorkbookError("heads")
    keys = [heads.normal(head) for head in main.heads]
    same = [f for f in looked if f is main or _fits(f, keys)]
    left: dict[str, Any] = {
        "sheets": [[f.grid.name, f.rows] for f in looked if f not in same and f.grid.visible and f.rows],
        "hidden_sheets": [f.grid.name for f in sure if f not in same and not f.grid.visible],
        "hidden_columns": [h for n, h in enumerate(main.heads) if n in main.grid.marks.hidden_columns and h],
    }  # fmt: skip
    cells, facts = zip(*(_rows(f, keys, n, left) for n, f in enumerate(same)), strict=True)
    told = {name: np.concatenate([each[name] for each in facts]) for name in facts[0]}
    if len(told["line"]) >= most:
        raise UnfitWorkbookError("rows", most=most)
    names = [f.grid.name for f in same]
    return FileTable(main.heads, _below_another(cells), told, names, left, main.known >= need)


def _below_another(parts: Sequence[Cells]) -> Cells:
    """The rows of several sheets as one."""
    if len(parts) == 1:
        return parts[0]
    sizes = np.array([[len(values) for values in part.values] for part in parts])
    moved = zip(parts, np.cumsum(sizes, axis=0) - sizes, strict=True)
    codes = np.concatenate([part.codes + before for part, before in moved])
    return Cells(codes, list(map(np.concatenate, zip(*(p.values for p in parts), strict=True))))


def _chosen(sure: list[FoundGrid]) -> FoundGrid | None:
    """The sheet with the most known headers; of what is hidden only where nothing else is there."""
    return max(sure, key=lambda f: (f.grid.visible, f.known), default=None)


def _guessed(looked: list[FoundGrid]) -> FoundGrid | None:
    """The widest sheet that is shown and has a row like headers: somebody must say what they mean."""
    able = [f for f in looked if f.grid.visible and f.at >= 0 and f.rows]
    return max(able, key=lambda f: (f.known, sum(map(bool, f.heads))), default=None)


def _fits(found: FoundGrid, keys: list[str]) -> bool:
    """Whether a sheet is shown and has the same headers, in any order."""
    mine = sorted(filter(None, (heads.normal(head) for head in found.heads)))
    return found.grid.visible and mine == sorted(filter(None, keys))


def _looked(grid: Grid, known: Set[str]) -> FoundGrid | None:
    """The grid with its cells as we have them and the place of its headers; None where it is empty."""
    cells, filled = _cleaned(grid)
    if not filled.any():
        return None
    first = cells.rows(slice(heads.LOOKED_AT))
    at, found = heads.best_row(first, known)
    if found < min(2, len(known)):
        guess = heads.likely_row(first)
        at, found = (guess, found) if guess >= 0 else (at, found)
    shown = [shown_text(cell) for cell in first[at]] if at >= 0 else []
    return FoundGrid(grid, cells, filled, at, found, shown, int(filled[at + 1 :].any(axis=1).sum()))


def _cleaned(grid: Grid) -> tuple[Cells, np.ndarray]:
    """Cells as texts, numbers, days and errors, and which of them are filled.

    Merged blocks are filled downwards: a college's name over its students is meant for each of them.
    """
    raw, grid.frame = grid.frame.iloc[:, :MAX_COLUMNS], pd.DataFrame()
    codes, filled = (np.zeros(raw.shape, sort, "F") for sort in ("<i4", "?"))
    values = []
    for n, name in enumerate(raw.columns):
        codes[:, n], told, there = cells_of(raw[name], grid.marks, n)
        filled[:, n] = there[codes[:, n]]
        values.append(told)
    width, height = (int(filled.any(axis=n).nonzero()[0].max(initial=-1)) + 1 for n in range(2))
    codes, filled = codes[:height, :width], filled[:height, :width]
    for top, left, bottom, _right in grid.marks.merged:
        if bottom > top and left < width and top <= height:
            for part in (codes, filled):
                part[top - 1 : bottom, left] = part[top - 1, left]
    return Cells(codes, values[:width]), filled


# -- rows -----------------------------------------------------------------------------------------


def _rows(
    found: FoundGrid, keys: list[str], number: int, left: dict[str, Any]
) -> tuple[Cells, dict[str, np.ndarray]]:
    """The rows below the headers of one sheet, in the order of the main sheet's columns, and their facts."""
    below, marks = found.at + 1, found.grid.marks
    _add(left, "notes", int(found.filled[: found.at].any(axis=1).sum()))
    cells, filled = Cells(found.cells.codes[below:], found.cells.values), found.filled[below:]
    count = filled.sum(axis=1)
    again = headers_again(cells, filled, found)
    totals = total_rows(cells, filled, count) & ~again
    notes = note_rows(cells, filled, count) & ~again & ~totals
    _add(left, "empty", int((count == 0).sum()))
    for name, rows in (("heads_again", again), ("totals", totals), ("notes", notes)):
        _add(left, name, int(rows.sum()))
    keep = (count > 0) & ~again & ~totals & ~notes
    lines = np.flatnonzero(keep) + below + 1
    hidden = np.isin(lines, list(marks.hidden))
    _add(left, "hidden_rows", int(hidden.sum()))
    _count_marks(left, found, set(lines.tolist()))
    order = _order(found, keys)
    facts = {"sheet": np.full(len(lines), number), "line": lines, "hidden": hidden}
    return Cells(cells.codes[keep][:, order], [cells.values[n] for n in order]), facts


def _order(found: FoundGrid, keys: list[str]) -> list[int]:
    """The places of this sheet's columns that are the main sheet's."""
    mine = [heads.normal(head) for head in found.heads]
    if mine == keys:
        return list(range(len(keys)))
    free = list(range(len(mine)))
    places = []
    for key in keys:
        at = next((n for n in free if mine[n] == key), None)
        if at is not None:
            free.remove(at)
        places.append(at if at is not None else free[-1])
    return places


def _add(left: dict[str, Any], name: str, count: int) -> None:
    left[name] = left.get(name, 0) + count


def _count_marks(left: dict[str, Any], found: FoundGrid, lines: set[int]) -> None:
    """Errors, formulas without a value and filled cells of merged blocks, in the rows that are taken."""
    marks, width = found.grid.marks, len(found.heads)
    for name, places in (("errors", marks.errors), ("no_value", marks.no_value)):
        _add(left, name, sum(row in lines and place < width for row, place in places))
    merged = sum(
        row in lines
        for top, place, bottom, _right in marks.merged
        if place < width
        for row in range(top + 1, min(bottom, top + 200_000) + 1)
    )
    _add(left, "merged", merged)


# -- the answer -----------------------------------------------------------------------------------
