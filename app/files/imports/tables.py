"""From the grids of a file to one table: headers, what is no row of it, what is not shown. Pure, child only.

Everything works on columns: a rule looks at the distinct cells of a column, never at all of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports import headers as heads
from app.files.imports.guard import MAX_COLUMNS, Marks, UnfitError

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
class Table:
    """The rows below one kind of headers: columns sheet, line, hidden, 0 …; see `intake.Reading`."""

    heads: list[str]
    frame: pd.DataFrame
    sheets: list[str]
    left: dict[str, Any]
    sure: bool  # its headers are known, not only guessed


@dataclass(eq=False)
class _Found:
    """A grid with the place of its headers."""

    grid: Grid
    filled: np.ndarray  # which cells have anything in them
    at: int
    known: int
    heads: list[str]
    rows: int  # below the headers, with anything in them


def assembled(grids: Iterable[Grid], known: Set[str], most: int) -> Table:
    """All sheets with the same headers as one table. Raises UnfitError where no row can be headers."""
    looked = [found for grid in grids if (found := _looked(grid, known)) is not None]
    need = min(2, len(known))  # two headers make a header row; a table of one column has only one
    sure = [found for found in looked if found.known >= need]
    main = _chosen(sure) or _guessed(looked)
    if main is None:
        raise UnfitError("heads")
    keys = [heads.normal(head) for head in main.heads]
    same = [f for f in looked if f is main or _fits(f, keys)]
    left: dict[str, Any] = {
        "sheets": [[f.grid.name, f.rows] for f in looked if f not in same and f.grid.visible and f.rows],
        "hidden_sheets": [f.grid.name for f in sure if f not in same and not f.grid.visible],
        "hidden_columns": [h for n, h in enumerate(main.heads) if n in main.grid.marks.hidden_columns and h],
    }  # fmt: skip
    parts = [_rows(found, keys, n, left) for n, found in enumerate(same)]
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    if len(frame) >= most:
        raise UnfitError("rows", most=most)
    return Table(main.heads, frame, [f.grid.name for f in same], left, main.known >= need)


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
    grid.frame, filled = _cleaned(grid)
    if not filled.any():
        return None
    first = grid.frame.iloc[: heads.LOOKED_AT].to_numpy().tolist()
    at, found = heads.best_row(first, known)
    if found < min(2, len(known)):
        guess = heads.likely_row(first)
        at, found = (guess, found) if guess >= 0 else (at, found)
    shown = [shown_text(cell) for cell in first[at]] if at >= 0 else []
    return _Found(grid, filled, at, found, shown, int(filled[at + 1 :].any(axis=1).sum()))


def _cleaned(grid: Grid) -> tuple[pd.DataFrame, np.ndarray]:
    """Cells as texts, numbers, days and errors, and which of them are filled.

    Merged blocks are filled downwards: a college's name over its students is meant for each of them.
    """
    raw = grid.frame.iloc[:, :MAX_COLUMNS]
    columns = [_cells(raw[name], grid.marks, n) for n, name in enumerate(raw.columns)]
    filled = np.zeros(raw.shape, dtype=bool)
    for n, (_column, there) in enumerate(columns):
        filled[:, n] = there
    width, height = (int(filled.any(axis=n).nonzero()[0].max(initial=-1)) + 1 for n in range(2))
    frame = pd.DataFrame(
        {n: column[:height] for n, (column, _there) in enumerate(columns[:width])}, dtype=object
    )
    filled = filled[:height, :width]
    for top, left, bottom, _right in grid.marks.merged:
        if bottom > top and left < width and top <= height:
            frame.iloc[top - 1 : bottom, left] = _object(frame.iat[top - 1, left])
            filled[top - 1 : bottom, left] = filled[top - 1, left]
    return frame, filled


def _object(cell: Any) -> Any:
    """A cell that is put into several places: a tuple would be taken for several cells."""
    if not isinstance(cell, tuple):
        return cell
    held = np.empty((), dtype=object)
    held[()] = cell
    return held


def _cells(column: pd.Series, marks: Marks, place: int) -> tuple[np.ndarray, np.ndarray]:
    """One column of cells and whether they are filled; each distinct one is looked at once."""
    raw = column.to_numpy(dtype=object)
    codes, values = pd.factorize(raw, use_na_sentinel=False)
    if pd.api.types.infer_dtype(values, skipna=False) != "string":
        if any(
            not isinstance(value, str) and value in (0, 1) for value in values
        ):  # or true, false
            raw = np.fromiter(map(_flag, raw), object, len(raw))
            codes, values = pd.factorize(raw, use_na_sentinel=False)
        values = np.fromiter(map(cell_of, values), object, len(values))
    else:
        for n in [n for n, text in enumerate(values) if text[:1] in ("#", "E")]:
            values[n : n + 1] = [cell_of(values[n])]
    longest = [isinstance(value, str) and len(value) > MAX_CELL for value in values]
    if any(longest):
        raise UnfitError("cell", row=int((codes == longest.index(True)).argmax()) + 1)
    cells, filled = values[codes], np.fromiter(map(_has_text, values), bool, len(values))[codes]
    for places, sign in ((marks.errors, ERROR), (marks.no_value, NO_VALUE)):
        for row in {row for row, at in places if at == place and row <= len(cells)}:
            cells[row - 1], filled[row - 1] = sign, True
    return cells, filled


def _flag(value: Any) -> Any:
    return str(value).upper() if isinstance(value, bool) else value


def cell_of(value: Any) -> Any:
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


def _number(value: float) -> Any:
    if not math.isfinite(value):
        return ERROR if math.isinf(value) else ""
    return int(value) if value == int(value) else value


def shown_text(cell: Any) -> str:
    """A cell as a header."""
    if isinstance(cell, tuple):
        return cell[1] if cell[0] == "d" else "#"
    return str(cell)


def _has_text(cell: Any) -> bool:
    return not isinstance(cell, str) or bool(cell.strip(_BLANK))


def mapped(column: pd.Series, act: Any) -> pd.Series:
    """What `act` gives for each cell, asked once for each distinct one."""
    codes, values = pd.factorize(column.to_numpy(dtype=object), use_na_sentinel=False)
    told = np.fromiter(map(act, values), object, len(values))
    return pd.Series(told[codes], index=column.index, dtype=object)


# -- rows -----------------------------------------------------------------------------------------


def _rows(found: _Found, keys: list[str], number: int, left: dict[str, Any]) -> pd.DataFrame:
    """The rows below the headers of one sheet, in the order of the main sheet's columns."""
    frame, marks = found.grid.frame, found.grid.marks
    _add(left, "notes", int(found.filled[: found.at].any(axis=1).sum()))
    below = frame.iloc[found.at + 1 :]
    filled = pd.DataFrame(found.filled[found.at + 1 :], index=below.index)
    count = filled.sum(axis=1)
    end = len(below)
    again = _heads_again(below, filled, found)
    totals = _totals(below, filled, count) & ~again
    notes = _notes(below, filled, count) & ~again & ~totals
    _add(left, "empty", int((count == 0).sum()))
    for name, rows in (("heads_again", again), ("totals", totals), ("notes", notes)):
        _add(left, name, int(rows.sum()))
    keep = (count > 0) & ~again & ~totals & ~notes
    lines = below.index.to_numpy() + 1
    hidden = np.isin(lines, list(marks.hidden)) if marks.hidden else np.zeros(end, dtype=bool)
    _add(left, "hidden_rows", int((hidden & keep.to_numpy()).sum()))
    _count_marks(left, found, set(lines[keep.to_numpy()].tolist()))
    below = below[keep].iloc[:, _order(found, keys)].set_axis(range(len(keys)), axis=1)
    return below.assign(sheet=number, line=lines[keep], hidden=hidden[keep]).reset_index(drop=True)


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


