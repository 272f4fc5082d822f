"""Workbooks of Excel 5 and 95 (BIFF5), by their code page: calamine reads their Chinese as rubbish.

Old FoxPro and Delphi systems still write them. Without a code page it is 936, the one of such systems.
Source: MS-XLS and OpenOffice.org's documentation of the Excel file format. Child only.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from app.files.imports import old_excel
from app.files.imports.guard import MAX_COLUMNS, Marks
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import Grid

_CODE_PAGE, _DATES, _FORMAT, _XF, _LOCKED = 0x0042, 0x0022, 0x041E, 0x00E0, 0x002F
_LABEL, _RICH, _NUMBER, _RK, _MANY_RK = 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD
_TRUTH, _FORMULA, _STRING = 0x0205, 0x0006, 0x0207
_DAYS = frozenset(
    (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))
)  # built-in formats
_DAY_SIGNS = re.compile(r"[ymdh年月日]", re.I)
_UNSAID = re.compile(r'"[^"]*"|\\.|\[[^]]*]')
_PAGES = {
    936: "gb18030",
    950: "big5hkscs",
    65001: "utf-8",
    1200: "utf-16-le",
    932: "cp932",
    949: "cp949",
}


class _Book:
    """What the records say so far."""

    def __init__(self) -> None:
        self.encoding = "gb18030"
        self.first = datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet knows no zone)
        self.names: dict[int, tuple[str, bool]] = {}
        self.days: set[int] = set(_DAYS)  # formats that show days
        self.formats: list[int] = []  # of each cell style
        self.sheets: list[tuple[str, bool, dict[tuple[int, int], Any], Marks]] = []
        self.waiting: tuple[int, int] | None = None  # the cell whose formula gave the next text

    def text(self, body: bytes, at: int, length: int) -> str:
        """A text of that many bytes; what cannot be read is marked, and refused with its cell."""
        return body[at : at + length].decode(self.encoding, "replace")

    def put(self, row: int, column: int, value: Any) -> None:
        """Keep the value of a cell."""
        if column < MAX_COLUMNS and self.sheets:
            self.sheets[-1][2][row, column] = value

    def number(self, row: int, column: int, style: int, value: float) -> None:
        """A number, or a day where its format shows one."""
        form = self.formats[style] if style < len(self.formats) else 0
        is_day = form in self.days and 0 < value < 2_958_466
        self.put(row, column, self.first + timedelta(days=value) if is_day else value)


def grids(book: bytes) -> tuple[str, Iterator[Grid]]:
    """The name of the encoding and the sheets."""
    read = _Book()
    for at, kind, body in old_excel.records(book):
        act = _ACTS.get(kind)
        if act is not None:
            act(read, body, at)
        elif kind == _LOCKED:
            raise UnfitWorkbookError("locked")
        if read.sheets:
            old_excel.note(kind, body, read.sheets[-1][3])
    return read.encoding, (_grid(*sheet) for sheet in read.sheets if sheet[2])


def _grid(name: str, visible: bool, cells: dict[tuple[int, int], Any], marks: Marks) -> Grid:
    height, width = (max(place[n] for place in cells) + 1 for n in range(2))
    rows: list[list[Any]] = [[""] * width for _n in range(height)]
    for (row, column), value in cells.items():
        rows[row][column] = value
    return Grid(name, pd.DataFrame(rows, dtype=object), marks, visible=visible)


def _page(read: _Book, body: bytes, _at: int) -> None:
    page = struct.unpack_from("<H", body)[0]
    read.encoding = _PAGES.get(page, f"cp{page}")
    try:
        b"".decode(read.encoding)
    except LookupError:
        read.encoding = "gb18030"


def _dates(read: _Book, body: bytes, _at: int) -> None:
    if struct.unpack_from("<H", body)[0]:
        read.first = datetime(1904, 1, 1)  # noqa: DTZ001


def _format(read: _Book, body: bytes, _at: int) -> None:
    shown = _UNSAID.sub("", read.text(body, 3, body[2]))
    if _DAY_SIGNS.search(shown):
        read.days.add(struct.unpack_from("<H", body)[0])


def _style(read: _Book, body: bytes, _at: int) -> None:
    read.formats.append(struct.unpack_from("<H", body, 2)[0])


def _bound(read: _Book, body: bytes, _at: int) -> None:
    place, state = struct.unpack_from("<IB", body)
    read.names[place] = read.text(body, 7, body[6]), not state & 3


def _begin(read: _Book, _body: bytes, at: int) -> None:
    if at in read.names:
        read.sheets.append((*read.names[at], {}, Marks()))


def _label(read: _Book, body: bytes, _at: int) -> None:
    row, column, _style, length = struct.unpack_from("<HHHH", body)
    read.put(row, column, read.text(body, 8, length))


def _plain(read: _Book, body: bytes, _at: int) -> None:
    read.number(*struct.unpack_from("<HHHd", body))


def _rk(read: _Book, body: bytes, _at: int) -> None:
    row, column, style, bits = struct.unpack_from("<HHHI", body)
    read.number(row, column, style, _unpacked(bits))


def _many(read: _Book, body: bytes, _at: int) -> None:
    row, first = struct.unpack_from("<HH", body)
    for n in range((len(body) - 6) // 6):
        style, bits = struct.unpack_from("<HI", body, 4 + 6 * n)
        read.number(row, first + n, style, _unpacked(bits))


def _unpacked(bits: int) -> float:
    """A number of four bytes."""
    if bits & 2:
        value = float((bits - (1 << 32) if bits >> 31 else bits) >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<II", 0, bits & ~3))[0]
    return value / 100 if bits & 1 else value


def _truth(read: _Book, body: bytes, _at: int) -> None:
    row, column, _style, value, wrong = struct.unpack_from("<HHHBB", body)
    read.put(row, column, "#N/A" if wrong else bool(value))


def _formula(read: _Book, body: bytes, _at: int) -> None:
    row, column, style = struct.unpack_from("<HHH", body)
    if body[12:14] != b"\xff\xff":
        read.number(row, column, style, struct.unpack_from("<d", body, 6)[0])
    elif body[6] == 0:
        read.waiting = row, column
    elif body[6] == 1:
        read.put(row, column, bool(body[8]))


def _string(read: _Book, body: bytes, _at: int) -> None:
    if read.waiting:
        read.put(*read.waiting, read.text(body, 2, struct.unpack_from("<H", body)[0]))
        read.waiting = None


_ACTS = {
    _CODE_PAGE: _page,
    _DATES: _dates,
    _FORMAT: _format,
    _XF: _style,
    old_excel.BOUND: _bound,
    old_excel.BOF: _begin,
    _LABEL: _label,
    _RICH: _label,
    _NUMBER: _plain,
    _RK: _rk,
    _MANY_RK: _many,
    _TRUTH: _truth,
    _FORMULA: _formula,
    _STRING: _string,
}
