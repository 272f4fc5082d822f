"""Tables without sheets: CSV in the encodings that occur, and DBF of the usual makers. Child only."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from app.files.imports.distinct import mapped
from app.files.imports.guard import MAX_COLUMNS
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import Grid

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
