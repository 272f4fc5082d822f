"""The faulty rows back to the person: own columns, wrong cells red, the reason beside them (INV-03).

The workbook can be mended and uploaded as it is: its two further columns are ignored.
"""

from __future__ import annotations

import io
import re
from typing import Any

import xlsxwriter
from flask_babel import gettext as _
from sqlalchemy import select

from app.bulk.intake import Reading
from app.bulk.models import Import, ImportRow, RowStatus
from app.core.db import db

MOST_ROWS = 20_000
MOST_NOTES = 2_000
LONGEST = 32_767
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "in_memory": True}  # fmt: skip


def make(record: Import, reading: Reading) -> bytes | None:
    """The workbook, or None where no row is faulty."""
    wrong = dict(
        db.session.execute(
            select(ImportRow.row, ImportRow.problems)
            .where(ImportRow.import_id == record.id, ImportRow.status == RowStatus.FAULTY)
            .order_by(ImportRow.row)
            .limit(MOST_ROWS)
        )
        .tuples()
        .all()
    )
    return _book(reading, wrong) if wrong else None


def _book(reading: Reading, wrong: dict[int, Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        page = book.add_worksheet(_("Faulty rows"))
        bold = book.add_format({"bold": True, "bg_color": "#EEF2F7", "border": 1})
        plain = book.add_format({"num_format": "@"})
        red = book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        page.set_column(0, 0, 12)
        page.set_column(1, 1, 48)
        page.set_column(2, 1 + len(reading.heads), 18, plain)
        page.freeze_panes(1, 2)
        for n, head in enumerate([_("Row in your file"), _("Problem"), *reading.heads]):
            page.write_string(0, n, fit(head), bold)
        places = {column.field: place for place, column in reading.columns.items()}
        labels = {column.field: str(column.label) for column in reading.columns.values()}
        at, notes = 0, 0
        for number, cells in reading.rows():
            if number not in wrong:
                continue
            at += 1
            problems = wrong[number]
            page.write_number(at, 0, number)
            page.write_string(at, 1, fit(" ".join(_said(problems, labels))), red)
            marked = {places[field]: text for field, text in problems if field in places}
            width = max([len(cells), *(place + 1 for place in marked)])
            for n in range(width):
                cell = cells[n] if n < len(cells) else ""
                _put(page, at, n + 2, cell, red if n in marked else plain)
                if n in marked and notes < MOST_NOTES:
                    page.write_comment(at, n + 2, marked[n])
                    notes += 1
    return out.getvalue()


def _said(problems: list[list[str]], labels: dict[str, str]) -> list[str]:
    return [f"{labels.get(field, '')}：{text}".lstrip("：") for field, text in problems]


def _put(page: Any, row: int, column: int, cell: Any, style: Any) -> None:
    """As it stood there: a number stays a number, everything else is text and no formula."""
    if isinstance(cell, int | float):
        page.write_number(row, column, cell, style)
    elif isinstance(cell, list):
        page.write_string(row, column, cell[1][:10] if cell[0] == "d" else "#N/A", style)
    else:
        page.write_string(row, column, fit(cell), style)


def fit(text: str) -> str:
    """A text that a workbook can hold."""
    return _UNFIT.sub("", text)[:LONGEST]
