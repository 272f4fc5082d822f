"""Rows as CSV: formulas made harmless, in portions, and visibly broken where it breaks off."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter

from app.core.text import plain_cell
from app.files.exports.tables import Batch, ExportTable

UTF8, GB18030 = "utf-8", "gb18030"
# a cell that begins otherwise is no formula; blanks may hide one, an apostrophe is doubled
_SUSPECT = frozenset("=+-@＝＋－＠'\0") | frozenset(
    chr(c) for c in range(0x3001) if chr(c).isspace()
)
_INSIDE = _SUSPECT - {"\r", "\n"}  # those are no cell's where no quotes are needed
_FIRST = itemgetter(slice(1))


def portions(table: ExportTable, encoding: str, counted: list[int]) -> Iterator[bytes]:
    """The header at once, then batch by batch; `counted[0]` is how many rows have gone."""
    mark = "\ufeff" if encoding == UTF8 else ""
    yield (mark + _lines([[column.label for column in table.columns]])).encode(encoding)
    with contextlib.closing(table.rows()) as batches:
        for batch in batches:
            yield _lines(batch).encode(encoding, "backslashreplace")
            counted[0] += len(batch)


def broken_line(sentence: str, encoding: str) -> bytes:
    """What the last line of a file says that is not whole."""
    return f"\r\n\r\n*** {sentence} ***\r\n".encode(encoding, "replace")


def _lines(batch: Batch) -> str:
    """The rows as CSV; cell by cell only where one of them might be a formula or need quotes."""
    if batch and len(batch[0]) > 1:
        joined = "\r\n".join(map(",".join, batch))
        if _needs_no_quotes(joined, len(batch), len(batch[0])) and not _acts(joined):
            return joined + "\r\n"
    if not _SUSPECT.isdisjoint(map(_FIRST, chain.from_iterable(batch))):
        batch = [[plain_cell(cell) for cell in row] for row in batch]
    out = io.StringIO()
    csv.writer(out).writerows(batch)
    return out.getvalue()


def _needs_no_quotes(joined: str, rows: int, columns: int) -> bool:
    """Whether every comma and end of line is ours."""
    return (
        '"' not in joined
        and joined.count(",") == rows * (columns - 1)
        and joined.count("\n") == joined.count("\r") == rows - 1
    )


def _acts(joined: str) -> bool:
    """Whether a cell begins as a formula might, in lines without quotes; most signs occur nowhere."""
    return joined[:1] in _SUSPECT or any(
        f",{sign}" in joined or f"\n{sign}" in joined for sign in _INSIDE if sign in joined
    )
