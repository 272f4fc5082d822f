"""From the grids of a file to one table: headers, what is no row of it, what is not shown. Pure, child only.

Everything works on columns, each its distinct cells and which of them stands in which row: a rule looks
at the distinct ones, never at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports import headers as heads
from app.files.imports.guard import MAX_COLUMNS, Marks, UnfitWorkbookError

MAX_CELL = 32_767
ERROR, NO_VALUE = ("e",), ("e", "f")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|#+)|Err:5\d\d")
_TOTAL = re.compile(
    r".{0,20}(合计|总计|小计|共计|总人数|总数)(人数)?[:：]?\d*[人名条行]?|共\d+[人名条行]|(grand|sub)?total:?",
    re.I,
)
_TOTAL_SIGN = re.compile("[计数共]|otal|OTAL")
_NOTE = re.compile(
    r"(注|备注|说明|填表说明|填报说明|注意|注意事项|提示|填表人?|填报人?|制表人?|审核人?|复核人?|负责人|经办人|联系人|联系电话|"
    r"(填报|报送)?单位(\(盖章\))?|盖章|公章|(填表|填报|制表|打印|导出|统计|报送)?(日期|时间)|notes?|remarks?|printed)\d*[:：.、(（].*"
    r"|第\d+页.*|共\d+页.*|[※*].*", re.I,
)  # fmt: skip
_SPOKEN = re.compile(r"[，。；：、,;:（）()\s]")
_BLANK = "\ufeff\u200b \t\r\n\xa0\u3000"
_HAN = re.compile("[㐀-鿿]")


@dataclass(eq=False)
class Grid:
    """A sheet as it stands: the row at place 0 is row 1; `marks` say what its values do not."""

    name: str
    frame: pd.DataFrame
    marks: Marks = field(default_factory=Marks)
    visible: bool = True


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


@dataclass(eq=False)
class _Found:
    """A grid with the place of its headers."""

    grid: Grid
    cells: Cells
    filled: np.ndarray  # which cells have anything in them
    at: int
    known: int
    heads: list[str]
    rows: int  # below the headers, with anything in them


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


def _chosen(sure: list[_Found]) -> _Found | None:
    """The sheet with the most known headers; of what is hidden only where nothing else is there."""
    return max(sure, key=lambda f: (f.grid.visible, f.known), default=None)


def _guessed(looked: list[_Found]) -> _Found | None:
    """The widest sheet that is shown and has a row like headers: somebody must say what they mean."""
    able = [f for f in looked if f.grid.visible and f.at >= 0 and f.rows]
    return max(able, key=lambda f: (f.known, sum(map(bool, f.heads))), default=None)


def _fits(found: _Found, keys: list[str]) -> bool:
    """Whether a sheet is shown and has the same headers, in any order."""
    mine = sorted(filter(None, (heads.normal(head) for head in found.heads)))
    return found.grid.visible and mine == sorted(filter(None, keys))


def _looked(grid: Grid, known: Set[str]) -> _Found | None:
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
    return _Found(grid, cells, filled, at, found, shown, int(filled[at + 1 :].any(axis=1).sum()))


def _cleaned(grid: Grid) -> tuple[Cells, np.ndarray]:
    """Cells as texts, numbers, days and errors, and which of them are filled.

    Merged blocks are filled downwards: a college's name over its students is meant for each of them.
    """
    raw, grid.frame = grid.frame.iloc[:, :MAX_COLUMNS], pd.DataFrame()
    codes, filled = (np.zeros(raw.shape, sort, "F") for sort in ("<i4", "?"))
    values = []
    for n, name in enumerate(raw.columns):
        codes[:, n], told, there = _cells(raw[name], grid.marks, n)
        filled[:, n] = there[codes[:, n]]
        values.append(told)
    width, height = (int(filled.any(axis=n).nonzero()[0].max(initial=-1)) + 1 for n in range(2))
    codes, filled = codes[:height, :width], filled[:height, :width]
    for top, left, bottom, _right in grid.marks.merged:
        if bottom > top and left < width and top <= height:
            for part in (codes, filled):
                part[top - 1 : bottom, left] = part[top - 1, left]
    return Cells(codes, values[:width]), filled


def _cells(column: pd.Series, marks: Marks, place: int) -> tuple[np.ndarray, ...]:
    """One column: which of its distinct cells stands where, these cells, and whether they are filled."""
    codes, values = pd.factorize(raw := column.to_numpy(dtype=object), use_na_sentinel=False)
    if any(not isinstance(value, str) and value in (0, 1) for value in values):  # or true, false
        raw = np.fromiter(map(_flag, raw), object, len(raw))
        codes, values = pd.factorize(raw, use_na_sentinel=False)
    filled = np.ones(len(values), dtype=bool)
    for n in [n for n, value in enumerate(values) if not _is_plain(value)]:
        cell = values[n] = cell_of(values[n])
        filled[n] = _has_text(cell)
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


def _flag(value: object) -> object:
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


def shown_text(cell: object) -> str:
    """A cell as a header."""
    if isinstance(cell, tuple):
        return cell[1] if cell[0] == "d" else "#"
    return str(cell)


def _has_text(cell: object) -> bool:
    return not isinstance(cell, str) or bool(cell.strip(_BLANK))


# -- rows -----------------------------------------------------------------------------------------


def _rows(
    found: _Found, keys: list[str], number: int, left: dict[str, Any]
) -> tuple[Cells, dict[str, np.ndarray]]:
    """The rows below the headers of one sheet, in the order of the main sheet's columns, and their facts."""
    below, marks = found.at + 1, found.grid.marks
    _add(left, "notes", int(found.filled[: found.at].any(axis=1).sum()))
    cells, filled = Cells(found.cells.codes[below:], found.cells.values), found.filled[below:]
    count = filled.sum(axis=1)
    again = _heads_again(cells, filled, found)
    totals = _totals(cells, filled, count) & ~again
    notes = _notes(cells, filled, count) & ~again & ~totals
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


