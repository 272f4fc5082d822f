"""Columns and form fields that hold names: what is bound to such a column is folded, to keep or compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FetchedValue, String, Text
from sqlalchemy import func as sql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator
from wtforms import Field
from wtforms.validators import ValidationError

from app.core.names import clean_contact, clean_name, clean_title, title_problem


class _Folded(TypeDecorator[str]):
    """A text of which only the folded form reaches the database, to be kept or to be compared."""

    impl = String
    cache_ok = True
    fold: Callable[[str], str]

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else type(self).fold(value)


def order_column() -> Any:
    """The key by which the database orders the column of that name without `_order`: it writes it itself.

    By pinyin, surnames as surnames are read, digits as numbers; see `name_order` in SQL and docs/names.md.
    """
    return mapped_column(
        Text(collation="C"), nullable=False, server_default="", server_onupdate=FetchedValue()
    )


def is_person(column: Any) -> bool:
    """Whether a column's names are people's: their surnames are read as surnames."""
    return isinstance(column.type, PersonName)


# the keys of the names in a staged table, each made once: for a statement that writes keys and many rows
NAMES_ORDERED = """names AS MATERIALIZED (SELECT {column} AS name, name_order({column}, false) AS key
  FROM (SELECT DISTINCT {column} FROM {table}) x)"""


class PersonName(_Folded):
    """A person's name."""

    cache_ok = True
    fold = staticmethod(clean_name)


class Title(_Folded):
    """An organisation's name."""

    cache_ok = True
    fold = staticmethod(clean_title)


class ContactName(_Folded):
    """Whom to ask at an organisation."""

    cache_ok = True
    fold = staticmethod(clean_contact)


def a_title(_form: object, field: Field) -> None:
    """Of a form: the field is an organisation's name; else its sentence stands there."""
    sentence = title_problem(field.data or "x")
    if sentence:
        raise ValidationError(sentence)


def name_has(
    column: Any, fragment: str, fold: Callable[[str], str] = clean_name
) -> ColumnElement[bool]:
    """A condition «the name contains the fragment», served by the index over its short pieces.

    Latin letters are compared without case, by the database on both sides. `fold` is the column's.
    """
    text = fold(fragment)
    literal = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    name = sql.lower(column)
    return sql.grams(name).op("@>")(sql.text_pieces(sql.lower(text))) & name.like(
        sql.lower(f"%{literal}%")
    )


_PINYIN = re.compile(r"[a-z]{2,12}")


def initials(text: str) -> str:
    """A typed text as the initials of a name in pinyin (hhs for 黄河水); empty where it is none."""
    typed = "".join(text.lower().split())
    return typed if _PINYIN.fullmatch(typed) else ""


def initials_begin(order: Any, letters: str) -> ColumnElement[bool]:
    """A condition «the initials of the name begin with these», by the name's key of order: indexed."""
    begin: ColumnElement[bool] = sql.name_initials(order).like(f"{letters}%")
    return begin


def initials_have(order: Any, letters: str) -> ColumnElement[bool]:
    """The same anywhere in the name (xgjt for 武汉星光集团), served by the index over its pairs."""
    made = sql.name_initials(order)
    return sql.grams(made).op("@>")(sql.text_pieces(letters)) & made.like(f"%{letters}%")


def title_has(column: object, fragment: str) -> ColumnElement[bool]:
    """The same of an organisation's name."""
    return name_has(column, fragment, clean_title)
