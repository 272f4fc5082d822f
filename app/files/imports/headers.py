"""Which row of which sheet holds the headers. Pure; used by the child and by the checks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set
from typing import Any

LOOKED_AT = 20  # rows in which the headers may stand
_MARKED = re.compile(r"[（(](必填|required|选填|optional)[)）]")


def normal(text: Any) -> str:
    """A header as it is compared: without blanks, stars and «(必填)», in small letters."""
    folded = unicodedata.normalize("NFKC", str(text)).lower()
    kept = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
    return _MARKED.sub("", kept).strip("*:")


def best_row(rows: Sequence[Sequence[object]], known: Set[str]) -> tuple[int, int]:
    """Index of the row with the most known headers, and how many; (-1, 0) where none has any."""
    best, most = -1, 0
    for n, row in enumerate(rows[:LOOKED_AT]):
        found = len({normal(cell) for cell in row if isinstance(cell, str)} & known)
        if found > most:
            best, most = n, found
    return best, most


def likely_row(rows: Sequence[Sequence[object]]) -> int:
    """Index of the first row that looks like headers, whoever knows them; -1 where none does.

    Short, different texts, no numbers, at least two and nearly as many as the rows have cells.
    """
    counts = [sum(1 for cell in row if cell != "") for row in rows[:LOOKED_AT]]
    for n, row in enumerate(rows[:LOOKED_AT]):
        texts = [cell.strip() for cell in row if isinstance(cell, str) and cell.strip()]
        wide = counts[n] >= 2 and counts[n] * 3 >= max(counts) * 2
        different = len(texts) == counts[n] and len(set(texts)) * 3 >= len(texts) * 2
        if wide and different and all(len(t) <= 30 and not t.isdecimal() for t in texts):
            return n
    return -1
