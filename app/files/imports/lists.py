"""Which lists a column can say something of: a school's own, or all editions of an official table."""

from __future__ import annotations

from app.codes import queries as codes
from app.codes import shipped
from app.files.imports.columns import CellKind, Column, Context, ValueList

# a file may lack these columns where one value holds for all of its rows
ONE_FOR_ALL = ("graduation_year", "year", "education", "college", "training_mode", "school", "act")


def table_of(column: Column) -> str:
    """The official table of a column's codes; none for lists of a school's own."""
    name = column.code.removesuffix("DM").lower()
    return name if name in shipped.TABLES else ""


def is_region(column: Column) -> bool:
    """Whether a column says a region."""
    return column.code in ("SYSZDDM", "DWSZDDM")


def lists_of(column: Column, context: Context) -> list[ValueList]:
    """What a column may say: the list that counts for most, then the other editions of its table."""
    found = [context.choices[column.field]] if column.field in context.choices else []
    table = table_of(column)
    if table and (column.kind is CellKind.CHOICE or table == "byqx"):
        for _since, edition in codes.editions(table):
            found.append(
                ValueList(
                    [(code, code, name) for code, name in codes.of_edition(table, edition).items()]
                )
            )
    return found
