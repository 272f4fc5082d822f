"""What becomes of rows of the plan that may differ from their placements: frames in, frames out, no database.

`decide` is the one place of these rules (PLN-01…06): dirty keys, the full reconcile, the dry run and the
careful single row all ask it. `plan.rows.sync` finds, locks, reads and writes. Whoever imports this imports
pandas: `plan.rows.sync` does so when it is needed, see docs/plan.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pandas import DataFrame, Series

from app.plan.rows.decided import ASKS, FIELDS, OWN, Decided
from app.plan.rows.models import PlanState

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


@dataclass(frozen=True)
class Pairs:
    """Rows of the plan beside the placements in force: four frames of one index, a line a graduate.

    All cells are Python objects, None where there is nothing: an empty text is a value.
    """

    facts: DataFrame  # columns: FACTS
    ours: DataFrame  # columns: FIELDS; what stands in the row
    claims: DataFrame  # FIELDS; what the placement in force says, None where there is none
    sources: DataFrame  # FIELDS; where what stands in the row comes from


def pairs_of(rows: Sequence[tuple[Any, ...]]) -> Pairs:
    """The frames of what was read: a tuple a graduate of FACTS, then three times FIELDS."""
    names = [(part, name) for part in range(3) for name in FIELDS]
    whole = DataFrame(rows, columns=[*FACTS, *names], dtype=object)
    ours, claims, sources = (
        whole[[(part, name) for name in FIELDS]].set_axis(FIELDS, axis=1) for part in range(3)
    )
    return Pairs(whole[FACTS], ours, claims, sources)


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
