"""Sheets of an XML spreadsheet, each with what it hides."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from app.files.imports.guard import MAX_COLUMNS, Marks
from app.files.imports.kinds_of_file import UnfitWorkbookError
from app.files.imports.markup import FillingRows
from app.files.imports.no_rows import Grid

_NS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def xml_grids(data: bytes, _most: int) -> tuple[str, Iterator[Grid]]:
    """The sheets of an XML spreadsheet, each with what it hides."""
    try:
        return "", iter(list(_worksheets(data)))
    except DefusedXmlException as error:
        raise UnfitWorkbookError("entities") from error


def _worksheets(data: bytes) -> Iterator[Grid]:
    name, visible, rows, column = "", True, FillingRows(), 0
    for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
        tag = element.tag
        if event == "start" and tag == f"{_NS}Worksheet":
            name, visible, rows, column = element.get(f"{_NS}Name", ""), True, FillingRows(), 0
        elif event == "end" and tag == f"{_NS}Column":
            column = _column(element, column, rows.marks)
        elif event == "end" and tag == f"{_NS}Row":
            _row(element, rows)
            element.clear()
        elif (
            event == "end"
            and tag.endswith("}Visible")
            and element.text
            in (
                "SheetHidden",
                "SheetVeryHidden",
            )
        ):
            visible = False
        elif event == "end" and tag == f"{_NS}Worksheet":
            yield rows.grid(name, visible=visible)
            element.clear()


def _column(element: Any, before: int, marks: Marks) -> int:
    """How many columns are described after this one."""
    at = int(element.get(f"{_NS}Index", before + 1)) - 1
    count = int(element.get(f"{_NS}Span", 0)) + 1
    if element.get(f"{_NS}Hidden") == "1":
        marks.hidden_columns.update(range(at, at + min(count, MAX_COLUMNS)))
    return at + count


def _row(element: Any, rows: FillingRows) -> None:
    number = int(element.get(f"{_NS}Index", len(rows.rows) + 1)) - 1
    rows.begin(number, hidden=element.get(f"{_NS}Hidden") == "1")
    for cell in element.iter(f"{_NS}Cell"):
        place = cell.get(f"{_NS}Index")
        if place:
            rows.column = int(place) - 1
        down, across = (int(cell.get(f"{_NS}Merge{way}", 0)) + 1 for way in ("Down", "Across"))
        data = cell.find(f"{_NS}Data")
        if data is None and cell.get(f"{_NS}Formula"):
            rows.marks.no_value.add((number + 1, rows.column))
        rows.put("" if data is None else _value(data), down, across)
    hidden = int(element.get(f"{_NS}Span", 0))
    for n in range(1, hidden + 1):  # rows like this one that have no cells
        rows.begin(number + n, hidden=element.get(f"{_NS}Hidden") == "1")


def _value(data: Any) -> Any:
    said, sort = "".join(data.itertext()), data.get(f"{_NS}Type", "String")
    if sort == "Number":
        return float(said) if said.strip() else ""
    if sort == "DateTime":
        return datetime.fromisoformat(said)
    if sort == "Boolean":
        return said == "1"
    return ("e",) if sort == "Error" else said
