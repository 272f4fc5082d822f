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


def in_order(names: pd.Index) -> list[str]:
    """As people look for them: by code where they begin with one, else by sound."""
    blank = _("not filled in")
    return sorted(map(str, names), key=lambda name: (name == blank, lazy_pinyin(name), name))


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
    counts = counts.reindex(index=in_order(counts.index), columns=in_order(counts.columns))
    whole = with_total(counts.astype("int64"), rows)
    whole[_total(whole.columns)] = whole.sum(axis=1)
    return whole.div(whole.iloc[:, -1], axis=0) if percent else whole


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
    counts = counts.reindex(in_order(counts.index))
    total = _total(counts.index)
    counts.loc[total] = int(n.sum())
    found = {("", COUNT): counts.astype("int64"), ("", SHARE): counts / max(int(n.sum()), 1)}
    for measure in measures:
        filled = frame.loc[frame[measure].notna(), [rows, measure]]
        if weights:
            filled = filled.loc[filled.index.repeat(n.loc[filled.index])]
        values = pd.to_numeric(filled[measure])
        each = values.groupby(filled[rows], observed=True).agg(["count", "sum", "mean", "median"])
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
