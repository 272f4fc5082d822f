"""Rows as a dBase III file in GBK; what does not fit is listed before a file is handed out (PLN-07)."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from app.core.limits import LARGEST_IMPORT
from app.files.exports.tables import Batch, Out, dbf_names

ENCODING = "gbk"
LANGUAGE = 0x4D  # code page 936
WIDEST = 254
MOST_LISTED = 500
LARGEST = 2**31 - 1
INSTEAD = "〓"  # the printers' sign for a character that is missing

_HEAD = struct.Struct("<BBBBIHH17xBxx")
_FIELD = struct.Struct("<11sc4xBB14x")


@dataclass
class Unfit:
    """What a DBF file cannot hold: row (1 is the first below the headers), column, why."""

    count: int = 0
    listed: list[tuple[int, str, str, str]] = field(default_factory=list)  # kind, detail last

    def add(self, row: int, label: str, kind: str, detail: str) -> None:
        """One cell more."""
        self.count += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append((row, label, kind, detail))


class TooLargeError(Exception):
    """A DBF file ends at two gigabytes."""


def write(
    file: BinaryIO,
    spool: BinaryIO,
    columns: list[Out],
    batches: Iterator[Batch],
    today: date,
    *,
    narrow: bool = False,
) -> tuple[int, Unfit]:
    """Write the file: how many rows, and what does not fit. Who has not agreed to that gets no such file.

    Where all widths are given, rows are written as they come; else, or where the file is to be `narrow`
    (no column wider than its texts), they wait in `spool`, encoded.
    """
    unfit, widths = Unfit(), [column.width for column in columns]
    encoded = _encoded(columns, batches, unfit)
    if narrow or 0 in widths:
        widths = _measured(encoded, spool, widths, narrow)
        encoded = _spooled(spool)
    _header(file, columns, widths, 0, today)
    rows = _records(file, encoded, columns, widths, unfit)
    if rows * (1 + sum(widths)) > LARGEST:
        raise TooLargeError
    file.write(b"\x1a")
    file.seek(0)
    _header(file, columns, widths, rows, today)
    return rows, unfit


def _encoded(
    columns: list[Out], batches: Iterator[Batch], unfit: Unfit
) -> Iterator[list[list[bytes]]]:
    """Each cell in GBK; what GBK cannot hold becomes 〓 and is listed."""
    at = 0
    for batch in batches:
        found = []
        for row in batch:
            at += 1
            try:
                line = [cell.encode(ENCODING) for cell in row]
            except UnicodeEncodeError:
                line = [_strange(c, at, o.label, unfit) for c, o in zip(row, columns, strict=True)]
            found.append(line)
        yield found


def _strange(cell: str, row: int, label: str, unfit: Unfit) -> bytes:
    bad = []
    kept = []
    for char in cell:
        try:
            kept.append(char.encode(ENCODING))
        except UnicodeEncodeError:
            bad.append(char)
            kept.append(INSTEAD.encode(ENCODING))
    if bad:
        shown = "\ufffd" if "\ud800" <= bad[0] <= "\udfff" else "".join(dict.fromkeys(bad))[:20]
        unfit.add(row, label, "character", shown)
    return b"".join(kept)


def too_wide(columns: list[Out], rows: int | None) -> bool:
    """Whether the file would be larger than our own import takes if its columns had the widths given."""
    width = 1 + sum(column.width for column in columns)
    return all(column.width for column in columns) and (
        rows is None or rows * width > LARGEST_IMPORT
    )


def _measured(
    encoded: Iterable[list[list[bytes]]], spool: BinaryIO, given: list[int], narrow: bool
) -> list[int]:
    """The widths that the rows need, while they go into the spool; none beyond the width given."""
    most = [width or WIDEST for width in given]
    widths = [1 if narrow else width or 1 for width in given]
    for batch in encoded:
        for n, column in enumerate(zip(*batch, strict=True)):
            if narrow or not given[n]:
                widths[n] = min(most[n], max(widths[n], max(map(len, column))))
        pickle.dump(batch, spool, pickle.HIGHEST_PROTOCOL)
    spool.seek(0)
    return widths


def _spooled(spool: BinaryIO) -> Iterator[list[list[bytes]]]:
    """The rows back from our own spool, which nobody else can write."""
    while True:
        try:
            yield pickle.load(spool)  # noqa: S301
        except EOFError:
            return


def _header(file: BinaryIO, columns: list[Out], widths: list[int], rows: int, day: date) -> None:
    size = _HEAD.size + _FIELD.size * len(columns) + 1
    year = day.year - 1900
    file.write(_HEAD.pack(3, year, day.month, day.day, rows, size, 1 + sum(widths), LANGUAGE))
    for name, width in zip(dbf_names(columns), widths, strict=True):
        file.write(_FIELD.pack(name.encode("ascii"), b"C", width, 0))
    file.write(b"\r")


def _records(
    file: BinaryIO,
    encoded: Iterable[list[list[bytes]]],
    columns: list[Out],
    widths: list[int],
    unfit: Unfit,
) -> int:
    """Each row at its full width; what is too long is cut at a character, and listed."""
    at, record = 0, struct.Struct("c" + "".join(f"{width}s" for width in widths))
    pads = [b" " * width for width in widths]
    blank = b" "
    for batch in encoded:
        lines: list[Any] = []
        for row in batch:
            at += 1
            fields = [
                (c + pad)[:w] if len(c) <= w else None
                for c, pad, w in zip(row, pads, widths, strict=True)
            ]
            if None in fields:
                fields = [
                    _cut(c, at, o.label, w, unfit)
                    for c, o, w in zip(row, columns, widths, strict=True)
                ]
            lines.append(record.pack(blank, *fields))
        file.write(b"".join(lines))
    return at


def _cut(cell: bytes, row: int, label: str, width: int, unfit: Unfit) -> bytes:
    if len(cell) > width:
        unfit.add(row, label, "long", f"{len(cell)}/{width}")
        cell = cell[:width].decode(ENCODING, "ignore").encode(ENCODING)
    return cell.ljust(width)
