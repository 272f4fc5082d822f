"""Every column through its checks, once for each distinct value; what is wrong is a frame (BLK-02).

A cell is a text, a number, ``("d", ISO date)`` or ``("e",)``; see `reading`. Runs in the worker only:
it imports pandas.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from os import urandom
from typing import Any

import numpy as np
import pandas as pd
from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.forms import MISSING
from app.core.text import clean_line
from app.files.imports import cells
from app.files.imports.cells import Wrong
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.distinct import factorized, mapped, spread
from app.files.imports.intake import FileReading, Words, columns_of, is_example, second_columns
from app.files.imports.sheet import Problems, Sheet

LISTED = 20  # mended cells that are listed one by one
FIELDS = ["row", "field", "sentence"]


@dataclass
class Findings:
    """What the checks of a file have given. All frames and Series have the same index: `row`, 1 … n.

    `rows` has the columns sheet, line, hidden, uid. `values` and `more` hold one column of objects for
    each name, None where a row has none. `problems` has the columns row, field, sentence, in the order
    in which they are told; `cells` are the cells as they stood there, by our field.
    """

    columns: dict[int, Column]
    ignored: list[str]
    examples: int
    rows: pd.DataFrame
    values: dict[str, pd.Series]
    more: dict[str, pd.Series]
    cells: dict[str, pd.Series]
    problems: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FIELDS))
    mended: Counter[str] = field(default_factory=Counter)  # field → cells
    listed: list[tuple[int, str]] = field(default_factory=list)  # line, field
    masked: dict[str, int] = field(default_factory=dict)  # field → numbers with * in them

    def said(self, of: Any, where: pd.Series) -> None:
        """Add the sentences of a column or rule: `where` has one or None for each row, `of` its field."""
        wrong = where.dropna()
        if len(wrong):
            of = of.loc[wrong.index].to_numpy() if isinstance(of, pd.Series) else of
            told = pd.DataFrame({"row": wrong.index, "field": of, "sentence": wrong.to_numpy()})
            self.problems = pd.concat([self.problems, told], ignore_index=True)

    def wrong(self) -> pd.Series:
        """Which rows have a problem: true or false for each."""
        return pd.Series(self.rows.index.isin(self.problems["row"]), index=self.rows.index)


def check(sheet: Sheet, reading: FileReading, words: Words, context: Context) -> Findings:
    """All cells and rows. Raises Invalid where a header is missing or there twice."""
    columns, ignored, problems = columns_of(sheet, reading.heads, words)
    if problems:
        raise Invalid(problems)
    frame = reading.frame.set_axis(range(1, len(reading.frame) + 1))
    example = frame[min(columns)].map(is_example)
    frame = frame[~example & ~frame.index.isin(words.rows_out)]
    rows = frame[["sheet", "line", "hidden"]].assign(uid=_uids(len(frame)))
    done = Findings(columns, ignored, int(example.sum()), rows, {}, {}, {})
    second = second_columns(sheet, reading.heads, words, columns)
    for place, column in columns.items():
        others = [n for n, same in second.items() if same is column]
        cell = _worded(frame[place], words.values.get(column.field))
        for n in others:  # where one of them is empty the other says it
            cell = cell.where(~mapped(cell, cells.is_empty).astype(bool), frame[n])
        done.cells[column.field] = cell
        _masks(done, column, sheet)
        _column(done, column, context)
        for n in others:
            _compare(done, column, frame[n], reading.heads[n], context)
    _rule(done, sheet, context)
    done.said(
        next(iter(columns.values())).field,
        _one(cells.hidden_row(), rows["hidden"].astype(bool) & (not words.hidden)),
    )
    return done


def _worded(cell: pd.Series, said: dict[str, str] | None) -> pd.Series:
    """The cells, with those replaced of which a person has said what they mean."""
    return mapped(cell, lambda c: said.get(c, c)) if said else cell


def _uids(count: int) -> list[str]:
    """Random names of the records that new rows would become."""
    drawn = urandom(16 * count).hex()
    return [drawn[n : n + 32] for n in range(0, len(drawn), 32)]


def _one(value: Any, where: pd.Series) -> pd.Series:
    """The value where it holds, None elsewhere."""
    return pd.Series(np.where(where, value, None), index=where.index, dtype=object)


# -- columns --------------------------------------------------------------------------------------


def _column(done: Findings, column: Column, context: Context) -> None:
    """Read a column: its values, what was mended, what is wrong, and what else its checks tell of a row."""
    cell = done.cells[column.field]
    mine = factorized(cell)
    filled = ~spread(list(map(cells.is_empty, mine[1])), mine[0], cell.index).astype(bool)
    if column.field in done.masked:
        masked = mapped(cell, cells.is_mask).astype(bool)
        cell, filled = cell[~masked], filled[~masked]
    if column.required and not column.may_be_empty:
        done.said(column.field, _one(str(MISSING), ~filled))
    there = cell[filled]
    known = [done.values.get(name, _none(done)).loc[there.index] for name in column.needs]
    codes, combos = distinct([there, *known], mine if len(there) == len(mine[0]) else None)
    if column.whole and any(
        isinstance(c[0], str) and c[0].lstrip("'= \"")[:1] == "0" for c in combos
    ):
        context.zeros.add(column.field)
    told = _read(column, combos, context)
    value, sentence, mended = (spread(part, codes, there.index) for part in told[:3])
    done.said(column.field, sentence)
    _note_mended(done, column, there.index[mended.to_numpy(dtype=bool)])
    _keep(done, column, value.dropna())
    for name in column.gives:
        given = [one.get(name) for one in told[3]]
        _put(done.values, name, spread(given, codes, there.index).dropna(), done)


def _masks(done: Findings, column: Column, sheet: Sheet) -> None:
    """A number that the list shows masked stays as it is; `compare` looks whether it is that record's."""
    if column.secret is None:
        return
    cell = done.cells[column.field]
    masked = mapped(cell, cells.is_mask).astype(bool)
    if not masked.any():
        return
    done.masked[column.field] = int(masked.sum())
    if column.field in sheet.target.secrets:
        _put(done.more, f"{column.field}_mask", mapped(cell[masked], str.strip), done)
    else:
        done.said(column.field, _one(str(cells.MASKED), masked))