def _heads_again(below: pd.DataFrame, filled: pd.DataFrame, found: _Found) -> pd.Series:
    """Rows that say the headers once more, as pages of a report do."""
    keys = [heads.normal(head) for head in found.heads]
    same = pd.DataFrame({n: below[n] == head for n, head in enumerate(found.heads)})
    able = (same & filled).sum(axis=1) >= min(
        2, sum(map(bool, keys))
    )  # the others may be spelt otherwise
    rows = below[able]
    told = [all(heads.normal(shown_text(cell)) in ("", key) for cell, key in zip(row, keys, strict=True))
            for row in rows.to_numpy()]  # fmt: skip
    return pd.Series(told, index=rows.index, dtype=bool).reindex(below.index, fill_value=False)


def _first(below: pd.DataFrame, filled: pd.DataFrame, rows: pd.Series) -> pd.Series:
    """The first filled cell of those rows, as a text without blanks."""
    picked = below[rows].to_numpy()
    places = filled[rows].to_numpy().argmax(axis=1)
    texts = ["".join(shown_text(row[n]).split()) for row, n in zip(picked, places, strict=True)]
    return pd.Series(texts, index=below.index[rows], dtype=object)


def _totals(below: pd.DataFrame, filled: pd.DataFrame, count: pd.Series) -> pd.Series:
    """Rows that begin with «合计» and have only numbers beside it."""
    rows = pd.Series(False, index=below.index)
    for name in below.columns[:4]:
        rows |= mapped(below[name], _is_total).astype(bool)
    texts = _first(below, filled, rows)
    begin = texts.map(lambda text: bool(_TOTAL.fullmatch(text))).reindex(
        below.index, fill_value=False
    )
    others = below[begin].map(_is_figure).sum(axis=1)
    return begin & (others.reindex(below.index, fill_value=0) >= count - 1)


