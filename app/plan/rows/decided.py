"""What becomes of rows of the plan: facts, values and the lines that tell of them, as frames."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pandas import DataFrame, Series

from app.plan.rows.models import DESTINATION_FIELDS, PlanState, Source

FIELDS = list(DESTINATION_FIELDS)
OWN = (Source.STAFF, Source.IMPORT)  # written by staff or brought by a file, not by a placement
WRITES = ("open", "add", "change", "take_back")  # the row is written
ASKS = ("request", "conflict")  # a change to decide on is raised, the row stays


STAGED = [
    "student_id",
    "school_id",
    "college_id",
    "graduation_year",
    "moved",
    "entry_id",
    "state",
    "placement_id",
    "source",
    "request_id",
    "request_source",
    "about",
    "act",
    "new_state",
]


@dataclass(frozen=True)
class Decided:
    """What becomes of each: `facts` as they came and `act`, `new_state`, `about` beside them.

    `act` is open, add, change, take_back (written), conflict, request (asked), waits, settled, moved or none.
    """

    facts: DataFrame
    ours: DataFrame
    values: DataFrame  # FIELDS; what the row says then
    sources: DataFrame  # FIELDS
    changed: DataFrame  # FIELDS; booleans

    @property
    def students(self) -> list[int]:
        """Whom it is about."""
        return list(self.facts["student_id"])

    @property
    def moves(self) -> Series[bool]:
        """The lines with something to write: the row, a change to decide on, or one that is overtaken."""
        overtaken = self.facts["request_id"].notna() & ~self.of(("waits",))
        return self.of((*WRITES, *ASKS)) | self.facts["moved"].astype(bool) | overtaken

    def of(self, acts: tuple[str, ...]) -> Series[bool]:
        """The lines of these acts."""
        return self.facts["act"].isin(acts)

    def counts(self) -> Counter[str]:
        """Act → rows; without those that are as they should be."""
        return sum(self.by_school().values(), Counter())

    def by_school(self) -> dict[int, Counter[str]]:
        """School → act → rows."""
        found: dict[int, Counter[str]] = {}
        known = self.facts[self.facts["act"] != "none"]
        for (school, act), count in known.groupby(["school_id", "act"]).size().items():
            found.setdefault(int(school), Counter())[act] = int(count)
        return found

    def first(self, most: int, before: Counter[str]) -> list[object]:
        """The first lines of each act that changes a row, where `before` were shown: facts and `changes`."""
        acts = self.facts["act"]
        place = acts.groupby(acts).cumcount() + acts.map(before)
        lines = (place < most) & ~self.of(("none", "open"))
        shown = self.facts[lines].assign(changes=self.changes(lines))
        return list(shown.itertuples(index=False))

    def lines(self) -> Iterator[tuple[Any, ...]]:
        """What is written, a tuple a graduate: STAGED, by_staff, sources and changes as JSON, FIELDS.

        The changes only where they are kept: of what waits for a decision, or was checked.
        """
        lines = self.moves
        kept = lines & (self.of(ASKS) | (self.facts["state"] == PlanState.CHECKED))
        changes = dict(self.changes(kept).map(json.dumps))
        facts, sources = self.facts.loc[lines, STAGED], self.sources[lines]
        beside = (
            sources.isin(OWN).any(axis=1),
            map(sources_of, map(tuple, sources.to_numpy())),
            map(changes.get, facts.index),
        )
        for fact, *more, values in zip(
            facts.to_numpy(), *beside, self.values[lines].to_numpy(), strict=True
        ):
            yield (*fact, *more, *values)

    def changes(self, lines: Series[bool]) -> Series[Any]:
        """Field → [ours, theirs] of what differs, for some lines."""
        old, new = self.ours.loc[lines], self.values.loc[lines]
        which = self.changed.loc[lines].to_numpy()
        found = [
            {f: [a, b] for f, a, b, differs in zip(FIELDS, *row, strict=True) if differs}
            for row in zip(old.to_numpy(), new.to_numpy(), which, strict=True)
        ]
        return Series(found, index=old.index, dtype=object)


@lru_cache(4096)
def sources_of(line: tuple[object, ...]) -> str:
    """Field → source as JSON: most rows have the same."""
    return json.dumps({f: s for f, s in zip(FIELDS, line, strict=True) if s is not None})
