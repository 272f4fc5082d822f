"""The faulty rows back to the person: own columns, wrong cells red, the reason beside them (INV-03).

The workbook can be mended and uploaded as it is: its two further columns are ignored. What was decided of the
values of this file stands in it: the next file is not asked about it again.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import xlsxwriter
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.files.imports.columns import Column
from app.files.imports.intake import FileReading
from app.files.imports.mapping import shown
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow, RowStatus

if TYPE_CHECKING:
    from app.files.imports.checking import Findings

MOST_ROWS = 20_000
MOST_NOTES = 2_000
LONGEST = 32_767
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


def make(record: Import, reading: FileReading, findings: Findings) -> bytes | None:
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
    decided = record.details.get("decided", {}).get("values", {})
    return (
        _book(_decided(reading, findings, decided, list(wrong)), findings.columns, wrong)
        if wrong
        else None
    )


def _decided(
    reading: FileReading, findings: Findings, values: dict[str, dict[str, str]], rows: list[int]
) -> FileReading:
    """The rows, with the cells of which the person has said what they mean as they are read now."""
    frame = reading.frame.iloc[[row - 1 for row in rows]].set_axis(rows)
    for place, column in findings.columns.items():
        said = values.get(column.field, {})
        read = frame[place].map(lambda cell, said=said: shown(cell) in said).astype(bool)
        if read.any():
            frame[place] = frame[place].mask(read, findings.cells[column.field].loc[rows])
    return replace(reading, frame=frame)


def _book(reading: FileReading, columns: dict[int, Column], wrong: dict[int, Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        page = book.add_worksheet(_("Faulty rows"))
        bold = book.add_format({"bold": True, "bg_color": "#EEF2F7", "border": 1})
        plain = book.add_format({"num_format": "@"})
        red = book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        own = [_("Row in your file"), _("Problem")]
        own[:0] = [_("Sheet in your file")] if len(reading.sheets) > 1 else []
        page.set_column(0, len(own) - 2, 12)
        page.set_column(len(own) - 1, len(own) - 1, 48)
        page.set_column(len(own), len(own) - 1 + len(reading.heads), 18, plain)
        page.freeze_panes(1, len(own))
        for n, head in enumerate([*own, *reading.heads]):
            page.write_string(0, n, fit(head), bold)
        labels = {column.field: str(column.label) for column in columns.values()}
        frame, notes = reading.frame, MOST_NOTES
        lines = zip(frame["sheet"], frame["line"], wrong.values(), strict=True)
        for at, (sheet, line, problems) in enumerate(lines, 1):
            if len(own) > 2:
                page.write_string(at, 0, fit(reading.sheets[sheet]), plain)
            page.write_number(at, len(own) - 2, line)
            page.write_string(at, len(own) - 1, fit(" ".join(_said(problems, labels))), red)
            told = {field: text for field, text in problems}  # noqa: C416
            for n in range(len(reading.heads)):
                said = told.get(columns[n].field) if n in columns else None
                _put(page, at, n + len(own), frame[n].iat[at - 1], red if said else plain)
                if said and notes > 0:
                    page.write_comment(at, n + len(own), said)
                    notes -= 1
    return out.getvalue()


def _said(problems: list[list[str]], labels: dict[str, str]) -> list[str]:
    return [f"{labels.get(field, '')}：{text}".lstrip("：") for field, text in problems]


def _put(page: Any, row: int, column: int, cell: Any, style: Any) -> None:
    """As it stood there: a number stays a number, everything else is text and no formula."""
    if isinstance(cell, int | float):
        page.write_number(row, column, cell, style)
    elif isinstance(cell, tuple):
        page.write_string(row, column, cell[1][:10] if cell[0] == "d" else "#N/A", style)
    else:
        page.write_string(row, column, fit(cell), style)


def fit(text: str) -> str:
    """A text that a workbook can hold."""
    return _UNFIT.sub("", text)[:LONGEST]
