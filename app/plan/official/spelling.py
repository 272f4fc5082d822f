"""What the headers of an official workbook mean, and how it writes codes, in its own words (PLN-09)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.codes import queries as codes
from app.codes import regions
from app.codes.models import Region
from app.core.db import db
from app.files.imports import cells
from app.files.imports.headers import normal
from app.files.imports.spellings import official
from app.plan.rows.forms import TABLES

NUMBERS = ("student_no", "id_number", "examinee_no")  # the better one first
LISTS = {
    **TABLES,
    "location": "",
    "sex": "xb",
    "nation": "mz",
    "education": "xl",
    "training_mode": "pyfs",
    "origin": "",
}  # field → table of its codes; "": regions


def _names() -> dict[str, str]:
    """Header → field."""
    return {normal(head): name for name, heads in official().items() for head in heads}


def known_heads(of: Collection[str] = ()) -> list[str]:
    """Every header that means something here, or those of some fields."""
    return sorted(head for head, name in _names().items() if not of or name in of)


def places(heads: Sequence[str]) -> dict[int, str]:
    """Cell → field; of a field that stands twice the first."""
    found: dict[int, str] = {}
    for n, name in enumerate(map(_names().get, map(normal, heads))):
        if name and name not in found.values():
            found[n] = name
    return found


@dataclass
class Spelling:
    """How one column writes a code: as code, as name, or both, in the words of the workbook's lists."""

    table: str
    as_name: bool  # by its header
    allowed: dict[str, str]  # folded text → text of the drop-down
    block: dict[str, str]  # the workbook's own code → name
    sample: str

    def of(self, code: str, year: int) -> str | None:
        """The text to write; None where the workbook's drop-down has nothing of the kind."""
        ours = codes.name(self.table, code, year) if self.table else regions.region_name(code)
        name = self.block.get(code, ours)
        if not self.allowed:
            if self.sample.startswith(("code ", "code-")):
                return f"{code}{self.sample[4]}{name}"
            return name if self.as_name and self.sample != "code" else code
        ways = [name, ours, code] if self.as_name else [code, name, ours]
        ways += [f"{code} {name}", f"{code}-{name}", f"{code} {ours}"]
        folded = (cells.folded(way).replace("-", "") for way in ways)
        return next((self.allowed[way] for way in folded if way in self.allowed), None)


def spellings(columns: dict[int, str], look: dict[str, Any]) -> dict[int, Spelling]:
    """For each column of codes or their names, how the workbook writes them."""
    found = {}
    for place, name in columns.items():
        base = name.removesuffix(":name")
        if base not in LISTS:
            continue
        texts = look["lists"].get(str(place), [])
        allowed: dict[str, str] = {}
        for text in texts:
            allowed.setdefault(cells.folded(text).replace("-", ""), text)
        block = _block(LISTS[base], look["blocks"])
        first = next(
            (row[place] for _n, row in look["rows"] if place < len(row) and row[place]), ""
        )
        found[place] = Spelling(
            LISTS[base], name.endswith(":name"), allowed, block, _way(first, block)
        )
    return found


def _way(text: str, block: dict[str, str]) -> str:
    """How a cell that was filled before is written: «code », «code-», «code», or unknown."""
    for code, name in block.items():
        for way in ("code", "code ", "code-"):
            if text == (f"{code}{way[4]}{name}" if way[4:] else code):
                return way
    return ""


def _block(table: str, blocks: list[dict[str, str]]) -> dict[str, str]:
    """The workbook's list that is this table: the one with the most of our codes and names."""
    ours = (
        codes.names(table)
        if table
        else dict(db.session.execute(select(Region.code, Region.full_name)).tuples().all())
    )
    best: dict[str, str] = {}
    most = 0
    for block in blocks:
        same = [c for c in block if c in ours]
        alike = sum(cells.folded(block[c]) == cells.folded(ours[c]) for c in same)
        enough = alike or (not table and len(same) > len(block) * 0.6)
        if enough and len(same) + 2 * alike > most:
            best, most = block, len(same) + 2 * alike
    return best
