"""Tables of dBase: the fields, their encoding, the records."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports.distinct import mapped
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import Grid

_HEAD = struct.Struct("<BBBBIHH17xB2x")
_FIELD = struct.Struct("<11sc4xBBB13x")
_MEMO = "MGPW"
_JULIAN = date(1970, 1, 1).toordinal() - 2_440_588
_BIG5_PAGES = (0x4F, 0x78)


def dbf_grids(data: bytes, _most: int) -> tuple[str, Iterator[Grid]]:
    """The field names and the records; deleted ones are empty, numbers stay as they are written.

    dBase III and IV, FoxPro, Visual FoxPro. The code page that the header names is often wrong: UTF-8
    shows by itself, else it is GBK. A memo's text stands in another file: its cells are marked.
    """
    version, _y, _m, _d, count, head, length, page = _HEAD.unpack_from(data)
    fields = _dbf_fields(data, head)
    if not fields or length != 1 + sum(size for _name, _sort, size, _shown in fields):
        raise UnfitWorkbookError("broken")
    if head + count * length > len(data):
        raise UnfitWorkbookError("broken")
    layout = [
        ("flag", "V1"),
        *((f"f{n}", f"V{size}") for n, (_f, _s, size, _h) in enumerate(fields)),
    ]
    records = np.frombuffer(data, np.dtype(layout), count, head)
    texts = [records[f"f{n}"].tobytes() for n, field in enumerate(fields) if field[1] in "CV"]
    encoding = _dbf_encoding(b"".join([*(field[0] for field in fields), *texts]), page)
    gone = np.array([flag.tobytes() == b"*" for flag in records["flag"]], dtype=bool)
    columns: dict[int, pd.Series] = {}
    for n, (name, sort, size, shown) in enumerate(fields):
        if not shown:
            continue
        read = _dbf_reader(sort, size, version, encoding)
        raw = pd.Series([value.tobytes() for value in records[f"f{n}"]], dtype=object)
        cells = mapped(raw, read) if count else raw
        cells[gone] = ""
        first = pd.Series([_text(name, encoding)], dtype=object)
        columns[len(columns)] = pd.concat([first, cells], ignore_index=True)
    return encoding, iter([Grid("", pd.DataFrame(columns, dtype=object))])


def _dbf_fields(data: bytes, head: int) -> list[tuple[bytes, str, int, bool]]:
    """Name, type, size and whether it is shown of each field. Raises UnfitError on a type that is none."""
    fields, at = [], 32
    while at + 1 < head and data[at : at + 1] not in (b"\r", b""):
        name, sort, size, more, flags = _FIELD.unpack_from(data, at)
        kind = sort.decode("latin-1")
        if kind not in "CNFDLITBY@O+0VQ" + _MEMO:
            raise UnfitWorkbookError("broken")
        if (
            kind == "C" and more and size + 256 * more < 4096 and at
        ):  # long texts of Clipper and FoxPro
            size += 256 * more
        fields.append((name.split(b"\0")[0], kind, size, kind != "0" and not flags & 1))
        at += _FIELD.size
    return fields


def _dbf_encoding(texts: bytes, page: int) -> str:
    if page in _BIG5_PAGES:
        return "big5"
    high = sum(byte > 0x7F for byte in texts)
    good = sum(
        len(pair) for pair in re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", texts) if _is_utf8(pair)
    )
    return "utf-8" if high and good >= high * 0.9 else "gbk"


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(value: bytes, encoding: str) -> str:
    """A text; what cannot be read is marked, and refused with its cell."""
    return value.decode("gb18030" if encoding == "gbk" else encoding, "replace").strip(" \0")


def _dbf_reader(sort: str, size: int, version: int, encoding: str) -> Callable[[bytes], Any]:
    if sort in _MEMO or (sort == "B" and version not in (0x30, 0x31, 0x32)):
        return lambda value: ("e", "m") if value.strip(b" 0\0") else ""
    if sort in "I+" and size == 4:
        return lambda value: struct.unpack("<i", value)[0]
    if sort in "BO" and size == 8:
        return lambda value: struct.unpack("<d", value)[0]
    if sort == "Y" and size == 8:
        return lambda value: struct.unpack("<q", value)[0] / 10_000
    if sort in "T@" and size == 8:
        return _moment
    return lambda value: _text(value, encoding)


def _moment(value: bytes) -> Any:
    day, _milliseconds = struct.unpack("<ii", value)
    if not value.strip(b" \0"):
        return ""
    ordinal = day + _JULIAN
    return date.min + timedelta(days=ordinal - 1) if 0 < ordinal < 3_650_000 else str(day)
