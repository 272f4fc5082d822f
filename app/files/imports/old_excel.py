"""What the reader of .xls does not say: cells in error, what is hidden, merged blocks. Pure.

A .xls is a compound file (MS-CFB) with a stream of records (MS-XLS). Runs in the child process only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from app.files.imports.guard import Marks
from app.files.imports.kinds_of_file import OLE, UnfitWorkbookError

_FREE = 0xFFFFFFFA  # sector numbers from here on mean something else
BOF, BOUND, ROW, COLUMNS, MERGED = 0x0809, 0x0085, 0x0208, 0x007D, 0x00E5
_ERROR, _FORMULA = 0x0205, 0x0006
EXCEL_97 = 0x0600
EXCEL_5 = 0x0500
_HIDDEN = 0x20


def stream_of(data: bytes) -> bytes:
    """The records of the workbook. Raises UnfitError where there are none that can be read."""
    book = _stream(data, "Workbook") or _stream(data, "Book")
    if not book:
        raise UnfitWorkbookError("broken")
    if version(book) not in (EXCEL_97, EXCEL_5):
        raise UnfitWorkbookError("old")
    return book


def version(book: bytes) -> int:
    """EXCEL_97 or EXCEL_5, which Excel 95 writes too; its texts depend on a code page."""
    return int(struct.unpack_from("<H", book, 4)[0])


def marks_of(book: bytes) -> dict[str, Marks]:
    """What each sheet says beside its values."""
    names: dict[int, str] = {}
    marks: dict[str, Marks] = {}
    sheet = Marks()
    for at, kind, body in records(book):
        if kind == BOUND:
            names[struct.unpack_from("<I", body)[0]] = _name(body)
        elif kind == BOF:
            sheet = marks.setdefault(names.get(at, ""), Marks())
        elif kind == MERGED:
            for n in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<HHHH", body, 2 + 8 * n)
                sheet.merged.append((top + 1, left, bottom + 1, right))
        else:
            note(kind, body, sheet)
    return marks


def note(kind: int, body: bytes, sheet: Marks) -> None:
    """Hidden rows and columns, cells in error; of both versions."""
    if kind == ROW and struct.unpack_from("<H", body, 12)[0] & _HIDDEN:
        sheet.hidden.add(struct.unpack_from("<H", body)[0] + 1)
    elif kind == COLUMNS and struct.unpack_from("<H", body, 8)[0] & 1:
        first, last = struct.unpack_from("<HH", body)
        sheet.hidden_columns.update(range(first, min(last, 255) + 1))
    elif _in_error(kind, body):
        row, column = struct.unpack_from("<HH", body)
        sheet.errors.add((row + 1, column))


def _in_error(kind: int, body: bytes) -> bool:
    if kind == _ERROR:
        return body[7] == 1  # 0: it is TRUE or FALSE
    return kind == _FORMULA and body[6] == 2 and body[12:14] == b"\xff\xff"


def records(book: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Place, kind and body of each record."""
    at = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield at, kind, book[at + 4 : at + 4 + size]
        at += 4 + size


def _name(body: bytes) -> str:
    length, wide = body[6], body[7] & 1
    return body[8 : 8 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


def _stream(data: bytes, wanted: str) -> bytes | None:
    """A stream of the container by its name; None where it has none."""
    if not data.startswith(OLE):
        return None
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    folder, _signature, least, small, _n, extra = struct.unpack_from("<IIIIII", data, 48)
    table = _table(data, sector, extra)
    entries = _chain(data, table, folder, sector)
    root = b""
    for at in range(0, len(entries), 128):
        entry = entries[at : at + 128]
        name = entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)].decode("utf-16-le")
        start, size = struct.unpack_from("<II", entry, 116)
        if at == 0:
            root = _chain(data, table, start, sector)
        elif name == wanted and size >= least:
            return _chain(data, table, start, sector)[:size]
        elif name == wanted:
            minor = _numbers(_chain(data, table, small, sector))
            return _chain(root, minor, start, 64, 0)[:size]
    return None


def _table(data: bytes, sector: int, extra: int) -> tuple[int, ...]:
    """Which sector follows which; its own places stand in the header and, of large files, beyond."""
    places = list(struct.unpack_from("<109I", data, 76))
    seen = 0
    while extra < _FREE and seen < len(data) // sector:
        more = _numbers(data[(extra + 1) * sector : (extra + 2) * sector])
        places += more[:-1]
        extra, seen = more[-1], seen + 1
    parts = (data[(p + 1) * sector : (p + 2) * sector] for p in places if p < _FREE)
    return _numbers(b"".join(parts))


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _chain(data: bytes, table: tuple[int, ...], at: int, size: int, head: int = 1) -> bytes:
    parts, seen = [], 0
    while at < len(table) and seen * size <= len(data):
        parts.append(data[(at + head) * size : (at + head + 1) * size])
        at, seen = table[at], seen + 1
    return b"".join(parts)
