"""Readers of text tables: CSV in the encodings that occur, and dBase III files (DBF) in GBK. Pure."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Iterator

from app.bulk.guard import UnfitError
from app.core.text import plain_cell

MAX_CELL = 32_767
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: by its mark, else UTF-8, else GB18030."""
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _strict(data, name), name.removesuffix("-sig")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(data, "gb18030"), "gb18030"


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnfitError("encoding") from error


def csv_rows(text: str) -> Iterator[list[str]]:
    """The records; what our own exports put before a formula is taken off again."""
    if "\0" in text:
        raise UnfitError("kind")
    first = text.lstrip().split("\n", 1)[0]
    separator = max((",", "\t", ";"), key=first.count)
    csv.field_size_limit(MAX_CELL)
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            yield [_bare(cell) for cell in record]
    except csv.Error as error:
        raise UnfitError("broken") from error


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and plain_cell(cell[1:]) == cell else cell


_HEAD = struct.Struct("<BBBBIHH20x")
_FIELD = struct.Struct("<11sc4xBB14x")


def dbf_rows(data: bytes) -> Iterator[list[str]]:
    """The field names, then the records that are not deleted; numbers stay as they are written."""
    try:
        _version, _y, _m, _d, count, head, length = _HEAD.unpack_from(data)
        fields = _dbf_fields(data, head)
        if length != 1 + sum(size for _name, _sort, size in fields):
            raise UnfitError("broken")
        yield [name for name, _sort, _size in fields]
        for n in range(count):
            record = data[head + n * length : head + (n + 1) * length]
            if len(record) < length:
                raise UnfitError("broken")
            yield _record(record, fields) if record[:1] != b"*" else []
    except (struct.error, UnicodeDecodeError) as error:
        raise UnfitError("broken") from error


def _dbf_fields(data: bytes, head: int) -> list[tuple[str, str, int]]:
    fields, at = [], _HEAD.size
    while at + 1 < head and data[at : at + 1] not in (b"\r", b""):
        name, sort, size, _decimals = _FIELD.unpack_from(data, at)
        fields.append((name.split(b"\0")[0].decode("gb18030"), sort.decode("latin-1"), size))
        at += _FIELD.size
    if not fields or any(sort not in "CNDFL" for _name, sort, _size in fields):
        raise UnfitError("broken")
    return fields


def _record(record: bytes, fields: list[tuple[str, str, int]]) -> list[str]:
    cells, at = [], 1
    for _name, _sort, size in fields:
        cells.append(record[at : at + size].decode("gb18030").strip(" \0"))
        at += size
    return cells
