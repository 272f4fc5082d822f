"""What becomes of rows of the plan that may differ from their placements: frames in, frames out, no database.

`decide` is the one place of these rules (PLN-01…06): dirty keys, the full reconcile, the dry run and the
careful single row all ask it. `plan.rows.sync` finds, locks, reads and writes. Whoever imports this imports
pandas: `plan.rows.sync` does so when it is needed, see docs/plan.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pandas import DataFrame, Series

from app.plan.rows.models import DESTINATION_FIELDS, PlanState, Source

FIELDS = list(DESTINATION_FIELDS)
OWN = (Source.STAFF, Source.IMPORT)  # written by staff or brought by a file, not by a placement
WRITES = ("open", "add", "change", "take_back")  # the row is written
ASKS = ("request", "conflict")  # a change to decide on is raised, the row stays
FACTS = [
    "student_id",
    "name",
    "student_no",
    "school_id",
    "college_id",
    "graduation_year",  # the student
    "graduates",
    "moved",  # approved for graduation; the row still has another school, college or year
    "entry_id",
    "state",
    "by_staff",
    "old_placement",  # its row
    "placement_id",
    "source",  # the placement in force
    "request_id",
    "request_source",
    "request_placement",
    "request_changes",  # the open change
    "dropped",  # [[placement, changes], …]: turned down since the row is reported
]
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
class Pairs:
    """Rows of the plan beside the placements in force: four frames of one index, a line a graduate.

    All cells are Python objects, None where there is nothing: an empty text is a value.
    """

    facts: DataFrame  # columns: FACTS
    ours: DataFrame  # columns: FIELDS; what stands in the row
    claims: DataFrame  # FIELDS; what the placement in force says, None where there is none
    sources: DataFrame  # FIELDS; where what stands in the row comes from


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
            map(_sources, map(tuple, sources.to_numpy())),
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


def pairs_of(rows: Sequence[tuple[Any, ...]]) -> Pairs:
    """The frames of what was read: a tuple a graduate of FACTS, then three times FIELDS."""
    names = [(part, name) for part in range(3) for name in FIELDS]
    whole = DataFrame(rows, columns=[*FACTS, *names], dtype=object)
    ours, claims, sources = (
        whole[[(part, name) for name in FIELDS]].set_axis(FIELDS, axis=1) for part in range(3)
    )
    return Pairs(whole[FACTS], ours, claims, sources)


@lru_cache(4096)
def _sources(line: tuple[object, ...]) -> str:
    """Field → source as JSON: most rows have the same."""
    return json.dumps({f: s for f, s in zip(FIELDS, line, strict=True) if s is not None})


def decide(pairs: Pairs) -> Decided:
    """Values, sources, act and state of each row; the order of the rows does not matter."""
    facts, ours = pairs.facts, pairs.ours
    in_force, had = facts["placement_id"].notna(), facts["old_placement"].notna()
    own = pairs.sources.isin(OWN)
    same_placement = had & (facts["old_placement"] == facts["placement_id"])
    linked = in_force & facts["entry_id"].notna() & (same_placement | agree(ours, pairs.claims))

    # What staff wrote stays where the placement is the row's own already, and where a placement ends
    # if the destination itself is staff's. Everything else is what the placement in force says, or nothing.
    stays = own & across(linked | ~in_force & own["destination_code"])
    values = ours.where(stays | across(~in_force & ~had), pairs.claims)
    changed = differ(ours, values)
    said = DataFrame(across(facts["source"]), ours.index, FIELDS, dtype=object)
    still = own & ~changed & across(linked | ~in_force) | values.notna() & across(~in_force)
    sources = pairs.sources.where(still, said.where(values.notna(), None))

    differs = changed.any(axis=1)
    about = facts["placement_id"].where(in_force, facts["old_placement"])
    wish = _wish(facts, in_force, had, linked, differs)
    made = facts.assign(about=about, act=wish, new_state=_state(facts, wish, values, differs))
    decided = Decided(made, ours, values, sources, changed)
    made["act"] = _not_again(decided)
    return decided


def _wish(facts: DataFrame, in_force: Any, had: Any, linked: Any, differs: Any) -> Series[str]:
    """What would become of each row, before it is asked whether somebody has decided on that already."""
    new_row = facts["entry_id"].isna()
    other = facts["old_placement"] != facts["placement_id"]
    wishes = [
        (new_row & ~in_force & facts["graduates"].astype(bool), "open"),
        (~in_force & ~had, "none"),  # nothing was said and nothing is
        ((facts["state"] == PlanState.REPORTED) & differs, "request"),
        (in_force & facts["by_staff"].astype(bool) & ~linked, "conflict"),
        (~in_force, "take_back"),
        (differs & ~had, "add"),
        (differs | other, "change"),
    ]
    marks, names = zip(*wishes, strict=True)
    return Series(np.select(marks, names, "none"), index=facts.index, dtype=object)


def _state(facts: DataFrame, act: Any, values: DataFrame, differs: Any) -> Series[str]:
    """Filled or open by the destination; what is reported stays so, what is checked unless it changes."""
    old = facts["state"]
    settled = act.isin((*ASKS, "none")) | (old == PlanState.REPORTED)
    empty = values["destination_code"].isna()
    states = np.select(
        [settled, empty, differs],
        [old.fillna(PlanState.OPEN), PlanState.OPEN, PlanState.FILLED],
        old.fillna(PlanState.FILLED),
    )
    return Series(states, index=facts.index, dtype=object).map(str)


def _not_again(decided: Decided) -> Series[str]:
    """What waits for a decision is not asked for again, nor what was turned down since the report."""
    facts, asks = decided.facts, decided.of(ASKS)
    act = facts["act"].mask(decided.of(("none",)) & facts["moved"].astype(bool), "moved")
    names = ["act", "about", "request_placement", "request_changes", "dropped"]
    wishes = facts.loc[asks, names].itertuples(index=False)
    act[asks] = [
        "waits"
        if (about, changes) == (waiting, waits_for)
        else "settled"
        if wish == "request" and [about, changes] in (dropped or [])
        else wish
        for (wish, about, waiting, waits_for, dropped), changes in zip(
            wishes, decided.changes(asks), strict=True
        )
    ]
    return act


def differ(ours: DataFrame, theirs: DataFrame) -> DataFrame:
    """Where two frames of objects say something else; None is like None and unlike an empty text."""
    return DataFrame(ours.to_numpy() != theirs.to_numpy(), ours.index, ours.columns, dtype=bool)


def lines_of(mark: DataFrame, **blocks: DataFrame) -> DataFrame:
    """A line for each marked cell, row by row: `at` (its row), `field`, and what each block says."""
    rows, columns = np.nonzero(mark.to_numpy())
    names = {
        "at": mark.index.to_numpy(object)[rows],
        "field": mark.columns.to_numpy(object)[columns],
    }
    said = {name: block.to_numpy()[rows, columns] for name, block in blocks.items()}
    return DataFrame(names | said, dtype=object)


def agree(ours: DataFrame, theirs: DataFrame) -> Series[bool]:
    """The lines in which two frames say the same throughout."""
    return ~differ(ours, theirs).any(axis=1)


def across(line: Series[Any]) -> np.ndarray[Any, Any]:
    """A column for each field: what is true of a line is true of all its fields."""
    return np.repeat(line.to_numpy()[:, None], len(FIELDS), axis=1)