def _compare(done: Findings, column: Column, other: pd.Series, head: str, context: Context) -> None:
    """What the code says and what the name beside it says must be the same; what is unknown says nothing."""
    value = (done.more if column.aside else done.values).get(column.target, _none(done))
    both = value.notna() & ~mapped(other, cells.is_empty).astype(bool)
    if column.kind is not CellKind.CHOICE:
        _put(done.more, f"{column.field}_also", mapped(other[both], _line), done)
        return
    known = [done.values.get(name, _none(done))[both] for name in column.needs]
    codes, combos = distinct([other[both], *known])
    beside = spread(_read(column, combos, context)[0], codes, value.index[both])
    wrong = beside.notna() & (beside != value[both])
    sentence = _("“%(head)s” of this row says something else.", head=head[:40])
    done.said(column.field, _one(sentence, wrong))


def _line(cell: object) -> str:
    return clean_line(str(cell)) if not isinstance(cell, tuple) else ""


Told = tuple[list[Any], list[str | None], list[bool], list[Found]]


def _read(column: Column, combos: list[tuple[Any, ...]], context: Context) -> Told:
    """Of each combination the value, the sentence, whether it was mended, what its checks gave beside it."""
    values, sentences, mended, given = _none_of(len(combos)), _none_of(len(combos)), [], []
    for n, (cell, *known) in enumerate(combos):
        row = zip(column.needs, known, strict=True) if known else ()
        context.row = {name: v for name, v in row if v is not None}
        try:
            value = values[n] = column.read(cells.unguarded(cell), context)
            mended.append(column.literal and value != cell and isinstance(cell, str))
        except Wrong as wrong:
            sentences[n] = str(wrong)
            mended.append(False)
        if column.gives:
            given.append(context.row if sentences[n] is None else {})
    return values, sentences, mended, given


def _none_of(count: int) -> list[Any]:
    return [None] * count


