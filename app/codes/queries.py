"""Reading the code tables: names for codes, choices for forms, loading the shipped tables."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.codes.models import Code, CodeEdition, Region
from app.core import clock, steady
from app.core.db import db
from app.core.registry import stores

SHIPPED = Path(__file__).parent / "tables"
MINUTE = 60.0

# file of the shipped tables → (table, edition); the legacy edition of 毕业去向 counts before 2021
FILES = {
    "byqx_2021": ("byqx", "2021"),
    "byqx_legacy": ("byqx", "legacy"),
    "byqx_legacy_provincial_extras": ("byqx", "legacy"),
    "dwxz": ("dwxz", ""),
    "dwhy": ("dwhy", ""),
    "gzzwlb": ("gzzwlb", ""),
    "pyfs": ("pyfs", ""),
    "xb": ("xb", ""),
    "mz": ("mz", ""),
    "zzmm": ("zzmm", ""),
    "xl": ("xl", ""),
    "knslb": ("knslb", ""),
    "sfslb": ("sfslb", ""),
    "cxsy_project": ("cxsy", ""),
    "sf_project": ("sf", ""),
    "dajs_project": ("dajs", ""),
    "hkjs_project": ("hkjs", ""),
    "other_destination_project": ("qtqx", ""),
}
TABLES = {
    "byqx": _l("Destination"),
    "dwxz": _l("Nature of the employer"),
    "dwhy": _l("Industry"),
    "gzzwlb": _l("Kind of position"),
    "pyfs": _l("Training mode"),
    "xl": _l("Level of education"),
    "xb": _l("Sex"),
    "mz": _l("Nationality"),
    "zzmm": _l("Political status"),
    "knslb": _l("Kind of hardship"),
    "sfslb": _l("Teacher training"),
    "cxsy": _l("Town or country"),
    "sf": _l("Yes or no"),
    "dajs": _l("Receipt of the archive"),
    "hkjs": _l("Receipt of the household registration"),
    "qtqx": _l("Other destinations"),
}
CONFIRMED_2021 = {
    "10",
    "11",
    "12",
    "271",
    "46",
    "502",
    "503",
    "512",
    "519",
    "76",
    "801",
    "802",
    "85",
}
UNCONFIRMED = {("xl", "49"), ("xl", "61"), ("dwxz", "33")}
SHIPPED_EDITIONS = {"byqx": [(0, "legacy"), (2021, "2021")]}


def edition_name(edition: str) -> str:
    """An edition as people call it: most are named after their first year."""
    return str(_l("before 2021")) if edition == "legacy" else edition or "–"


@steady.kept(steady.CODES)
def editions(table: str) -> tuple[tuple[int, str], ...]:
    """(from graduation year, edition) of a table, the newest first."""
    wanted = (CodeEdition.table == table,)
    rows = select(CodeEdition.since, CodeEdition.edition).where(*wanted)
    found = [(since, kept) for since, kept in db.session.execute(rows).tuples()]
    return tuple(sorted(found or SHIPPED_EDITIONS.get(table, [(0, "")]), reverse=True))


@lru_cache(maxsize=1)
def _today(_minute: int) -> date:
    return clock.today()


def _season() -> int:
    """The next year in which students graduate: in July, as it was a minute ago at the most."""
    today = _today(int(monotonic() // MINUTE))
    return today.year + (today.month > 7)


def edition(table: str, graduation_year: int | None) -> str:
    """Which edition of a table counts for graduates of that year, or of the next to graduate (PLN-11)."""
    known = editions(table)
    year = graduation_year or _season()
    return next((kept for since, kept in known if since <= year), known[-1][1])


@steady.kept(steady.CODES)
def _names(table: str, kept: str, ended: bool) -> dict[str, str]:
    wanted = select(Code.code, Code.name).where(Code.table == table, Code.edition == kept)
    rows = db.session.execute((wanted if ended else wanted.where(Code.active)).order_by(Code.sort))
    return {code: name for code, name in rows}  # noqa: C416 (a Row is no tuple for mypy)


def of_edition(table: str, kept: str) -> dict[str, str]:
    """Code → name of one edition, those that have ended too."""
    return _names(table, kept, True)


@steady.kept(steady.CODES)
def regions() -> list[tuple[str, str, str, int]]:
    """Every region of today: code, name, full name, level."""
    wanted = select(Region.code, Region.name, Region.full_name, Region.level).order_by(Region.code)
    return list(db.session.execute(wanted).tuples())


def names(table: str, graduation_year: int | None = None, *, ended: bool = False) -> dict[str, str]:
    """Code → name of what can be chosen, or of what could be once as well, in the table's order."""
    return _names(table, edition(table, graduation_year), ended)


def forget() -> None:
    """Read the tables anew: the running transaction has changed the codes."""
    _today.cache_clear()
    steady.written()


def name(table: str, code: str | None, graduation_year: int | None = None) -> str:
    """The name of a code, also of one that has ended, or the code itself where nobody knows it."""
    return _names(table, edition(table, graduation_year), True).get(code or "", code or "")


def names_for(table: str, years: Collection[int]) -> dict[str, str]:
    """As `names`, what can be chosen for graduates of all these years; without one for the next."""
    first, *others = [names(table, year) for year in sorted(years, reverse=True)] or [names(table)]
    return {code: name for code, name in first.items() if all(code in other for other in others)}


def choices(table: str, graduation_year: int | None = None) -> list[tuple[str, str]]:
    """Code and name for a select field."""
    return list(names(table, graduation_year).items())


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


@cache
def words(table: str) -> dict[str, tuple[str, bool]]:
    """Words that people write for a code of a table: word → code, whether it can mean nothing else."""
    rows = (row for row in _read("words") if row["table"] == table)
    return {row["word"].casefold(): (row["code"], row["sure"] == "1") for row in rows}


@cache
def former_regions() -> dict[str, tuple[str, int]]:
    """Regions that are no more: code → full name, the year until which it was called so."""
    return {row["code"]: (row["full_name"], int(row["until"])) for row in _read("xzqh_former")}


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


def load_shipped() -> int:
    """Bring the shipped tables into the database; what an administrator changed stays. Rows written."""
    rows = []
    for file, (table, kept) in FILES.items():
        for sort, row in enumerate(_read(file)):
            certain = (table, row["code"]) not in UNCONFIRMED and (
                file != "byqx_2021" or row["code"] in CONFIRMED_2021
            )
            rows.append(
                {
                    "table": table,
                    "edition": kept,
                    "code": row["code"],
                    "name": row["name"],
                    "sort": sort,
                    "certain": certain,
                    "active": True,
                }
            )
    db.session.execute(insert(Code).on_conflict_do_nothing(), rows)
    begun = [
        {"table": table, "edition": name, "since": since}
        for table in TABLES
        for since, name in SHIPPED_EDITIONS.get(table, [(0, "")])
    ]
    db.session.execute(insert(CodeEdition).on_conflict_do_nothing(), begun)
    if not db.session.scalar(select(func.count()).select_from(Region)):
        db.session.execute(
            insert(Region), [{**row, "level": int(row["level"])} for row in _read("xzqh_full")]
        )
    forget()
    return len(rows) + sum(load() for load in stores().code_loaders)


def _read(file: str) -> list[dict[str, str]]:
    with open(SHIPPED / f"{file}.csv", encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))
