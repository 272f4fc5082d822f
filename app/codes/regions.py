"""Regions by their six digits: found, named, of today and of before."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.codes.models import Region
from app.codes.shipped import (
    former_regions,
)
from app.core import steady
from app.core.db import db


@steady.kept(steady.CODES)
def regions() -> list[tuple[str, str, str, int]]:
    """Every region of today: code, name, full name, level."""
    wanted = select(Region.code, Region.name, Region.full_name, Region.level).order_by(Region.code)
    return list(db.session.execute(wanted).tuples())


@steady.kept(steady.CODES)
def _region_names() -> dict[str, str]:
    return {code: full_name for code, _name, full_name, _level in regions()}


def region_name(code: str | None) -> str:
    """The full name of a region, also of one that is no more, or the code itself."""
    found = _region_names().get(code or "")
    if found is None and code in former_regions():
        return _former_name(code)
    return found or code or ""


@steady.kept(steady.CODES)
def provinces() -> dict[str, str]:
    """The first two digits of a region's code → the name of its province, in the order of the codes."""
    rows = select(Region.code, Region.name).where(Region.level == 1).order_by(Region.code)
    return {code[:2]: name for code, name in db.session.execute(rows).tuples()}


def province(text: str) -> str:
    """The province of a region's code, of code and name, or of its full name; else the text itself."""
    known = provinces()
    found = known.get(text[:2]) or next((p for p in known.values() if text.startswith(p)), None)
    return found or text


def find_regions(text: str, most: int = 20) -> Sequence[Region]:
    """Regions whose full name has every word of the text, or whose code begins with it."""
    wanted = select(Region).order_by(Region.level.desc(), Region.code).limit(most)
    for word in text.split():
        like = "%" + word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        wanted = wanted.where(
            Region.full_name.like(like) | Region.code.startswith(word, autoescape=True)
        )
    return db.session.scalars(wanted).all()


def regions_called(text: str, most: int) -> list[str]:
    """How the codes begin of the regions that a text means: its code, or every word in the full name.

    A region stands for all in it: «武汉» is 4201, not its districts besides.
    """
    if text.isascii() and text.isdecimal():
        plain = text.rstrip("0") if len(text) == 6 else text
        return [plain + "0" * (len(plain) % 2)]
    found: list[str] = []
    for region in sorted(find_regions(text, most), key=lambda region: (region.level, region.code)):
        begins = region.code[: 2 * region.level]
        if not any(begins.startswith(known) for known in found):
            found.append(begins)
    return found


def region_code(text: str) -> str | None:
    """The one region that a text means: its code, its full name, or the only one like it."""
    if not (parts := text.split()):
        return None
    known = _region_names()
    found = [code for code, full in known.items() if text in (code, full)] or [
        code
        for code, full in known.items()
        if all(part in full or code.startswith(part) for part in parts)
    ]
    return found[0] if len(found) == 1 else None


def origins() -> list[tuple[str, str]]:
    """Code and name of the regions a student may come from: those of today, and those of once by their year.

    A former region is understood by its bare name where none of today is called so.
    """
    found = [(code, full) for code, _name, full, _level in regions()]
    today = {full for _code, full in found}
    former = former_regions()
    found += [(code, full) for code, (full, _until) in former.items() if full not in today]
    return found + [(code, _former_name(code)) for code in former]


def former_rows() -> list[tuple[str, str, str, int]]:
    """The former regions as `regions` gives those of today; whose name is one of today's is left out."""
    names = {code: full for code, _name, full, _level in regions()}
    today = set(names.values())
    found = []
    for code, (full, _until) in former_regions().items():
        above = names.get(code[:4] + "00") or names.get(code[:2] + "0000", "")
        if full not in today:
            found.append((code, full.removeprefix(above) or full, full, 3))
    return found


def _former_name(code: str) -> str:
    full, until = former_regions()[code]
    return str(_l("%(name)s (until %(year)s)", name=full, year=until))