def _is_total(cell: Any) -> bool:
    if not isinstance(cell, str) or not _TOTAL_SIGN.search(cell):
        return False
    return bool(_TOTAL.fullmatch("".join(cell.split())))


def _is_figure(cell: Any) -> bool:
    """A number, also with its unit, or an error of its formula."""
    if not isinstance(cell, str):
        return True
    return bool(re.fullmatch(r"[\d.,%]+[人名条行元]?", cell.strip()))


def _notes(below: pd.DataFrame, filled: pd.DataFrame, count: pd.Series) -> pd.Series:
    """Rows like «制表人：…», and what is said in one cell below the table."""
    few = (count > 0) & (count <= max(3, len(below.columns) // 3))
    rows = below[few]
    said = rows.map(
        lambda cell: isinstance(cell, str) and bool(_NOTE.fullmatch("".join(cell.split())))
    )
    notes = (said | ~filled[few]).all(axis=1).reindex(below.index, fill_value=False)
    if len(below.columns) > 2:
        tail = (count > 1)[::-1].cumsum()[::-1] == 0
        texts = _first(below, filled, tail & (count == 1))
        spoken = texts.map(
            lambda text: bool(_HAN.search(text) and (_SPOKEN.search(text) or len(text) > 12))
        )
        notes |= spoken.reindex(below.index, fill_value=False).astype(bool)
    return notes.astype(bool)


# -- the answer -----------------------------------------------------------------------------------


def packed(table: Table, kind: str, encoding: str) -> bytes:
    """A line of JSON about the table, then of each column its distinct cells and which row has which.

    No pickle: whoever has taken the child over must not reach the worker. See `frames` for the reader.
    """
    parts, sizes = [], []
    for name in ["sheet", "line", "hidden", *range(len(table.heads))]:
        codes, values = pd.factorize(
            table.frame[name].to_numpy(dtype=object), use_na_sentinel=False
        )
        told = json.dumps([_plain(v) for v in values], ensure_ascii=False, separators=(",", ":"))
        data = told.encode("utf-8", "replace")
        parts += [data, codes.astype("<i4").tobytes()]
        sizes.append(len(data))
    meta = {
        "kind": kind, "encoding": encoding, "heads": table.heads, "sheets": table.sheets, "left": table.left,
        "sure": table.sure, "rows": len(table.frame), "sizes": sizes,
    }  # fmt: skip
    return json.dumps(meta).encode() + b"\n" + b"".join(parts)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