def _note_mended(done: Findings, column: Column, rows: pd.Index) -> None:
    if len(rows):
        done.mended[column.field] += len(rows)
        lines = done.rows["line"].loc[rows[:LISTED]]
        done.listed += [(int(line), column.field) for line in lines]


def _keep(done: Findings, column: Column, value: pd.Series) -> None:
    """Where the values of a column are kept; personal numbers as their column says."""
    if column.secret is None:
        _put(done.more if column.aside else done.values, column.target, value, done)
        return
    uids = done.rows["uid"].loc[value.index]
    pairs = [column.secret(text, uid) for text, uid in zip(value, uids, strict=True)]
    for into, n in ((done.values, 0), (done.more, 1)):
        for name in dict.fromkeys(name for pair in pairs for name in pair[n]):
            kept = pd.Series([pair[n].get(name) for pair in pairs], value.index, dtype=object)
            _put(into, name, kept, done)


def _put(into: dict[str, pd.Series], name: str, found: pd.Series, done: Findings) -> None:
    """Set the values of some rows, whatever was there."""
    kept = into.setdefault(name, _none(done))
    kept.loc[found.index] = found


def _none(done: Findings) -> pd.Series:
    return pd.Series([None] * len(done.rows), index=done.rows.index, dtype=object)


# -- distinct values ------------------------------------------------------------------------------


def distinct(
    columns: list[pd.Series], first: tuple[np.ndarray, list[Any]] | None = None
) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """For each row the number of its combination, and the combinations of the cells, as they come.

    `first` is what `factorized` said of the first column, where that was asked already.
    """
    codes, values = first or factorized(columns[0])
    known = [values]
    for column in columns[1:]:
        mine, values = factorized(column)
        codes, seen = pd.factorize(codes * len(values) + mine)
        before, now = seen // max(1, len(values)), seen % max(1, len(values))
        known = [[old[n] for n in before] for old in known] + [[values[n] for n in now]]
    return codes, list(zip(*known, strict=True))


# -- rows -----------------------------------------------------------------------------------------


def _rule(done: Findings, sheet: Sheet, context: Context) -> None:
    """The sheet's rule of a row, once for each combination of what it looks at and of what is wrong."""
    if sheet.row is None or done.rows.empty:
        return
    looked: list[tuple[dict[str, pd.Series], str, pd.Series]] = []
    for into in (done.values, done.more):
        looked += [(into, name, into[name]) for name in sheet.needs if name in into]
        looked += [
            (into, name, into[name].notna().replace(False, None).astype(object))
            for name in sheet.told
            if name in into
        ]
    codes, combos = distinct([_wrong_fields(done), *(column for _into, _name, column in looked)])
    acted = [_acted(sheet, done, looked, combo, context) for combo in combos]
    for into, n in ((done.values, 0), (done.more, 1)):
        made: list[Found] = [one[n] for one in acted]
        names = [name for found in made for name in found]
        names += [name for owner, name, _column in looked if owner is into]
        for name in dict.fromkeys(names):
            if name not in sheet.told:
                into[name] = spread([found.get(name) for found in made], codes, done.rows.index)
    for n in range(max(len(one[2]) for one in acted)):
        each = [one[2][n] if n < len(one[2]) else (None, None) for one in acted]
        done.said(*(spread([pair[k] for pair in each], codes, done.rows.index) for k in range(2)))


def _acted(
    sheet: Sheet, done: Findings, looked: list[Any], combo: tuple[Any, ...], context: Context
) -> tuple[Found, Found, Problems]:
    """What the rule makes of one combination: values, more, problems."""
    values: Found = {}
    more: Found = {"wrong": combo[0] or ()}
    for (into, name, _column), value in zip(looked, combo[1:], strict=True):
        if value is not None:
            (values if into is done.values else more)[name] = value
    problems = sheet.row(values, more, context) if sheet.row else []
    del more["wrong"]
    return values, more, problems


def _wrong_fields(done: Findings) -> pd.Series:
    """For each row the fields in which something is wrong, None where nothing is."""
    found = _none(done)
    if len(done.problems):
        grouped = done.problems.groupby("row")["field"].agg(tuple)
        found.loc[grouped.index] = grouped
    return found
