"""A plan file beside our plan and what the placements say: a frame in, frames out, no database (PLN-05).

`difference` is the one place of these rules: the page, its counts and kinds, the choices, the workbook, what
is written and what is only asked for come from it. Whoever imports this imports pandas (docs/plan.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from app.plan.rows.decided import FIELDS
from app.plan.rows.deciding import across, differ, lines_of
from app.plan.rows.models import PlanState, Source

FILE, OURS, SKIP, WAITS = CHOICES = ("file", "ours", "skip", "waits")
OWNED = (Source.SIGNING, Source.DESTINATION)  # a placement's own value
TOLD = ["choice", "request_source", "request_changes"]
FACTS = ["row", "line", "student_id", "entry_id", "state", "request_id", "sources", *TOLD]
PERSON = ["student_no", "name", "graduation_year"]  # to show whom a line is about
BLOCKS = ("theirs", "ours", "placement")  # the file, our plan, the placement in force
NAMES = [*FACTS, *((block, name) for block in BLOCKS for name in FIELDS), *PERSON]


@dataclass(frozen=True)
class Difference:
    """Rows of a file beside the plan, in the order of the file: frames of one index.

    All but `facts` have a column for each of FIELDS; `differs` and `asks` are booleans.
    """

    facts: DataFrame  # FACTS, PERSON
    blocks: dict[str, DataFrame]  # of BLOCKS
    differs: DataFrame  # the file says something, and says otherwise
    asks: DataFrame  # it may only be asked for: a placement's own value, or the row is reported
    choice: DataFrame  # which of CHOICES; waits: an earlier file asked for the same value

    def lines(self) -> DataFrame:
        """A line for each field that differs: facts, `field`, BLOCKS, `asks`, `choice`."""
        long = lines_of(self.differs, **self.blocks, asks=self.asks, choice=self.choice)
        long["choice"] = np.array(CHOICES, object)[long["choice"].to_numpy(int)]
        facts = (
            self.facts.drop(columns=["sources", *TOLD]).loc[long.pop("at")].reset_index(drop=True)
        )
        return facts.join(long.astype({"asks": bool}))

    def counts(self) -> Counter[str]:
        """Rows that differ, wait (an earlier file's change); are written, asked for, or blocked.

        Blocked: a change of a placement waits, so nothing else is asked for.
        """
        differ, taken = self.differs.any(axis=1), self._taken()
        asks, other = (taken & self.asks).any(axis=1), self.facts["request_id"].notna()
        earlier = self.facts["request_source"] == Source.IMPORT
        found = {
            "different": differ,
            "waiting": differ & other & earlier,
            "written": (taken & ~self.asks).any(axis=1),
            "asked": asks & ~(other & ~earlier),
            "blocked": asks & other & ~earlier,
        }
        return Counter({name: int(rows.sum()) for name, rows in found.items()})

    def kinds(self) -> Counter[str]:
        """Field → rows that differ in it and do not wait."""
        return +Counter((self.differs & ~self._are(WAITS)).sum().to_dict())

    def written(self) -> Iterator[tuple[Any, ...]]:
        """(row, student, changes that are asked for as JSON, new values by FIELDS) of each row with any."""
        taken = self._taken()
        asked: dict[int, dict[str, Any]] = {}
        for at, *change in lines_of(taken & self.asks, **self.blocks).itertuples(index=False):
            name, theirs, ours, *_placement = change
            asked.setdefault(at, {})[name] = [ours, theirs]
        rows = taken.any(axis=1)
        who = self.facts.loc[rows, ["row", "student_id"]].to_numpy()
        new = self.blocks["theirs"].where(taken & ~self.asks, None)[rows]
        for at, known, values in zip(new.index, who, new.to_numpy(), strict=True):
            yield *known, json.dumps(asked[at]) if at in asked else None, *values

    def _taken(self) -> DataFrame:
        return self.differs & self._are(FILE)

    def _are(self, choice: str) -> DataFrame:
        return self.choice == CHOICES.index(choice)


def rows_of(rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    """What was read: a tuple a row of NAMES, None where nothing is said; the last of them may be missing."""
    whole = DataFrame(rows, dtype=object)
    return whole.set_axis(NAMES[: whole.shape[1]], axis=1)


def difference(rows: DataFrame) -> Difference:
    """What a file says otherwise, and what becomes of it; an empty cell says nothing. As of `rows_of`."""
    if (np.diff(rows["row"].to_numpy(int)) < 0).any():
        rows = rows.sort_values("row", ignore_index=True)
    blocks = {
        block: rows[[(block, name) for name in FIELDS]].set_axis(FIELDS, axis=1)
        for block in BLOCKS
        if (block, FIELDS[0]) in rows
    }
    facts, theirs = rows[[name for name in (*FACTS, *PERSON) if name in rows]], blocks["theirs"]
    asks, choice = _told(facts, theirs.to_numpy())
    differs = differ(blocks["ours"], theirs) & (theirs.to_numpy() != None)  # noqa: E711 (each cell)
    return Difference(
        facts,
        blocks,
        differs,
        *(DataFrame(a, theirs.index, FIELDS, a.dtype) for a in (asks, choice)),
    )


def _told(facts: DataFrame, theirs: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """What may only be asked for, and what is taken of each cell: what was chosen, else the file's value."""
    asks = across(facts["state"] == PlanState.REPORTED) | _owned(facts["sources"])
    choice = np.full(asks.shape, CHOICES.index(FILE), np.int8)
    some = np.flatnonzero(facts[TOLD].notna().any(axis=1))
    told = facts[TOLD].iloc[some].itertuples(index=False)
    for at, (chosen, source, changes) in zip(some, told, strict=True):
        waits = (changes or {}) if source == Source.IMPORT else {}
        choice[at] = [
            CHOICES.index(
                WAITS
                if name in waits and waits[name][-1] == value
                else (chosen or {}).get(name, FILE)
            )
            for name, value in zip(FIELDS, theirs[at], strict=True)
        ]
    return asks, choice


def _owned(sources: Series[Any]) -> np.ndarray[Any, Any]:
    """Which fields of each row a placement has given, by its sources as JSON: most rows have the same."""
    codes, texts = pd.factorize(sources)  # -1: none
    known = [[found.get(name) in OWNED for name in FIELDS] for found in map(json.loads, texts)]
    return np.array([*known, [False] * len(FIELDS)], bool)[codes]


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
