"""Rows as CSV: formulas made harmless, in portions, and visibly broken where it breaks off."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from app.core.text import plain_cell
from app.exports.tables import Batch, Table

UTF8, GB18030 = "utf-8", "gb18030"
# a cell that begins otherwise is no formula; blanks may hide one, an apostrophe is doubled
_SUSPECT = frozenset("=+-@＝＋－＠'\t\r\n\0 \v\f\x1c\x1d\x1e\x1f\x85\xa0\u3000") | frozenset(
    chr(c) for c in (0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F)
)


def portions(table: Table, encoding: str, counted: list[int]) -> Iterator[bytes]:
    """The header at once, then batch by batch; `counted[0]` is how many rows have gone."""
    mark = "\ufeff" if encoding == UTF8 else ""
    yield (mark + _lines([[column.label for column in table.columns]])).encode(encoding)
    for batch in table.rows():
        yield _lines(batch).encode(encoding, "backslashreplace")
        counted[0] += len(batch)


def broken_line(sentence: str, encoding: str) -> bytes:
    """What the last line of a file says that is not whole."""
    return f"\r\n\r\n*** {sentence} ***\r\n".encode(encoding, "replace")


def _lines(batch: Batch) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(
        [plain_cell(c) if c[:1] in _SUSPECT else c for c in row] for row in batch
    )
    return out.getvalue()