def _order(found: _Found, keys: list[str]) -> list[int]:
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


def _count_marks(left: dict[str, Any], found: _Found, lines: set[int]) -> None:
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


def _heads_again(cells: Cells, filled: np.ndarray, found: _Found) -> np.ndarray:
    """Rows that say the headers once more, as pages of a report do."""
    keys = [heads.normal(head) for head in found.heads]
    again = ((cells.codes == found.cells.codes[found.at]) & filled).sum(axis=1) >= min(
        2, sum(map(bool, keys))
    )  # the others may be spelt otherwise
    again[again] = [
        all(heads.normal(shown_text(cell)) in ("", key) for cell, key in zip(row, keys, strict=True))
        for row in cells.rows(again)
    ]  # fmt: skip
    return again


def _first(cells: Cells, filled: np.ndarray, rows: np.ndarray) -> list[str]:
    """The first filled cell of those rows, as a text without blanks."""
    places = filled[rows].argmax(axis=1)
    picked = zip(cells.rows(rows), places, strict=True)
    return ["".join(shown_text(row[n]).split()) for row, n in picked]


def _totals(cells: Cells, filled: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Rows that begin with «合计» and have only numbers beside it."""
    begin = cells.are(_is_total, slice(None), 4).sum(axis=1) > 0
    begin[begin] = [bool(_TOTAL.fullmatch(text)) for text in _first(cells, filled, begin)]
    others = np.array([sum(map(_is_figure, row)) for row in cells.rows(begin)], dtype=int)
    begin[begin] = others >= count[begin] - 1
    return begin


def _is_total(cell: object) -> bool:
    if not isinstance(cell, str) or cell.isdecimal() or not _TOTAL_SIGN.search(cell):
        return False
    return bool(_TOTAL.fullmatch("".join(cell.split())))


def _is_figure(cell: object) -> bool:
    """A number, also with its unit, or an error of its formula."""
    if not isinstance(cell, str):
        return True
    return bool(re.fullmatch(r"[\d.,%]+[人名条行元]?", cell.strip()))


def _notes(cells: Cells, filled: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Rows like «制表人：…», and what is said in one cell below the table."""
    width = filled.shape[1]
    notes = (count > 0) & (count <= max(3, width // 3))
    notes[notes] = (cells.are(_is_note, notes, width) | ~filled[notes]).all(axis=1)
    if width > 2:
        tail = ((count > 1)[::-1].cumsum()[::-1] == 0) & (count == 1)
        notes[tail] |= np.array(list(map(_is_spoken, _first(cells, filled, tail))), dtype=bool)
    return notes


def _is_note(cell: object) -> bool:
    return isinstance(cell, str) and bool(_NOTE.fullmatch("".join(cell.split())))


def _is_spoken(text: str) -> bool:
    return bool(_HAN.search(text) and (_SPOKEN.search(text) or len(text) > 12))


# -- the answer -----------------------------------------------------------------------------------


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
