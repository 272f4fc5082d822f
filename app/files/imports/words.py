"""What a person has said of a file's own words: which column is which, which value means which (BLK-02)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """What is read differently, or not at all.

    `heads`: normal header → our field, None where the column is not used. `values`: our field →
    text of a cell → what is read instead; "" leaves the cell empty. `rows_out`: running numbers (1 … n)
    of rows that are left out. What is not named is read as it stands.
    """

    heads: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    rows_out: list[int] = field(default_factory=list)
    hidden: bool = False
