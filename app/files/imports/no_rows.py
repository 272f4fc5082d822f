"""Rows of a grid that are no rows of its table: headers said again, totals, notes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.files.imports import headers as heads
from app.files.imports.guard import Marks
from app.files.imports.table_cells import Cells

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
_HAN = re.compile("[㐀-鿿]")


@dataclass(eq=False)
class Grid:
    """A sheet as it stands: the row at place 0 is row 1; `marks` say what its values do not."""

    name: str
    frame: pd.DataFrame
    marks: Marks = field(default_factory=Marks)
    visible: bool = True


@dataclass(eq=False)
class FoundGrid:
    """A grid with the place of its headers."""

    grid: Grid
    cells: Cells
    filled: np.ndarray  # which cells have anything in them
    at: int
    known: int
    heads: list[str]
    rows: int  # below the headers, with anything in them


def shown_text(cell: object) -> str:
    """A cell as a header."""
    if isinstance(cell, tuple):
        return cell[1] if cell[0] == "d" else "#"
    return str(cell)


def headers_again(cells: Cells, filled: np.ndarray, found: FoundGrid) -> np.ndarray:
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


def total_rows(cells: Cells, filled: np.ndarray, count: np.ndarray) -> np.ndarray:
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


def note_rows(cells: Cells, filled: np.ndarray, count: np.ndarray) -> np.ndarray:
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
