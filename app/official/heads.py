"""The headers of official workbooks: by field code and by the names in use (PLN-09)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.bulk.heads import normal
from app.bulk.spellings import official

NUMBERS = ("student_no", "id_number", "examinee_no")  # the better one first


def _names() -> dict[str, str]:
    """Header → field."""
    return {normal(head): name for name, heads in official().items() for head in heads}


def known_heads(of: Collection[str] = ()) -> list[str]:
    """Every header that means something here, or those of some fields."""
    return sorted(head for head, name in _names().items() if not of or name in of)


def places(heads: Sequence[str]) -> dict[int, str]:
    """Cell → field; of a field that stands twice the first."""
    names = _names()
    found: dict[int, str] = {}
    for n, head in enumerate(heads):
        name = names.get(normal(head))
        if name and name not in found.values():
            found[n] = name
    return found
