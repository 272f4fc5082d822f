"""What kind of file it is, by its bytes; what no reader of ours takes is refused."""

from __future__ import annotations

import io
import re
import zipfile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"


OLDEST = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")  # Excel 2, 3, 4


class UnfitWorkbookError(Exception):
    """The file is refused for that reason; `values` fill its sentence."""

    def __init__(self, reason: str, **values: object) -> None:
        """Keep the key of the reason."""
        super().__init__(reason)
        self.reason, self.values = reason, values


def kind_of(data: bytes, name: str) -> str:
    """``xlsx``, ``ods``, ``xls``, ``dbf``, ``html``, ``xml`` or ``csv`` by the content, whatever its name."""
    if not data.strip():
        raise UnfitWorkbookError("empty")
    if data.startswith(ZIP):
        return _kind_of_archive(data)
    if data.startswith((OLE, *OLDEST)):
        return "xls"
    if data[:1] in DBF and name.lower().endswith(".dbf"):
        return "dbf"
    if data[:4096].lstrip().lower().startswith(b"mime-version:"):
        return "html"
    start = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start[:1] == b"<":
        return _kind_of_markup(start.lower())
    if data.startswith(_OTHERS):
        raise UnfitWorkbookError("kind")
    return "csv"


DBF = b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb"
_OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"MZ",
    b"Rar!",
    b"7z\xbc\xaf",
    b"GIF8",
    b"\x1f\x8b",
    b"{\\rtf",
)
_PARTS = (  # a part of the archive → the kind, or why it is refused
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "!binary"),
    ("content.xml", "ods"),
    ("word/document.xml", "!kind"),
    ("ppt/presentation.xml", "!kind"),
)


def _kind_of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.lower().replace("\\", "/").lstrip("/") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise UnfitWorkbookError("broken") from error
    for part, kind in _PARTS:
        if part in names:
            if kind[0] == "!":
                raise UnfitWorkbookError(kind[1:])
            return kind
    if any(name.endswith((".xlsx", ".xls", ".csv", ".dbf", ".et")) for name in names):
        raise UnfitWorkbookError("archive")
    raise UnfitWorkbookError("not_excel")


def _kind_of_markup(start: bytes) -> str:
    sheet = b"urn:schemas-microsoft-com:office:spreadsheet" in start or b"excel.sheet" in start
    if sheet and b"<html" not in start:
        return "xml"
    if re.search(rb"<(?:!doctype html|html|table|head|meta|style|body|div|tr)", start):
        return "html"
    raise UnfitWorkbookError("markup")
