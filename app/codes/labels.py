"""Codes and regions as pages name them: in English on an English page, where an English name is known.

Files, documents and everything that comes back keep the official Chinese names: a worker makes them, or
`for_a_file` says so, or they read `queries`. A name that an administrator has changed stands in Chinese,
marked as such. `tables/english.csv` has the names, by table and Chinese name. They are our translations, for
reading only: no official table has English names, and nothing that leaves the house carries one.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from flask import has_request_context
from flask_babel import get_locale
from markupsafe import Markup

from app.codes import queries, regions, shipped

REGION = "region"
_for_a_file: ContextVar[bool] = ContextVar("for_a_file", default=False)


@contextmanager
def for_a_file() -> Iterator[None]:
    """What is said inside goes out in a file, and has the names by which it can come back (BLK-08)."""
    token = _for_a_file.set(True)
    try:
        yield
    finally:
        _for_a_file.reset(token)


@cache
def _english() -> dict[tuple[str, str], str]:
    with (shipped.SHIPPED / "english.csv").open(encoding="utf-8", newline="") as text:
        return {(row["table"], row["name"]): row["english"] for row in csv.DictReader(text)}


def _reads_english() -> bool:
    if _for_a_file.get() or not has_request_context():
        return False
    return str(get_locale()).startswith("en")


def text(table: str, name: str) -> str:
    """The English of an official name, for an English page; the name itself elsewhere."""
    return _english().get((table, name), name) if _reads_english() else name


def code_text(table: str, code: str | None, graduation_year: int | None = None) -> str:
    """The name of a code as plain text: in sentences, choices, beside its code."""
    return text(table, queries.name(table, code, graduation_year))


def code(table: str, code: str | None, graduation_year: int | None = None) -> str:
    """The name of a code in a page's cell: on an English page, a Chinese one says that it is."""
    return marked(code_text(table, code, graduation_year))


def choices(found: dict[str, str], table: str) -> list[tuple[str, str]]:
    """Code and name for a select field, of official names."""
    return [(value, text(table, name)) for value, name in found.items()]


def province(code_or_name: str) -> str:
    """The province of a region, as `queries.province` finds it."""
    return text(REGION, regions.province(code_or_name))


def region(code: str | None) -> str:
    """The full name of a region; on an English page its province in English before the rest."""
    full = regions.region_name(code)
    if not _reads_english() or not full:
        return full
    above = regions.province(full)
    rest = full.removeprefix(above)
    known = marked(text(REGION, above))
    return Markup("{}, {}").format(known, marked(rest)) if rest and rest != full else known


def plain(text: str) -> str:
    """What a cell says, without the mark: for files."""
    return text.striptags() if isinstance(text, Markup) else text


def marked(name: str) -> str:
    """A Chinese name on an English page, with its language for those who listen to it."""
    if not _reads_english() or name.isascii():
        return name
    return Markup('<span lang="zh-CN">{}</span>').format(name)


def code_name(table: str) -> Callable[[str | None], str]:
    """For the column of a list: a code of that table in words."""
    return lambda value: code(table, value) or "–"


def region_name(value: str | None) -> str:
    """For the column of a list: a region by its full name."""
    return region(value) or "–"
