"""What is looked at before a workbook is parsed; pure, and run in the child process (BLK-05).

A first filter against bombs and active content; the child's limits are the wall behind it. Reasons are
keys of `intake.REASONS`.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from app.files.imports.kinds_of_file import OLDEST, UnfitWorkbookError

MAX_PARTS = 2000
MAX_UNPACKED = 200 << 20
MAX_COLUMNS = 702  # ZZ
UNREAD = "customxml/"  # queries and add-ins keep their own there; Excel writes the former in UTF-16
CHUNK = 1 << 20
OVERLAP = 512  # longer than a cell's opening tag

_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# hidden rows and columns, cells in error, formulas, merged blocks
WALKED = (b"hidden", b'"e"', b"'e'", b"<f", b":f>", b":f ")
TELLING = (*WALKED, b"mergeCell")
_SHEET_PART = re.compile(r"xl[/\\]worksheets[/\\][^/\\]+\.xml", re.I)
_ACTIVE = (
    ("vbaproject.bin", "macros"),
    ("xl/macrosheets/", "macros"),
    ("xl/externallinks/", "links"),
    ("xl/embeddings/", "objects"),
    ("xl/activex/", "objects"),
)


@dataclass
class Marks:
    """What a sheet says beside its values. Rows count from 1, columns from 0.

    Cells in error, cells whose formula has no stored value, hidden rows and columns, merged blocks
    (first row, first column, last row, last column).
    """

    errors: set[tuple[int, int]] = field(default_factory=set)
    no_value: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def check_xls(data: bytes) -> None:
    """The old format: neither locked nor with macros, nor so old that its texts depend on a code page."""
    if data.startswith(OLDEST):
        raise UnfitWorkbookError("old")
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise UnfitWorkbookError("locked")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise UnfitWorkbookError("macros")


def check_archive(data: bytes, most_rows: int) -> set[str]:
    """Refuse what is no harmless .xlsx or .ods. Every part is really unpacked and counted.

    Gives the sheets (in small letters) whose bytes may say something beside their values; see `marks`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_names(archive.infolist())
            return _scan(archive, most_rows)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise UnfitWorkbookError("broken") from error


def straightened(data: bytes) -> bytes:
    """The archive with / in the names of its parts, where a program of Windows has written a backslash."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        if not any("\\" in name for name in old.namelist()):
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            for part in old.infolist():
                new.writestr(part.filename.replace("\\", "/"), old.read(part))
        return out.getvalue()


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.lower().replace("\\", "/") for part in parts}
    if len(parts) > MAX_PARTS or len(names) != len(parts):
        raise UnfitWorkbookError("broken")
    for part in parts:
        if part.flag_bits & 1:
            raise UnfitWorkbookError("locked")
        if part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename):
            raise UnfitWorkbookError("broken")
    for fragment, reason in _ACTIVE:
        if any(fragment in name for name in names):
            raise UnfitWorkbookError(reason)


def _scan(archive: zipfile.ZipFile, most_rows: int) -> set[str]:
    left, telling = MAX_UNPACKED, set()
    near, far = _addresses(most_rows)
    for part in archive.infolist():
        is_sheet = _SHEET_PART.fullmatch(part.filename) is not None
        for piece, fresh in _pieces(archive, part):
            left -= fresh
            if left < 0:
                raise UnfitWorkbookError("unpacked", size=MAX_UNPACKED >> 20)
            if _DECLARED.search(piece) and not part.filename.startswith("META-INF/"):
                raise UnfitWorkbookError("entities")
            if is_sheet:
                if not _all_near(piece, near):
                    _check_far(piece, far, most_rows)
                name = part.filename.lower().replace("\\", "/")
                if name not in telling and any(_has(piece, sign) for sign in TELLING):
                    telling.add(name)
    return telling


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """The unpacked part in pieces that overlap, each with how many bytes of it are new."""
    tail = b""
    with archive.open(part) as stream:
        first, wide = True, False
        while chunk := stream.read(CHUNK):
            wide = wide or (first and chunk.startswith(_WIDE))
            if wide and not part.filename.lower().startswith(UNREAD):
                raise UnfitWorkbookError("broken")  # an XML part that hides in UTF-16
            first, size = False, len(chunk)
            if wide:  # its declarations are found all the same
                chunk = chunk.replace(b"\0", b"")
            yield tail + chunk, size
            tail = chunk[-OVERLAP:]


def _has(piece: bytes, sign: bytes) -> bool:
    """Whether the bytes hold that sign; one of two or three is found faster column by column."""
    if len(sign) > 3:
        return sign in piece
    signs = np.frombuffer(piece, np.uint8)
    found = signs[: max(0, len(signs) - len(sign) + 1)] == sign[0]
    for n in range(1, len(sign)):
        found &= signs[n : n + len(found)] == sign[n]
    return bool(found.any())


def _addresses(most_rows: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """An address, written as programs do, that is not near; cells at the far end, however written.

    Of an address that is spelled by entities nobody knows where it is.
    """
    digits = len(str(most_rows))
    return re.compile(rb' r="(?![A-Za-z]{0,2}\d{0,%d}(?:"|\Z))' % (digits - 1)), re.compile(
        rb"""\sr\s*=\s*["']([A-Za-z]{3,}\d*|[A-Za-z]{0,2}\d{%d,}|[^"'<>]{0,40}&)""" % digits
    )


def _all_near(piece: bytes, near: re.Pattern[bytes]) -> bool:
    """Whether all addresses are written as programs do and none is far: then none needs a closer look."""
    signs = np.frombuffer(piece, np.uint8)
    at = np.flatnonzero((signs[:-3] <= ord(" ")) & (signs[1:-2] == ord("r")))
    usual = (signs[at] == ord(" ")) & (signs[at + 2] == ord("=")) & (signs[at + 3] == ord('"'))
    return bool(usual.all()) and near.search(piece) is None


def _check_far(piece: bytes, far: re.Pattern[bytes], most_rows: int) -> None:
    for match in far.finditer(piece):
        letters = match[1].rstrip(b"0123456789&")
        digits = match[1][len(letters) :]
        if b"&" in match[1]:
            raise UnfitWorkbookError("broken")
        if digits and int(digits) > most_rows:
            raise UnfitWorkbookError("rows", most=most_rows)
        if len(letters) > 2:
            raise UnfitWorkbookError("columns", most=MAX_COLUMNS)


def column_number(letters: str) -> int:
    """A → 0, B → 1, AA → 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
