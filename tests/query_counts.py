"""How many statements each page asks the database, role by role: kept in `query_counts.txt`.

A page that asks one more, or one less, fails its test, and shows in the difference of the file once
`make query-counts` has written it anew.
"""

from __future__ import annotations

import os
from pathlib import Path

BUDGET = {0.5: 5, 0.9: 8, 1.0: 12}  # share of all pages that a signed-in person opens → statements
FILE = Path(__file__).with_suffix(".txt")
WRITE = "WRITE_QUERY_COUNTS"


def kept() -> dict[tuple[str, str], int]:
    """(role, page) → statements."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    return {(role, page): int(n) for role, page, n in map(str.split, lines)}


def compared(role: str, found: dict[str, int]) -> list[str]:
    """What differs from the file in the pages of that role: a line each; written instead if asked."""
    known = kept()
    mine = {page: n for (who, page), n in known.items() if who == role}
    if os.environ.get(WRITE):
        others = {key: n for key, n in known.items() if key[0] != role}
        rows = sorted((others | {(role, page): n for page, n in found.items()}).items())
        text = "".join(f"{who:9} {page:60} {n:4}\n" for (who, page), n in rows)
        FILE.write_text(text, encoding="utf-8")
        return []
    return [
        f"{role} {page}: {mine.get(page, 'none')} statements kept, {found.get(page, 'none')} now"
        for page in sorted(mine.keys() | found.keys())
        if mine.get(page) != found.get(page)
    ]


def beyond_budget() -> list[str]:
    """The shares of the pages that ask more than the budget lets them."""
    counts = sorted(kept().values())
    found = {share: counts[min(len(counts) - 1, int(share * len(counts)))] for share in BUDGET}
    return [
        f"{share:.0%} of the pages ask up to {found[share]} statements, not {most}"
        for share, most in BUDGET.items()
        if found[share] > most
    ]
