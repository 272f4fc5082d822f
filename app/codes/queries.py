"""Reading the code tables: names for codes, choices for forms, loading the shipped tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from time import monotonic

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.codes.models import Code, CodeEdition, Region
from app.codes.shipped import (
    CONFIRMED_2021,
    FILES,
    SHIPPED_EDITIONS,
    TABLES,
    UNCONFIRMED,
    read_shipped,
)
from app.core import clock, steady
from app.core.db import db
from app.core.registry import stores

MINUTE = 60.0


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


def load_shipped() -> int:
    """Bring the shipped tables into the database; what an administrator changed stays. Rows written."""
    rows = []
    for file, (table, kept) in FILES.items():
        for sort, row in enumerate(read_shipped(file)):
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
            insert(Region),
            [{**row, "level": int(row["level"])} for row in read_shipped("xzqh_full")],
        )
    forget()
    return len(rows) + sum(load() for load in stores().code_loaders)
