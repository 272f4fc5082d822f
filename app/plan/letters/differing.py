"""What was sent, or is to be, beside the plan: a frame in, frames out, no database (PLN-10).

`beside` is the one place of these rules: which letters are void and which are numbered, the page with its
counts and rows, and the workbook come from it. Whoever imports this imports pandas (docs/plan.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pandas import DataFrame, Series

from app.plan.rows.deciding import differ, lines_of

FIELDS = ["archive_to", "archive_address", "archive_postcode", "contact", "phone"]
FACTS = [
    "student_id", "college_id", "graduation_year", "student_no", "name",
    "letter_id", "number", "tracking_number",
]  # fmt: skip
NAMES = [*FACTS, *((block, name) for block in ("letter", "plan") for name in FIELDS)]
# there is no letter yet; it is not posted and will be void; it is posted, and the plan says otherwise now
MISSING, VOID, POSTED, SAME = "missing", "void", "posted", "same"
OTHER = (POSTED, VOID, MISSING)  # the gravest first


@dataclass(frozen=True)
class Beside:
    """Letters that are not void beside the plan rows of their graduates: frames of one index.

    `facts` has FACTS and `kind`; the others a column for each of FIELDS, "" where nothing is said.
    """

    facts: DataFrame
    letter: DataFrame
    plan: DataFrame
    differs: DataFrame

    def of(self, *kinds: str) -> Series[bool]:
        """The lines of these kinds."""
        return self.facts["kind"].isin(kinds)

    def counts(self) -> Counter[str]:
        """Kind → graduates."""
        return Counter(self.facts["kind"])

    def void(self) -> list[int]:
        """The letters that are not right any more, and were not posted."""
        return [int(key) for key in self.facts.loc[self.of(VOID), "letter_id"]]

    def numbered(self) -> list[dict[str, Any]]:
        """Who gets a letter, with what it says, in the order in which they are numbered."""
        some = self.of(MISSING, VOID) & (self.plan["archive_to"] != "")
        order = ["graduation_year", "college_id", "student_id"]
        rows = self.facts.loc[some, order].join(self.plan[some]).sort_values(order)
        return rows.to_dict("records")

    def lines(self, kinds: Sequence[str] = OTHER, most: int | None = None) -> list[Any]:
        """A line for each field that differs, by student number: facts, `field`, `letter`, `plan`.

        Of these kinds, and of at `most` so many graduates.
        """
        other = self.facts[self.of(*kinds)].sort_values(["student_no", "student_id"]).index[:most]
        blocks = {"letter": self.letter.loc[other], "plan": self.plan.loc[other]}
        long = lines_of(self.differs.loc[other], **blocks)
        facts = self.facts.loc[long.pop("at")].reset_index(drop=True)
        return list(facts.join(long).itertuples(index=False))


def beside(rows: Sequence[tuple[Any, ...]]) -> Beside:
    """What becomes of each: a tuple a graduate of NAMES who has a letter, or a receiver in the plan."""
    whole = DataFrame(rows, columns=range(len(NAMES)), dtype=object).set_axis(NAMES, axis=1)
    letter, plan = (
        whole[[(block, name) for name in FIELDS]].set_axis(FIELDS, axis=1).fillna("")
        for block in ("letter", "plan")
    )
    differs = differ(letter, plan)
    posted = whole["tracking_number"].notna()
    kinds = [whole["letter_id"].isna(), ~differs.any(axis=1), posted]
    kind = np.select(kinds, [MISSING, SAME, POSTED], VOID)
    return Beside(whole[FACTS].assign(kind=kind), letter, plan, differs)
