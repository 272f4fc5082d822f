"""Rows as a workbook for reckoning: real numbers and dates, pivots with plain values, a chart (RPT-06).

Imported by the worker only, when it writes one: pandas is large. Codes, numbers of persons and phones stay
texts, no cell is a formula. Memory grows with the cells, so that there is a most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from flask_babel import gettext as _

from app.core.errors import Refused
from app.files.exports.analysis_pivots import Facts, write_pivots
from app.files.exports.tables import Batch, ExportTable, Out
from app.files.exports.xlsx_out import (
    LONGEST,
    SAFE,
    UNFIT,
    Note,
    fit,
    list_notes,
    most_analysed,
    too_long_to_analyse,
)

FORMATS = {
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "text": "@",
    "money": "#,##0",
    "number": "0",
    "share": "0.0%",
    "head": "@",
}
_READ = {"day": "%Y-%m-%d", "moment": "%Y-%m-%d %H:%M"}


def write(
    path: str, table: ExportTable, batches: Iterator[Batch], facts: Facts
) -> tuple[int, list[Note]]:
    """Write the workbook; how many rows, and what could not stand as it is. Raises Refused when too long."""
    notes: list[Note] = []
    frame = _frame(table.columns, batches, notes)
    options = {k: v for k, v in SAFE.items() if k != "constant_memory"}
    with pd.ExcelWriter(
        path,
        engine="xlsxwriter",
        date_format=FORMATS["day"],
        datetime_format=FORMATS["moment"],
        engine_kwargs={"options": options},
    ) as book:
        formats = {name: book.book.add_format({"num_format": of}) for name, of in FORMATS.items()}
        formats["head"].set_bold()
        _data(book, frame, table.columns, formats)
        write_pivots(book, frame, table.columns, facts, formats)
        if notes:
            list_notes(book.book, formats["head"], formats["text"], notes)
    return len(frame), notes


def _frame(columns: Sequence[Out], batches: Iterator[Batch], notes: list[Note]) -> pd.DataFrame:
    """The rows by column: numbers, dates and texts, numbered as the columns are. Raises Refused."""
    texts: list[list[str]] = [[] for _column in columns]
    for batch in batches:
        if len(texts[0]) + len(batch) > most_analysed(len(columns)):
            raise Refused(too_long_to_analyse(len(columns)))
        for column, cells in zip(texts, zip(*batch, strict=True), strict=True):
            column.extend(cells)
    values = [_values(cells, out, notes) for cells, out in zip(texts, columns, strict=True)]
    return pd.DataFrame(dict(enumerate(values)))


def _values(texts: list[str], column: Out, notes: list[Note]) -> pd.Series:
    """A column as what it is; a cell that is no number or date stays the text that it is."""
    cells = pd.Series(texts, dtype=object)
    if column.kind == "text":
        if UNFIT.search("".join(texts)) or max(map(len, texts), default=0) > LONGEST:
            label = column.label
            cells = pd.Series(
                [fit(t, n, label, notes) for n, t in enumerate(texts, 2)], dtype=object
            )
        return cells.mask(cells == "")
    if column.kind in _READ:
        found: Any = pd.to_datetime(cells, format=_READ[column.kind], errors="coerce")
        strange = found.isna() & (cells != "")
        found = found.dt.date if column.kind == "day" else found
    else:
        found = pd.to_numeric(cells, errors="coerce")
        strange = found.isna() & (cells != "")
    return found.astype(object).mask(strange, cells) if strange.any() else found


def _data(
    book: Any, frame: pd.DataFrame, columns: Sequence[Out], formats: Mapping[str, object]
) -> None:
    """The rows as a table that can be sorted, filtered and summed."""
    name = _("Data")
    frame.to_excel(book, sheet_name=name, startrow=1, header=False, index=False)
    page = book.sheets[name]
    heads = [{"header": label} for label in _unlike([column.label for column in columns])]
    page.add_table(
        0,
        0,
        len(frame),
        len(columns) - 1,
        {
            "columns": heads,
            "name": "Data",
            "style": "Table Style Light 9",
        },
    )
    for n, column in enumerate(columns):
        page.set_column(
            n, n, 12 if column.kind in ("number", "money", "day") else 18, formats[column.kind]
        )
    page.freeze_panes(1, 0)


def _unlike(labels: list[str]) -> list[str]:
    """A table of Excel knows headers that differ by more than their case only."""
    seen: dict[str, int] = {}
    for label in labels:
        seen[label.lower()] = seen.get(label.lower(), 0) + 1
    return [
        label if seen[label.lower()] == 1 else f"{label} ({n})" for n, label in enumerate(labels, 1)
    ]
