"""Tables in HTML that are called workbooks, as older systems export them, and XML of Excel 2003. Child only.

HTML is read row by row and not by pandas.read_html: that takes a <thead> for its own headers, so that rows
lose their numbers, reads 1,000 as 1000, and does not say what is hidden. Neither parser loads or expands
anything from outside.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
from lxml import etree, html

from app.files.imports.guard import MAX_COLUMNS, Marks
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.no_rows import Grid
from app.files.imports.text_tables import decoded

MAX_CELLS = 8_000_000
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.I)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)


class FillingRows:
    """Rows that fill up as cells come, some of which reach over several rows and columns."""

    def __init__(self) -> None:
        self.rows: list[dict[int, Any]] = []
        self.marks = Marks()
        self.over: dict[tuple[int, int], Any] = {}  # cells of later rows that a block covers
        self.count = 0

    def begin(self, number: int, *, hidden: bool) -> None:
        """Row `number`, counted from 0, begins."""
        if number > 1_100_000:
            raise UnfitWorkbookError("rows", most=1_048_576)
        while len(self.rows) <= number:
            self.rows.append({})
        self.row, self.column = number, 0
        if hidden:
            self.marks.hidden.add(number + 1)

    def put(self, value: Any, down: int, across: int) -> None:
        """A cell at the next free place of the row; a block says its value in its first cell."""
        while (self.row, self.column) in self.over:
            self.over.pop((self.row, self.column))
            self.column += 1
        down, across = min(max(down, 1), 65_000), min(max(across, 1), MAX_COLUMNS)
        if value != "" and self.column < MAX_COLUMNS:
            self.rows[self.row][self.column] = value
        self.count += down * across
        if self.count > MAX_CELLS:
            raise UnfitWorkbookError("large")
        if down > 1 or across > 1:
            place = (self.row + 1, self.column, self.row + down, self.column + across - 1)
            self.marks.merged.append(place)
            for n in range(1, down):
                self.over.update({(self.row + n, self.column + m): "" for m in range(across)})
        self.column += across

    def grid(self, name: str, *, visible: bool = True) -> Grid:
        """All of it as a grid."""
        width = max((max(row, default=-1) for row in self.rows), default=-1) + 1
        rows = [[row.get(n, "") for n in range(width)] for row in self.rows]
        return Grid(name, pd.DataFrame(rows, dtype=object), self.marks, visible=visible)


# -- HTML -----------------------------------------------------------------------------------------


def html_grids(data: bytes, _most: int) -> tuple[str, Iterator[Grid]]:
    """The name of the encoding and every table of the page. All cells are texts, as they are shown."""
    if data[:4096].lstrip().lower().startswith(b"mime-version:"):
        data = _page_of_archive(data)
    text, encoding = _decoded(data)
    if re.search(r"<!\s*ENTITY", text, re.I):
        raise UnfitWorkbookError("entities")
    parser = html.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = html.document_fromstring(text.replace("\0", ""), parser=parser)
    etree.strip_elements(root, "script", "style", with_tail=False)
    for line in root.iter("br", "p", "div"):
        line.tail = " " + (line.tail or "")
    tables = [table for table in root.iter("table") if next(table.iter("tr"), None) is not None]
    if not tables:
        raise UnfitWorkbookError("no_table")
    return encoding, (_table(table) for table in tables)


def _page_of_archive(data: bytes) -> bytes:
    """Of a web archive (.mht) the pages with tables, one after the other."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages = [
        p.get_payload(decode=True) for p in message.walk() if p.get_content_type() == "text/html"
    ]
    found = [page for page in pages if isinstance(page, bytes) and b"<t" in page.lower()]
    if not found:
        raise UnfitWorkbookError("no_table")
    return b"\n".join(found)


def _decoded(data: bytes) -> tuple[str, str]:
    """By its mark or what it says; where it says nothing, or wrongly, as text tables are."""
    said = _CHARSET.search(data[:4096])
    name = said[1].decode("ascii").lower() if said else ""
    name = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}.get(name, name)
    if name and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(name), name.removesuffix("hkscs")
        except (UnicodeDecodeError, LookupError):
            pass
    return decoded(data)


def _table(table: Any) -> Grid:
    rows = FillingRows()
    mine = [tr for tr in table.iter("tr") if next(tr.iterancestors("table")) is table]
    for n, tr in enumerate(mine):
        rows.begin(n, hidden=_is_hidden(tr))
        for cell in tr.iterchildren("td", "th"):
            nested = next(cell.iter("table"), None) is not None
            said = "" if nested else " ".join(cell.text_content().replace("\xa0", " ").split())
            rows.put(said, _span(cell, "rowspan"), _span(cell, "colspan"))
    at = 0
    for column in table.iter("col"):
        count = _span(column, "span")
        if _is_hidden(column):
            rows.marks.hidden_columns.update(range(at, at + count))
        at += count
    return rows.grid("")


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_UNSEEN.search(element.get("style", "")))


def _span(element: Any, name: str) -> int:
    said = element.get(name, "1").strip()
    return min(int(said), MAX_COLUMNS * 100) if said.isdecimal() and said.isascii() else 1


# -- XML of Excel 2003 ----------------------------------------------------------------------------
