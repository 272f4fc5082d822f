"""A plan file beside our plan and what the placements say: frames in, a long frame out, no database (PLN-05).

`difference` is the one place of these rules: the page, its counts and kinds, the choices, the workbook, what
is written and what is only asked for come from it. Whoever imports this imports pandas (docs/plan.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pandas import DataFrame, Series

from app.plan.deciding import FIELDS, Pairs
from app.plan.models import PlanState, Source

OWNED = (Source.SIGNING, Source.DESTINATION)  # a placement's own value
PERSON = ["student_id", "student_no", "name", "graduation_year", "entry_id"]
REQUEST = ["state", "request_id", "request_source", "request_changes"]
FILE = ["row", "line", "student_id", "choice"]


def file_of(rows: Sequence[Sequence[Any]]) -> DataFrame:
    """What a file says: a tuple a row of FILE and FIELDS, None where it says nothing."""
    return DataFrame(list(map(tuple, rows)), columns=[*FILE, *FIELDS], dtype=object)


def difference(file: DataFrame, plan: Pairs) -> DataFrame:
    """A line for each field in which a row of the file says otherwise; an empty cell says nothing.

    Columns: row, line (as the file shows it), PERSON, field, ours, theirs, placement (what the placement in
    force says), asks (it may only be asked for: a placement's own value, or the row is reported), held (a
    change of a placement waits, so nothing else is asked), open (an earlier file's change waits), choice
    (file, ours, skip, or waits: an earlier file asked for the same value).
    """
    facts = plan.facts[[*PERSON, *REQUEST]].assign(at=range(len(plan.facts)))
    both = file[FILE].assign(here=range(len(file))).merge(facts, on="student_id").sort_values("row")
    here, at = both["here"].to_numpy(), both["at"].to_numpy()
    theirs, ours = file[FIELDS].to_numpy()[here], plan.ours.to_numpy()[at]
    rows, columns = np.nonzero((theirs != ours) & file[FIELDS].notna().to_numpy()[here])
    blocks = {"ours": ours, "theirs": theirs, "placement": plan.claims.to_numpy()[at],
              "source": plan.sources.to_numpy()[at]}  # fmt: skip
    cells = {name: Series(block[rows, columns], dtype=object) for name, block in blocks.items()}
    long = both.iloc[rows].reset_index(drop=True)
    long = long.assign(field=Series(np.array(FIELDS, object)[columns], dtype=object), **cells)
    asked = long["request_id"].notna()
    return long[["row", "line", *PERSON, "field", "ours", "theirs", "placement"]].assign(
        asks=(long["state"] == PlanState.REPORTED) | long["source"].isin(OWNED),
        held=asked & (long["request_source"] != Source.IMPORT),
        open=asked & (long["request_source"] == Source.IMPORT),
        choice=Series(_choices(long), index=long.index, dtype=object),
    )


def _choices(long: DataFrame) -> Iterator[str]:
    """What is taken of each line: what was chosen, else the file's value."""
    told = long[["field", "theirs", "choice", "request_source", "request_changes"]]
    for name, theirs, choice, source, changes in told.itertuples(index=False):
        waits = source == Source.IMPORT and (changes or {}).get(name, [None])[-1] == theirs
        yield "waits" if waits else (choice or {}).get(name, "file")


def kinds(long: DataFrame) -> Counter[str]:
    """Field → rows that differ in it and do not wait."""
    return Counter(long.loc[long["choice"] != "waits", "field"].value_counts().to_dict())


def tally(long: DataFrame) -> Counter[str]:
    """Rows that are written, for which a change is asked, and which another change that waits keeps out."""
    taken = long[long["choice"] == "file"]
    asks, held = taken["asks"], taken["held"]
    parts = {"written": ~asks, "asked": asks & ~held, "blocked": asks & held}
    return Counter({name: int(taken.loc[mark, "row"].nunique()) for name, mark in parts.items()})


def of_kind(long: DataFrame, kind: str, choice: str) -> DataFrame:
    """The lines with that choice for one field, for what may only be asked for (`owned`), or for `all`."""
    mark = long["asks"] if kind == "owned" else long["field"] == kind
    return _taken(
        long, Series(choice, index=long.index, dtype=object).where(mark | (kind == "all"))
    )


def picked(long: DataFrame, choices: dict[tuple[int, str], str]) -> DataFrame:
    """The lines with the choices of (row, field)."""
    keys = zip(long["row"], long["field"], strict=True)
    return _taken(long, Series([choices.get(key) for key in keys], index=long.index, dtype=object))


def _taken(long: DataFrame, choice: Series[Any]) -> DataFrame:
    """What waits for a decision is not chosen again."""
    return long.assign(
        choice=long["choice"].mask(choice.notna() & (long["choice"] != "waits"), choice)
    )


def left(before: DataFrame, after: DataFrame) -> Iterator[tuple[int, str]]:
    """(row, field → ours or skip as JSON) of each row for which something else was chosen."""
    rows = after.loc[before["choice"] != after["choice"], "row"].unique()
    found: dict[int, dict[str, str]] = {int(row): {} for row in rows}
    out = after[after["row"].isin(found) & after["choice"].isin(("ours", "skip"))]
    for row, name, choice in out[["row", "field", "choice"]].itertuples(index=False):
        found[row][name] = choice
    return ((row, json.dumps(choices)) for row, choices in found.items())


def written(long: DataFrame) -> Iterator[tuple[int, int, str | None, str | None, str | None]]:
    """(row, student, new values, their changes, changes that are asked for), JSON, of each row with any."""
    taken = long.loc[
        long["choice"] == "file", ["row", "student_id", "field", "ours", "theirs", "asks"]
    ]
    found: dict[tuple[int, int], tuple[dict[str, Any], dict[str, Any]]] = {}
    for row, student, name, ours, theirs, asks in taken.itertuples(index=False):
        direct, asked = found.setdefault((row, student), ({}, {}))
        (asked if asks else direct)[name] = [ours, theirs]
    for (row, student), (direct, asked) in found.items():
        new = {name: theirs for name, (_ours, theirs) in direct.items()}
        yield row, student, *(json.dumps(part) if part else None for part in (new, direct, asked))
