"""Frames against each other: how many of each group, their share, sums and medians (RPT-06). Pure; pandas.

Imported by the worker only. A group without a name is called so, and totals are of all rows: every table
of a frame has the same total.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from flask_babel import gettext as _
from pypinyin import lazy_pinyin

COUNT, SHARE = "count", "share"


def named(groups: pd.Series) -> pd.Series:
    """The groups, the empty one by a name."""
    return groups.fillna("").replace("", _("not filled in"))


def in_order(groups: pd.Series) -> list[str]:
    """As people look for them: in their given order, by code where they begin with one, else by sound."""
    blank, there = _("not filled in"), groups.dropna().unique()
    if isinstance(groups.dtype, pd.CategoricalDtype):
        return [name for name in groups.cat.categories if name in set(there)]
    return sorted(map(str, there), key=lambda name: (name == blank, lazy_pinyin(name), name))


def crossed(
    frame: pd.DataFrame, rows: str, columns: str, *, weights: str = "", percent: bool = False
) -> pd.DataFrame:
    """How many of each pair: one line a group of `rows`, one column a group of `columns`, totals at the end.

    `weights` is the column that says for how many a line of the frame stands (without: each for one);
    `percent` gives each line's shares of 1 instead.
    """
    known = frame.assign(_n=frame[weights] if weights else 1)
    counts = known.pivot_table(
        index=rows, columns=columns, values="_n", aggfunc="sum", fill_value=0, observed=True
    )
    counts = _plain(counts).reindex(
        index=in_order(frame[rows]), columns=in_order(frame[columns]), fill_value=0
    )
    whole = with_total(counts.astype("int64"), rows)
    whole[_total(whole.columns)] = whole.sum(axis=1)
    return whole.div(whole.iloc[:, -1], axis=0) if percent else whole


def medians(
    frame: pd.DataFrame, rows: str, columns: str, measure: str, *, weights: str = ""
) -> pd.DataFrame:
    """The median of a measure (yuan) for each pair, each group, and all; none where nobody has one."""
    known = _each(frame.loc[frame[measure].notna()], weights)
    found = known.pivot_table(
        index=rows, columns=columns, values=measure, aggfunc="median", observed=True
    )
    names = {"index": in_order(frame[rows]), "columns": in_order(frame[columns])}
    found = _plain(found).reindex(**names)
    right, foot = _total(found.columns), _total(found.index)
    found[right] = _plain(known.groupby(rows, observed=True)[measure].median().to_frame())[measure]
    below = known.groupby(columns, observed=True)[measure].median()
    below.index = below.index.astype(object)
    below[right] = known[measure].median()
    last = below.reindex(found.columns).to_frame(foot).T
    return pd.concat([found, last]).rename_axis(index=rows, columns=None)


def _each(frame: pd.DataFrame, weights: str) -> pd.DataFrame:
    """One line for each that a line stands for."""
    return frame.loc[frame.index.repeat(frame[weights])] if weights else frame


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """The same with names for groups, to which a total can be added."""
    return table.set_axis(table.index.astype(object)).set_axis(table.columns.astype(object), axis=1)


def with_total(table: pd.DataFrame, rows: str) -> pd.DataFrame:
    """The table with the sums of its lines below them."""
    foot = pd.DataFrame([table.sum()], index=[_total(table.index)])
    return pd.concat([table, foot]).rename_axis(index=rows, columns=None)


def _total(known: pd.Index) -> str:
    """How the whole is called, unless a group is called so."""
    name = _("Total")
    return name if name not in known else f"{name} ({_('All')})"


def measured(
    frame: pd.DataFrame, rows: str, measures: Sequence[str] = (), *, weights: str = ""
) -> pd.DataFrame:
    """One line a group: how many, their share, what each measure (yuan) adds up to; the whole below.

    The columns are ("", count), ("", share) and (measure, given | sum | mean | median).
    """
    n = frame[weights] if weights else pd.Series(1, index=frame.index)
    counts = n.groupby(frame[rows], observed=True).sum()
    counts.index = counts.index.astype(object)
    counts = counts.reindex(in_order(frame[rows]))
    total = _total(counts.index)
    counts.loc[total] = int(n.sum())
    found = {("", COUNT): counts.astype("int64"), ("", SHARE): counts / max(int(n.sum()), 1)}
    for measure in measures:
        filled = _each(frame.loc[frame[measure].notna()], weights)
        values = pd.to_numeric(filled[measure])
        each = values.groupby(filled[rows], observed=True).agg(["count", "sum", "mean", "median"])
        each.index = each.index.astype(object)
        each.loc[total] = [len(values), values.sum(), values.mean(), values.median()]
        for name, of in (
            ("given", "count"),
            ("sum", "sum"),
            ("mean", "mean"),
            ("median", "median"),
        ):
            found[measure, name] = each[of].reindex(counts.index)
        found[measure, "given"] = found[measure, "given"].fillna(0).astype("int64")
    return pd.DataFrame(found).rename_axis(index=rows)
