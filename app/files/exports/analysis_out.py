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
from app.files.exports.pivoting import COUNT, crossed, measured, medians, named
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

WIDEST = 30  # groups that stand beside each other; of more there is a line each only
LONGEST_TABLE = 500  # groups of one table; the list itself has all
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

Facts = Sequence[tuple[Any, Any]]


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
        _pivots(book, frame, table.columns, facts, formats)
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


def _pivots(
    book: Any,
    frame: pd.DataFrame,
    columns: Sequence[Out],
    facts: Facts,
    formats: Mapping[str, object],
) -> None:
    """Each group of the columns that say what groups there are, and the first of them against the others."""
    page = book.book.add_worksheet(_("Pivots"))
    page.set_column(0, 0, 28)
    page.set_column(1, 60, 13)
    at = _said(page, [*facts, (_("Rows"), f"{len(frame):,}")], formats)
    groups, measures = _groups(frame, columns)
    known = pd.concat([groups, measures], axis=1)
    cuts = list(groups)
    charted = None
    for cut in cuts:
        table = measured(known, cut, list(measures))
        charted = charted or (cut, at + 2, len(table) - 1)
        at = _put(page, at, cut, _labelled(table), formats)
    for other in cuts[1:]:
        if groups[other].nunique() <= WIDEST:
            at = _pair(page, at, known, (cuts[0], other), list(measures), formats)
    if charted:
        _chart(book, *charted)


def _pair(
    page: Any,
    at: int,
    known: pd.DataFrame,
    pair: tuple[str, str],
    measures: list[str],
    formats: Mapping[str, object],
) -> int:
    """Two of them against each other: how many, what share of each line, and the medians of pay."""
    title = _("%(rows)s × %(columns)s", rows=pair[0], columns=pair[1])
    at = _put(page, at, title, crossed(known, *pair), formats)
    shares = crossed(known, *pair, percent=True)
    shares.attrs["shares"] = [True] * shares.shape[1]
    at = _put(page, at, f"{title} · {_('Share')}", shares, formats)
    for measure in measures:
        if known[measure].notna().any():
            named_ = f"{title} · {measure} · {_('Median')}"
            at = _put(page, at, named_, medians(known, *pair, measure), formats)
    return at


def _groups(frame: pd.DataFrame, columns: Sequence[Out]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The groups of each row by the label of their column, and what can be summed of it."""
    cuts, sums = {}, {}
    for n, column in enumerate(columns):
        if column.kind == "money":
            sums[column.label] = pd.to_numeric(frame[n], errors="coerce")
        elif column.cut is not None:
            texts = frame[n].fillna("").astype(str)
            of = {text: column.cut(text) for text in texts.unique()}
            groups = named(texts.map(of))
            if groups.nunique() <= LONGEST_TABLE:
                called = str(column.named or column.label)
                cuts[column.label if called in cuts else called] = groups
    return pd.DataFrame(cuts, index=frame.index), pd.DataFrame(sums, index=frame.index)


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    """The same with heads that people read."""
    words = {
        COUNT: _("Count"),
        "share": _("Share"),
        "given": _("of which given"),
        "sum": _("Sum"),
        "mean": _("Mean"),
        "median": _("Median"),
    }
    heads = [
        f"{measure} · {words[name]}" if measure else words[name] for measure, name in table.columns
    ]
    shares = [name == "share" for _measure, name in table.columns]
    labelled = table.set_axis(heads, axis=1)
    labelled.attrs["shares"] = shares
    return labelled


def _said(page: Any, facts: Facts, formats: Mapping[str, object]) -> int:
    """What the workbook is of, above its tables; the next free line."""
    for n, (label, text) in enumerate(facts):
        page.write_string(n, 0, str(label), formats["head"])
        page.write_string(n, 1, str(text))
    return len(facts) + 1


def _put(page: Any, at: int, title: str, table: pd.DataFrame, formats: Mapping[str, object]) -> int:
    """One table with its title; the line below it."""
    shares = table.attrs.get("shares") or [False] * table.shape[1]
    page.write_string(at, 0, title, formats["head"])
    for x, head in enumerate([str(table.index.name), *map(str, table.columns)]):
        page.write_string(at + 1, x, head, formats["head"])
    for y, (name, *values) in enumerate(table.itertuples(name=None), at + 2):
        page.write_string(y, 0, str(name), formats["text"])
        for x, (value, share) in enumerate(zip(values, shares, strict=True), 1):
            if not pd.isna(value):
                page.write_number(y, x, value, formats["share" if share else "money"])
    return at + 2 + len(table) + 1


def _chart(book: Any, title: str, first: int, rows: int) -> None:
    """Bars of the first table: how many of each group; its total is no bar."""
    pivots, page = _("Pivots"), book.book.add_worksheet(_("Chart"))
    chart = book.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": _("Count"),
            "categories": [pivots, first, 0, first + rows - 1, 0],
            "values": [pivots, first, 1, first + rows - 1, 1],
            "data_labels": {"value": True},
        }
    )
    chart.set_title({"name": title})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 900, "height": max(320, 26 * rows + 120)})
    page.insert_chart(0, 0, chart)
