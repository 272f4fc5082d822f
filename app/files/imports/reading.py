"""Turns an uploaded file into one table; runs in a child process (`core.children`), never elsewhere.

A request is a line of JSON (name, known headers, largest number of rows) and the file's bytes. The
answer is K and the table as `tables.packed` writes it, or X with the reason. calamine reads workbooks,
`plain`, `markup` and `biff` the rest; see `tables` for what becomes of it.
"""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

from app.files.imports import (
    biff,
    dbf_tables,
    guard,
    kinds_of_file,
    marks,
    markup,
    old_excel,
    table_cells,
    tables,
    text_tables,
    xml_sheets,
)
from app.files.imports.guard import Marks
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import Grid

MAX_SHEETS = 50
SPARE_ROWS = 200  # notes above the headers, blank rows


def prepare() -> None:
    """Rows by the million are no garbage to look for: it is collected after each answer."""
    gc.disable()


def answer(request: bytes) -> bytes:
    """See the module."""
    return answered(request, _read)


def answered(request: bytes, act: Callable[[bytes, dict[str, Any]], bytes]) -> bytes:
    """What `act` makes of the file and the wish: ``K`` and its answer, or ``X`` and why not."""
    head, _, data = request.partition(b"\n")
    try:
        return b"K" + act(data, json.loads(head))
    except UnfitWorkbookError as error:
        return b"X" + json.dumps([error.reason, error.values]).encode()
    except PasswordError:
        return b"X" + json.dumps(["locked", {}]).encode()
    except MemoryError:
        return b"X" + json.dumps(["large", {}]).encode()
    except Exception:  # noqa: BLE001 (parsers raise whatever the bytes lead to)
        return b"X" + json.dumps(["broken", {}]).encode()
    finally:
        gc.collect()


def _read(data: bytes, wish: dict[str, Any]) -> bytes:
    kind = kinds_of_file.kind_of(data, wish["name"])
    known, most = frozenset(wish["known"]), wish["most"]
    encoding, grids = READERS[kind](data, most + SPARE_ROWS)
    table = tables.assembled(grids, known, most)
    return table_cells.packed(table, kind, encoding)


def _archive(data: bytes, most: int) -> tuple[str, Iterator[Grid]]:
    telling = guard.check_archive(data, most)
    data = guard.straightened(data)
    return "", _workbook(data, marks.of_xlsx(data, telling))


def _ods(data: bytes, most: int) -> tuple[str, Iterator[Grid]]:
    guard.check_archive(data, most)
    return "", _workbook(data, marks.of_ods(data))


def _xls(data: bytes, _most: int) -> tuple[str, Iterator[Grid]]:
    guard.check_xls(data)
    book = old_excel.stream_of(data)
    if old_excel.version(book) != old_excel.EXCEL_97:
        return biff.grids(book)
    return "", _workbook(data, old_excel.marks_of(book))


def _workbook(data: bytes, said: dict[str, Marks]) -> Iterator[Grid]:
    """The sheets that hold cells, one after the other.

    Straight from pandas's engine: its `read_excel` looks at every cell once more,
    `tables` at each distinct one.
    """
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    shown = {s.name: s.visible == SheetVisibleEnum.Visible for s in book.sheets_metadata}
    for name in book.sheet_names[:MAX_SHEETS]:
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        frame = pd.DataFrame(cells, dtype=object)
        yield Grid(name, frame, said.get(name, Marks()), visible=shown.get(name, True))


READERS: dict[str, Callable[[bytes, int], tuple[str, Iterator[Grid]]]] = {
    "xlsx": _archive,
    "ods": _ods,
    "xls": _xls,
    "html": markup.html_grids,
    "xml": xml_sheets.xml_grids,
    "dbf": dbf_tables.dbf_grids,
    "csv": text_tables.csv_grids,
}
