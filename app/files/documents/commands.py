"""`flask --app run documents …`: what of the kept data no document can show (DOC-07)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import Column, String, Table, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from app.core.db import db
from app.core.printable import code_of, mended, replacement, seen, unprintable
from app.core.registry import stores

documents = AppGroup("documents", help="Issued documents and what they are made from.")

# tables whose texts come to stand in documents, letters and official files; of the parties' and
# the school's own words. Trails are printed with 〓 and never changed.
LIVING = ("student", "employer", "school", "college", "major")
AT_ONCE = 5_000


@dataclass(frozen=True)
class Found:
    """One character of one field of one record; `key` is the record's id."""

    table: str
    key: Any
    field: str
    char: str

    def line(self) -> str:
        """As the command writes it, with tabs between."""
        instead = replacement(self.char) or "-"
        return "\t".join(
            (self.table, str(self.key), self.field, seen(self.char), code_of(self.char), instead)
        )


def found() -> Iterator[Found]:
    """Every character that cannot be printed as it stands, old private ones included, table by table."""
    for table in (model.__table__ for model in stores().printed):
        [key] = table.primary_key.columns
        for column in text_columns(table):
            for record, value in _suspicious(key, column):
                for field, text in _texts(column.name, value):
                    for char in unprintable(text):
                        yield Found(table.name, record, field, char)


def text_columns(table: Table) -> list[Column[Any]]:
    """Columns of texts and of answers as JSON; no file names, no digests."""
    return [
        column
        for column in table.columns
        if isinstance(getattr(column.type, "impl", column.type), String | Text | JSONB)
        and not column.name.endswith("_key")
    ]


def _suspicious(key: Column[Any], column: Column[Any]) -> Iterator[tuple[Any, Any]]:
    """The values with anything but ASCII and common Han: the database leaves out nearly all."""
    text = cast(column, Text)
    strange = func.length(func.regexp_replace(text, "[ -~一-龥，。、；：（）]", "", "g")) > 0
    rows = db.session.execute(
        select(key, column).where(strange).execution_options(yield_per=AT_ONCE)
    )
    yield from rows.tuples()


def _texts(field: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(f"{field}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(field, inner)


def mend() -> int:
    """Replace the private characters whose standard ones are known; how many values. Not committed.

    Only in records that staff could correct as well: what was agreed stays as it is, and is printed with
    the standard characters.
    """
    changed = 0
    for name in LIVING:
        table = db.metadata.tables[name]
        [key] = table.primary_key.columns
        for column in text_columns(table):
            for record, value in list(_suspicious(key, column)):
                new = _mended(value)
                if new != value:
                    db.session.execute(
                        update(table).where(key == record).values({column.name: new})
                    )
                    changed += 1
    return changed


def _mended(value: object) -> object:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, Mapping):
        return {name: _mended(inner) for name, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list) else value


@documents.command("unprintable")
@click.option(
    "--mend", "mends", is_flag=True, help="Replace old private characters by the standard ones."
)
def list_unprintable(mends: bool) -> None:
    """List what no document can show: table, record, field, character, code, replacement."""
    if mends:
        count = mend()
        db.session.commit()
        click.echo(f"# {count} values mended")
    count = 0
    for one in found():
        click.echo(one.line())
        count += 1
    click.echo(f"# {count} characters that cannot be printed")
