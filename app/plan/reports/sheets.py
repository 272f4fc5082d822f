"""A report as a file: .csv or .xlsx, texts only, what looks like a formula made harmless (PLN-07)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from app.core.text import plain_cell
from app.plan.reports.detail import FigureTable

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def as_csv(tables: Sequence[FigureTable], notes: Sequence[tuple[str, str]]) -> bytes:
    """UTF-8 with mark; the tables one below the other, the formula last."""
    out = io.StringIO()
    writer = csv.writer(out)
    for table in tables:
        writer.writerow([plain_cell(table.title)])
        writer.writerows([plain_cell(text) for text in line] for line in table.lines())
        writer.writerow([])
    writer.writerows([plain_cell(text) for text in note] for note in notes)
    return ("\ufeff" + out.getvalue()).encode()


def as_xlsx(tables: Sequence[FigureTable], notes: Sequence[tuple[str, str]]) -> bytes:
    """One sheet a table; figures are numbers, everything else is text."""
    out = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, safe) as book:
        bold = book.add_format({"bold": True})
        for n, table in enumerate(tables, 1):
            sheet = book.add_worksheet(f"{n}")
            sheet.set_column(0, 0, 28)
            sheet.set_column(1, 40, 12)
            sheet.write_string(0, 0, plain_cell(table.title), bold)
            lines = table.lines()
            for y, line in enumerate(lines, 2):
                for x, text in enumerate(line):
                    if y > 2 and x and _is_number(text):
                        sheet.write_number(y, x, float(text))
                    else:
                        sheet.write_string(y, x, plain_cell(text), bold if y == 2 else None)
            for y, note in enumerate(notes, len(lines) + 4):
                for x, text in enumerate(note):
                    sheet.write_string(y, x, plain_cell(text))
    return out.getvalue()


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and text.isascii()


MAKERS = {"csv": as_csv, "xlsx": as_xlsx}
