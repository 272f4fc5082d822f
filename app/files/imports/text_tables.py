"""Tables without sheets: CSV in the encodings that occur, and DBF of the usual makers. Child only."""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.files.imports.distinct import mapped
from app.files.imports.guard import MAX_COLUMNS, UnfitWorkbookError
from app.files.imports.tables import Grid

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_SEPARATORS = (",", "\t", ";", "|")
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\r?\n", re.I)
SAMPLE = 20_000  # characters by which an encoding is judged
LOOKED_AT = 50  # lines by which the separator is


# -- text -----------------------------------------------------------------------------------------


def csv_grids(data: bytes, _most: int) -> tuple[str, Iterator[Grid]]:
    """The name of the encoding and the one table; rows are numbered as Excel shows them."""
    text, encoding = decoded(data)
    if "\0" in text:
        raise UnfitWorkbookError("kind")
    said = _SEPARATOR_LINE.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text)
    width = max((line.count(separator) for line in text.splitlines()), default=0) + 1
    if width > MAX_COLUMNS * 4:
        raise UnfitWorkbookError("columns", most=MAX_COLUMNS)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            header=None,
            names=range(width),
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except pd.errors.EmptyDataError as error:
        raise UnfitWorkbookError("empty") from error
    except pd.errors.ParserError as error:
        row = re.search(r"EOF inside string starting at row (\d+)", str(error))
        raise (
            UnfitWorkbookError("quotes", row=int(row[1]) + 1)
            if row
            else UnfitWorkbookError("broken")
        ) from error
    return encoding, iter([Grid("", frame.apply(lambda column: mapped(column, _bare)))])


def _separator(text: str) -> str:
    """What stands equally often in the most lines: titles above the headers have none or another."""
    lines = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]

    def weight(sign: str) -> int:
        counts = Counter(filter(None, (line.count(sign) for line in lines)))
        return max((count * lines for count, lines in counts.items()), default=0)

    return max(_SEPARATORS, key=weight)


def _bare(cell: str) -> str:
    """What our own exports put before a formula is taken off again."""
    if not cell.startswith("'"):
        return cell
    from app.core.text import plain_cell  # brings flask, for which every workbook would wait

    return cell[1:] if plain_cell(cell[1:]) == cell else cell


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: by its mark, else UTF-8, UTF-16, GB18030, Big5."""
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _strict(data, name), name.removesuffix("-sig")
    start = data[:4096]
    zeros = [start[place::2].count(0) / max(1, len(start) // 2) for place in (0, 1)]
    if max(zeros) > 0.2 and min(zeros) < 0.1:
        return _strict(
            data[: len(data) // 2 * 2], "utf-16-" + "bl"[zeros[1] > zeros[0]] + "e"
        ), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _chinese(data)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnfitWorkbookError("encoding") from error


def _chinese(data: bytes) -> tuple[str, str]:
    """GB18030, which takes nearly all bytes, or Big5 where that gives the usual characters."""
    found = []
    for name, mine, first, last in (
        ("gb18030", "gb2312", 0xB0, 0xD7),
        ("big5", "big5", 0xA4, 0xC6),
    ):
        try:
            text = data.decode("big5hkscs" if name == "big5" else name)
        except UnicodeDecodeError:
            continue
        found.append((_usual(text[:SAMPLE], mine, first, last), name == "gb18030", text, name))
    if not found:
        raise UnfitWorkbookError("encoding")
    best = max(found, key=lambda each: each[0] + 0.2 * each[1])
    return best[2], best[3]


def _usual(text: str, encoding: str, first: int, last: int) -> float:
    """Which share of the ideographs are among the frequent ones of that encoding."""
    signs = [char for char in text if char > "\u2e7f"]
    codes = [char.encode(encoding, "ignore") for char in signs]
    # marks and full-width letters tell nothing
    han = [code for code, char in zip(codes, signs, strict=True) if "\u3400" <= char <= "\uf8ff"]
    return sum(bool(code) and first <= code[0] <= last for code in han) / max(1, len(han))


# -- DBF ------------------------------------------------------------------------------------------

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
