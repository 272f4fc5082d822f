"""Turns an uploaded file into rows of cells; runs in a child process (`core.children`), never elsewhere.

A request is a line of JSON (name, known headers, largest number of rows) and the file's bytes. The
answer is K with a line of JSON about the sheet and one line of JSON a row (its number as Excel shows
it, then its cells), or X with the reason. A cell is a text, a number, ``["d", ISO date]`` or ``["e"]``.
"""

from __future__ import annotations

import gc
import io
import json
import math
import posixpath
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from defusedxml.ElementTree import fromstring
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError

from app.bulk import guard, heads, old_excel, plain
from app.bulk.guard import Marks, UnfitError

MAX_SHEETS = 50
SPARE_ROWS = 200  # notes above the headers, blank rows
Cells = list[Any]


def prepare() -> None:
    """Nothing to read once."""


def answer(request: bytes) -> bytes:
    """See the module."""
    return answered(request, _read)


def answered(request: bytes, act: Callable[[bytes, dict[str, Any]], bytes]) -> bytes:
    """What `act` makes of the file and the wish: ``K`` and its answer, or ``X`` and why not."""
    head, _, data = request.partition(b"\n")
    try:
        return b"K" + act(data, json.loads(head))
    except UnfitError as error:
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
    kind = guard.kind_of(data, wish["name"])
    known, most = frozenset(wish["known"]), wish["most"]
    if kind in ("xlsx", "xls"):
        meta, rows = _workbook(data, kind, known, most)
    else:
        meta, rows = _table(data, kind, known)
    return _packed(meta, rows, most)


def _packed(meta: dict[str, Any], rows: Iterable[tuple[int, Cells]], most: int) -> bytes:
    out = io.BytesIO()
    out.write(json.dumps(meta, ensure_ascii=False).encode() + b"\n")
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for n, (number, cells) in enumerate(rows):
        if n >= most:
            raise UnfitError("rows", most=most)
        line = dump([number, *cells])
        if (
            len(line) > plain.MAX_CELL
            and max(map(len, filter(_is_text, cells)), default=0) > plain.MAX_CELL
        ):
            raise UnfitError("cell", row=number)
        out.write(line.encode("utf-8", "replace") + b"\n")
    return out.getvalue()


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str)


def _table(
    data: bytes, kind: str, known: frozenset[str]
) -> tuple[dict[str, Any], Iterator[tuple[int, Cells]]]:
    """A file without sheets."""
    if kind == "dbf":
        rows, encoding = plain.dbf_rows(data), "gbk"
    else:
        text, encoding = plain.decoded(data)
        rows = plain.csv_rows(text)
    first = [row for _n, row in zip(range(heads.LOOKED_AT), rows, strict=False)]
    at, found = heads.best_row(first, known)
    if not _enough(found, known):
        raise UnfitError("heads")
    meta = {"sheet": "", "kind": kind, "encoding": encoding, "heads": first[at]}

    def below() -> Iterator[tuple[int, Cells]]:
        for n, row in enumerate(first[at + 1 :], at + 2):
            yield n, row
        for n, row in enumerate(rows, len(first) + 1):
            yield n, row

    return meta, _filled(below())


def _workbook(
    data: bytes, kind: str, known: frozenset[str], most: int
) -> tuple[dict[str, Any], Iterator[tuple[int, Cells]]]:
    if kind == "xlsx":
        marks = _by_sheet(data, guard.check_xlsx(data, most + SPARE_ROWS))
    else:
        guard.check_xls(data)
        marks = old_excel.looked_at(data)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheet, at = _chosen(book, known)
    name = sheet.name
    left = sheet.start[1] if sheet.start else 0
    rows = sheet.iter_rows()
    head = next(row for n, row in enumerate(rows) if n == at)
    shown = [_text_of(cell) for cell in _padded(head, left)]
    wrong = marks.get(name, Marks()).errors

    def below() -> Iterator[tuple[int, Cells]]:
        for number, row in enumerate(rows, at + 2):
            cells = [_cell(value) for value in _padded(row, left)]
            if wrong:
                for n in range(len(cells)):
                    if (number, n) in wrong:
                        cells[n] = ["e"]
            yield number, cells

    hidden = sorted(marks.get(name, Marks()).hidden)
    meta = {"sheet": name, "kind": kind, "encoding": "", "heads": shown, "hidden": hidden}
    return meta, _filled(below())


def _chosen(book: CalamineWorkbook, known: frozenset[str]) -> tuple[CalamineSheet, int]:
    """The sheet with the most known headers, hidden ones included, and the row they stand in."""
    best, where = 0, None
    for name in book.sheet_names[:MAX_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        first = [row for _n, row in zip(range(heads.LOOKED_AT), sheet.iter_rows(), strict=False)]
        at, found = heads.best_row(first, known)
        if found > best:
            best, where = found, (sheet, at)
    if where is None or not _enough(best, known):
        raise UnfitError("heads")
    return where


def _enough(found: int, known: frozenset[str]) -> bool:
    """Two headers make a header row; a table of one column has only one."""
    return found >= min(2, len(known))


def _filled(rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """The rows with anything in them, without the empty cells at their end."""
    for number, cells in rows:
        while cells and (cells[-1] == "" or (isinstance(cells[-1], str) and not cells[-1].strip())):
            cells.pop()
        if cells:
            yield number, cells


def _padded(row: Sequence[Any], left: int) -> Sequence[Any]:
    return ["" for _n in range(left)] + list(row) if left else row


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            return ["e"]
        return int(value) if value == int(value) else value
    if isinstance(value, datetime | date):
        return ["d", value.isoformat()]
    if isinstance(value, time | timedelta):
        return str(value)
    return "" if value is None else str(value)


def _text_of(value: Any) -> str:
    cell = _cell(value)
    return cell[1] if isinstance(cell, list) else str(cell)


def _by_sheet(data: bytes, marks: dict[str, Marks]) -> dict[str, Marks]:
    """The marks by the name of their sheet. Raises UnfitError where some belong to none."""
    marked = {part: mark for part, mark in marks.items() if mark.errors or mark.hidden}
    if not marked:
        return {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {part.lower(): part for part in archive.namelist()}
        links = {
            link.get("Id"): link.get("Target", "")
            for link in fromstring(archive.read(names.get("xl/_rels/workbook.xml.rels", "")))
        }
        book = fromstring(archive.read(names["xl/workbook.xml"]))
    found = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            path = part_of(sheet.attrib, links)
            found[sheet.get("name", "")] = marked.pop(path.lower(), Marks())
    if marked:
        raise UnfitError("unaddressed")
    return found


def part_of(sheet: Mapping[str, str], links: Mapping[str | None, str]) -> str:
    """The part of the archive that a <sheet> leads to.

    Its link is in another namespace in strict workbooks.
    """
    link = next((value for name, value in sheet.items() if name.endswith("}id")), "")
    target = links.get(link, "")
    path = target[1:] if target.startswith("/") else posixpath.join("xl", target)
    return posixpath.normpath(path)
