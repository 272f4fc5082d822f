"""The pivots of a workbook for reckoning: groups by each column, and two against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from flask_babel import gettext as _

from app.files.exports.pivoting import COUNT, crossed, measured, medians, named
from app.files.exports.tables import Out

WIDEST = 30  # groups that stand beside each other; of more there is a line each only
LONGEST_TABLE = 500  # groups of one table; the list itself has all


Facts = Sequence[tuple[Any, Any]]


def write_pivots(
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
