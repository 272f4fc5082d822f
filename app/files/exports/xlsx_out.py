"""Rows as a workbook of texts, in flat memory; what a cell cannot hold is replaced and listed, never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from app.core.errors import Refused
from app.files.exports.tables import Batch, Out

MOST_ROWS = 1_048_575
LONGEST = 32_767
MOST_NOTES = 10_000
MOST_CELLS = 1_000_000  # of an analysis workbook, which takes about 450 MB while it is written
SAFE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONE = "\ufffd"

Note = tuple[int, str, str]  # row as Excel shows it, column, what was done


def write(
    path: str, folder: str, columns: list[Out], batches: Iterator[Batch]
) -> tuple[int, list[Note]]:
    """Write the workbook; how many rows, and what could not stand as it is. Raises Refused when too long."""
    notes: list[Note] = []
    labels = [column.label for column in columns]
    with xlsxwriter.Workbook(path, {**SAFE, "tmpdir": folder}) as book:
        plain = book.add_format({"num_format": "@"})
        bold = book.add_format(
            {"num_format": "@", "bold": True, "bg_color": "#EEF2F7", "border": 1}
        )
        page = book.add_worksheet(_("Data"))
        page.set_column(0, max(len(labels) - 1, 0), 18, plain)
        page.freeze_panes(1, 0)
        for n, label in enumerate(labels):
            page.write_string(0, n, fit(label, 1, label, notes), bold)
        at = _rows(page, plain, labels, batches, notes)
        if notes:
            list_notes(book, bold, plain, notes)
    return at, notes


def _rows(
    page: Any, plain: Any, labels: list[str], batches: Iterator[Batch], notes: list[Note]
) -> int:
    put, at = page.write_string, 0
    for batch in batches:
        if at + len(batch) > MOST_ROWS:
            raise Refused(too_long())
        for row in batch:
            at += 1
            if UNFIT.search("".join(row)) or max(map(len, row), default=0) > LONGEST:
                row = [fit(c, at + 1, label, notes) for c, label in zip(row, labels, strict=True)]
            for n, cell in enumerate(row):
                if cell:
                    put(at, n, cell, plain)
    return at


def too_long() -> str:
    """Why not, and what to do."""
    return _(
        "An Excel sheet holds %(most)s rows. Choose .csv, which has no limit.",
        most=f"{MOST_ROWS:,}",
    )


def most_analysed(columns: int) -> int:
    """How many rows of so many columns an analysis workbook holds, in whole thousands."""
    return min(MOST_CELLS // max(columns, 1) // 1000 * 1000, MOST_ROWS)


def too_long_to_analyse(columns: int) -> str:
    """Why not, and what to do."""
    return _(
        "An analysis workbook of %(columns)s columns holds %(most)s rows. Narrow the list, choose fewer "
        "columns, or take the plain .xlsx or .csv.",
        columns=columns,
        most=f"{most_analysed(columns):,}",
    )


def fit(text: str, row: int, label: str, notes: list[Note]) -> str:
    """The text as a cell can hold it; what was changed is noted."""
    if UNFIT.search(text):
        signs = ", ".join(sorted({f"U+{ord(c):04X}" for c in UNFIT.findall(text)}))
        notes.append(
            (row, label, _("control characters are shown as signs: %(signs)s", signs=signs))
        )
        text = UNFIT.sub(lambda found: _sign(found[0]), text)
    if len(text) > LONGEST:
        what = _("only the first %(most)s of %(all)s characters fit", most=LONGEST, all=len(text))
        notes.append((row, label, what))
        text = text[: LONGEST - 1] + "…"
    return text


def _sign(char: str) -> str:
    """A picture of a control character; the sign of a broken character for anything else."""
    if char == "\x7f":
        return "\u2421"
    return chr(0x2400 + ord(char)) if char < " " else _LONE


def list_notes(book: Any, bold: object, plain: object, notes: list[Note]) -> None:
    """A second sheet says which cells are not as in the data."""
    page = book.add_worksheet(_("Not as in the data"))
    page.set_column(0, 0, 10)
    page.set_column(1, 2, 40)
    for n, head in enumerate((_("Row"), _("Column"), _("What"))):
        page.write_string(0, n, head, bold)
    for at, (row, label, what) in enumerate(notes[:MOST_NOTES], 1):
        page.write_number(at, 0, row)
        page.write_string(at, 1, label[:LONGEST], plain)
        page.write_string(at, 2, what, plain)
    if len(notes) > MOST_NOTES:
        page.write_string(
            MOST_NOTES + 1, 2, _("and %(count)s more", count=len(notes) - MOST_NOTES), plain
        )
