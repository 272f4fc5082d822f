"""Looks into an official workbook and fills it; runs in a child process (`core.children`), never elsewhere.

A request is a line of JSON and the workbook's bytes; the answer is K with JSON or the filled workbook, or
X with the reason. Filling changes the wanted cells of one sheet's XML and nothing else: every other byte
of formats, validations, formulas and other sheets is copied. What is written is always text.
"""

from __future__ import annotations

import copy
import io
import json
import re
import zipfile
from itertools import islice
from typing import Any

from defusedxml.ElementTree import fromstring
from python_calamine import CalamineWorkbook

from app.files.imports import guard, headers, kinds_of_file, marks, reading, table_cells
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.plan.official.sheet_xml import spliced

MOST_DICTIONARY = 20_000  # rows of another sheet that are read for its lists
MOST_WIDE = 60
FIRST, FEWEST = 1000, 3  # before all others; headers that make a table
SPARE_ROWS = 2_000  # empty but formatted rows below the table
_CODE = re.compile(r"[0-9A-Z]{1,6}")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s/>]"""
)
_CELLS = re.compile(rb"<(?:\w+:)?sheetData[\s>]")
_BOTH = re.compile(r"([0-9A-Z]{1,6})[\s\-—:：、.．]*([^\s0-9A-Za-z].*)")
_RANGE = re.compile(r"(?:'?([^'!]+)'?!)?\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)")


def prepare() -> None:
    """Nothing to read once."""


def answer(request: bytes) -> bytes:
    """See the module."""
    return reading.answered(request, _done)


def _done(data: bytes, wish: dict[str, Any]) -> bytes:
    if kinds_of_file.kind_of(data, "a.xlsx") != "xlsx":
        raise UnfitWorkbookError("not_excel")
    guard.check_archive(data, wish["most"] + SPARE_ROWS)
    if wish["do"] == "look":
        return json.dumps(_looked(data, wish), ensure_ascii=False).encode()
    return _filled(data, wish)


def _looked(data: bytes, wish: dict[str, Any]) -> dict[str, Any]:
    """The data sheet with its headers and rows, its drop-downs, and the lists of the other sheets."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    known, numbers = frozenset(wish["known"]), frozenset(wish["numbers"])
    tables = {}
    best, name, at = 0, "", -1
    for sheet in book.sheet_names[: reading.MAX_SHEETS]:
        tables[sheet] = [
            [_text(cell) for cell in row] for row in _rows(book, sheet, wish["most"] + SPARE_ROWS)
        ]
        row, found = headers.best_row(tables[sheet], known)
        if row >= 0 and not {headers.normal(cell) for cell in tables[sheet][row]}.isdisjoint(
            numbers
        ):
            found += FIRST  # the lists of codes have headers, too, but nobody's number
        if found > best:
            best, name, at = found, sheet, row
    if best < FEWEST:
        raise UnfitWorkbookError("heads")
    table = tables[name]
    rows = [[n, cells] for n, cells in enumerate(table[at + 1 :], at + 2) if any(cells)]
    if len(rows) > wish["most"]:
        raise UnfitWorkbookError("rows", most=wish["most"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part, names = _part_of(archive, name)
        xml = archive.read(part)
    drop_downs = _drop_downs(xml)
    return {
        "sheet": name,
        "part": part,
        "head_row": at + 1,
        "heads": table[at],
        "rows": rows,
        "formulas": [
            [int(m[2]), guard.column_number(m[1].decode())] for m in _FORMULA.finditer(xml)
        ],
        "lists": _resolved(drop_downs, name, tables, names),
        "blocks": [b for other, t in tables.items() if other != name for b in _blocks(t)],
    }


def _rows(book: CalamineWorkbook, name: str, most: int) -> list[list[Any]]:
    sheet = book.get_sheet_by_name(name)
    left = [""] * (sheet.start or (0, 0))[1]  # only its rows begin at the first of the sheet
    return [left + list(row) for row in islice(sheet.iter_rows(), max(most, MOST_DICTIONARY))]


def _text(value: object) -> str:
    cell = table_cells.cell_of(value)
    if cell == table_cells.ERROR:
        return ""
    return cell[-1][:10] if isinstance(cell, tuple) else str(cell).strip()


def _part_of(archive: zipfile.ZipFile, name: str) -> tuple[str, dict[str, str]]:
    """The part of the archive that is this sheet, and the names that the workbook defines."""
    links = {
        link.get("Id"): link.get("Target", "")
        for link in fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    part, names = "", {}
    for thing in fromstring(archive.read("xl/workbook.xml")).iter():
        local = thing.tag.rpartition("}")[2]
        if local == "sheet" and thing.get("name") == name:
            part = marks.part_of(thing.attrib, links)
        if local == "definedName":
            names[thing.get("name", "")] = thing.text or ""
    return part, names


def _without_cells(xml: bytes) -> bytes:
    """A sheet's XML but for its rows: a million cells would fill the memory, and are not asked for."""
    begin, end = _CELLS.search(xml), xml.rfind(b"sheetData>")
    if begin is None or end < begin.start():
        return xml
    close = xml.rfind(b"<", 0, end)
    return xml[: begin.start()] + xml[close + xml[close:].index(b">") + 1 :]


def _drop_downs(xml: bytes) -> dict[int, str]:
    """Column → the formula of its list, in the old and the new spelling of validations."""
    found: dict[int, str] = {}
    for thing in fromstring(_without_cells(xml)).iter():
        if thing.tag.rpartition("}")[2] != "dataValidation" or thing.get("type") != "list":
            continue
        formula, places = "", thing.get("sqref", "")
        for inner in thing.iter():
            local = inner.tag.rpartition("}")[2]
            if local in ("formula1", "f") and (inner.text or "").strip():
                formula = formula or (inner.text or "").strip()
            elif local == "sqref":
                places = inner.text or ""
        for place in places.split():
            if match := re.match(r"\$?([A-Z]{1,3})\$?\d", place):
                found.setdefault(guard.column_number(match[1]), formula)
    return found


def _resolved(
    drop_downs: dict[int, str], own: str, tables: dict[str, Any], names: dict[str, str]
) -> dict[int, list[str]]:
    """Column → the texts that its drop-down offers."""
    found = {}
    for column, formula in drop_downs.items():
        if formula.startswith('"'):
            found[column] = [text.strip() for text in formula.strip('"').split(",")]
            continue
        match = _RANGE.fullmatch(names.get(formula.lstrip("="), formula.lstrip("=")))
        if match is None:
            continue
        sheet, left, top, _right, bottom = match.groups()
        place = guard.column_number(left)
        rows = tables.get(sheet or own, [])[int(top) - 1 : int(bottom)]
        found[column] = [row[place] for row in rows if place < len(row) and row[place]]
    return {column: texts for column, texts in found.items() if texts}


def _blocks(table: list[list[str]]) -> list[dict[str, str]]:
    """Lists of codes and names: two columns side by side, or one with both."""
    found: dict[tuple[int, bool], dict[str, str]] = {}
    for row in table[:MOST_DICTIONARY]:
        for n, cell in enumerate(row[:MOST_WIDE]):
            beside = row[n + 1] if n + 1 < len(row) else ""
            if _CODE.fullmatch(cell) and beside and not _CODE.fullmatch(beside):
                found.setdefault((n, False), {})[cell] = beside
            elif match := _BOTH.fullmatch(cell):
                found.setdefault((n, True), {})[match[1]] = match[2]
    return [block for block in found.values() if len(block) > 1]


def _filled(data: bytes, wish: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == wish["part"]:
                content = spliced(content, wish["cells"], wish["head_row"])
            new.writestr(copy.copy(part), content)
    return out.getvalue()
