"""What the sheets of a workbook say beside their values: errors, hidden rows, merged blocks. Child only.

calamine gives an error, or a formula that nobody has calculated, as an empty cell, and says nothing of what
is hidden. A part of the archive is walked through only where its bytes may hold such a thing.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

from defusedxml.ElementTree import fromstring

from app.files.imports.guard import WALKED, Marks, column_number
from app.files.imports.kinds_of_file import UnfitWorkbookError

_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^>]{0,100}?\bref\s*=\s*["']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})["']"""
)
_COLUMN = re.compile(
    rb"""<(?:\w+:)?col\b[^>]{0,400}\bhidden\s*=\s*["'](?:1|true)["'][^>]{0,400}>"""
)
_SPAN = re.compile(rb"""\b(min|max)\s*=\s*["'](\d{1,5})["']""")
_CALCULATED_LATER = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_YES = ("1", "true")


def of_xlsx(data: bytes, telling: set[str]) -> dict[str, Marks]:
    """The marks by the name of their sheet; only the `telling` parts are read.

    Raises UnfitError where a sheet is not where it should be.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part.lower(): part for part in archive.namelist()}
        links = {
            link.get("Id"): link.get("Target", "")
            for link in fromstring(archive.read(parts.get("xl/_rels/workbook.xml.rels", "")))
        }
        book = archive.read(parts["xl/workbook.xml"])
        later = _CALCULATED_LATER.search(book) is not None
        found = {}
        for sheet in fromstring(book).iter():
            if sheet.tag.rpartition("}")[2] == "sheet":
                part = parts.get(part_of(sheet.attrib, links).lower())
                if part is None:
                    raise UnfitWorkbookError("broken")
                if part.lower() in telling:
                    found[sheet.get("name", "")] = _of_sheet(archive.read(part), later=later)
    return found


def part_of(sheet: Mapping[str, str], links: Mapping[str | None, str]) -> str:
    """The part of the archive that a <sheet> leads to.

    Its link is in another namespace in strict workbooks.
    """
    link = next((value for name, value in sheet.items() if name.endswith("}id")), "")
    target = links.get(link, "")
    path = target[1:] if target.startswith("/") else posixpath.join("xl", target)
    return posixpath.normpath(path)


def _of_sheet(xml: bytes, *, later: bool) -> Marks:
    marks = Marks()
    if any(sign in xml for sign in WALKED):
        _Walk(marks, later=later).run(xml)
    for left, top, right, bottom in _MERGED.findall(xml):
        marks.merged.append(
            (int(top), column_number(left.decode()), int(bottom), column_number(right.decode()))
        )
    for tag in _COLUMN.findall(xml):
        span = {name: int(n) for name, n in _SPAN.findall(tag)}
        first, last = span.get(b"min", 1), span.get(b"max", 0)
        marks.hidden_columns.update(range(first - 1, min(last, first + 1000)))
    return marks


class _Walk:
    """One pass over a sheet's XML; cells and rows without an address stand after the one before."""

    def __init__(self, marks: Marks, *, later: bool) -> None:
        """`later`: the workbook is calculated when it is opened, a stored zero is no value."""
        self.marks, self.later = marks, later
        self.row, self.column = 0, -1
        self.sort, self.text = "", ""
        self.formula = self.inside = False

    def run(self, xml: bytes) -> None:
        """Read it all."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._said
        parser.Parse(xml, True)

    def _start(self, name: str, more: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._cell(more)
        elif name == "row":
            self.row, self.column = int(more.get("r", self.row + 1)), -1
            if more.get("hidden") in _YES:
                self.marks.hidden.add(self.row)
        elif name == "f":
            self.formula = True
        elif name == "v":
            self.inside = True

    def _cell(self, more: dict[str, str]) -> None:
        address = _ADDRESS.fullmatch(more.get("r", ""))
        self.column = column_number(address[1]) if address else self.column + 1
        self.sort, self.text, self.formula = more.get("t", "n"), "", False
        if self.sort == "e":
            self.marks.errors.add((self.row, self.column))

    def _said(self, text: str) -> None:
        if self.inside:
            self.text += text

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "v":
            self.inside = False
        elif name == "c" and self.formula and self.sort in ("n", "s", "b"):
            said = self.text.strip()
            if not said or (self.later and said == "0"):
                self.marks.no_value.add((self.row, self.column))


def of_ods(data: bytes) -> dict[str, Marks]:
    """The same of an OpenDocument spreadsheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("content.xml")
    walk = _Ods()
    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    parser.Parse(xml, True)
    return walk.found


class _Ods:
    """One pass over content.xml."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.found: dict[str, Marks] = {}
        self.marks = Marks()
        self.row = self.column = self.rows = self.columns = 0

    def start(self, name: str, more: dict[str, str]) -> None:
        """An element begins."""
        if name == "table:table":
            self.marks = self.found.setdefault(more.get("table:name", ""), Marks())
            self.row = self.rows = self.columns = 0
        elif name == "table:table-column":
            count = _count(more, "columns")
            if more.get("table:visibility", "visible") != "visible":
                self.marks.hidden_columns.update(
                    range(self.columns, self.columns + min(count, 1000))
                )
            self.columns += count
        elif name == "table:table-row":
            self.row, self.column = self.row + self.rows, 0
            self.rows = _count(more, "rows")
            if more.get("table:visibility", "visible") != "visible":
                self.marks.hidden.update(
                    range(self.row + 1, self.row + 1 + min(self.rows, 200_000))
                )
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell(more)

    def _cell(self, more: dict[str, str]) -> None:
        count = _count(more, "columns")
        places = [(self.row + 1, self.column + n) for n in range(min(count, 1000))]
        if more.get("calcext:value-type") == "error":
            self.marks.errors.update(places)
        elif "table:formula" in more and "office:value-type" not in more:
            self.marks.no_value.update(places)
        down = int(more.get("table:number-rows-spanned", 1))
        across = int(more.get("table:number-columns-spanned", 1))
        if down > 1 or across > 1:
            self.marks.merged.append(
                (self.row + 1, self.column, self.row + down, self.column + across - 1)
            )
        self.column += count


def _count(more: dict[str, str], of: str) -> int:
    return int(more.get(f"table:number-{of}-repeated", 1))
