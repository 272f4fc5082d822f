"""What the pages show of words: headers and values to be mapped, groups of problems, what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.files.imports import lists
from app.files.imports.columns import Column, Context
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet

MOST_OPTIONS = 90  # values of a list that a select offers; of longer ones the value is typed
MOST_LINES = 300  # lines of one page with a choice each


@dataclass(frozen=True)
class Option:
    """A choice of a select."""

    value: str
    text: str


@dataclass(frozen=True)
class MappingLine:
    """One value, or one group of problems, with the choice what becomes of it."""

    n: int
    field: str
    label: str
    text: str | None  # the cell; none for a whole group
    rows: int
    chosen: str
    options: list[Option]
    why: str = ""
    types: bool = True  # whether another text can be typed for it


def acts(column: Column, context: Context) -> list[Option]:
    """What can be done with a value of this column."""
    found = [Option("", _("Leave it for now")), Option("out", _("Do not import these rows"))]
    if not column.required or column.may_be_empty:
        found.append(Option("empty", _("Leave the cells empty")))
    if column.secret is None:
        found.append(Option("typed", _("Read it as typed at the right")))
        found += [Option(f"={code}", text) for code, text in list_of(column, context)]
    return found


def list_of(column: Column, context: Context) -> list[tuple[str, str]]:
    """Code and «code name» of what a column can say, where a select can offer it."""
    known = lists.lists_of(column, context)
    if not known or not 0 < len(known[0].rows) <= MOST_OPTIONS:
        return []
    return [(code, _named(code, name)) for _value, code, name in known[0].rows]


def _named(code: str, name: str) -> str:
    """A code of a table before its name; a word of ours, such as ``release``, says nothing to anybody."""
    return name if code == name or code.islower() else f"{code} {name}"


def value_name(column: Column, code: str, context: Context) -> str:
    """A code with its name."""
    for known in lists.lists_of(column, context):
        value = known.find(code)
        if value is not None:
            return _named(code, known.shown.get(value, code))
    return code


# -- the step ---------------------------------------------------------------------------------------


def step_of(record: Import, sheet: Sheet, context: Context) -> dict[str, object]:
    """Everything that the mapping step shows."""
    asked, decided = record.details.get("questions", {}), record.details.get("decided", {})
    columns = [Option("", _("Not used"))] + [
        Option(c.field, f"{c.label}{' *' if c.required else ''}") for c in sheet.columns
    ]
    heads = asked.get("heads", [])
    return {
        "heads": [{**head, "n": n} for n, head in enumerate(heads)],
        "unclear": sum(1 for head in heads if head["open"]),
        "columns": columns,
        "missing": [
            _missing(sheet.column(name), context, decided) for name in asked.get("missing", [])
        ],
        "values": _value_lines(asked.get("values", []), sheet, context),
        "hidden": asked.get("hidden", 0),
        "hidden_now": decided.get("hidden") or "leave",
        "sentences": asked.get("sentences", []),
    }


def _missing(column: Column, context: Context, decided: dict[str, Any]) -> dict[str, object]:
    """A required column that the file has not: one value for all rows, where that makes sense."""
    return {
        "field": column.field,
        "label": str(column.label),
        "all": column.field in lists.ONE_FOR_ALL,
        "options": [Option(code, text) for code, text in list_of(column, context)],
        "now": decided.get("all", {}).get(column.field, ""),
        "sample": column.sample,
    }


def _value_lines(asked: list[dict[str, Any]], sheet: Sheet, context: Context) -> list[MappingLine]:
    found = []
    for n, one in enumerate(asked[:MOST_LINES]):
        column = sheet.column(one["field"])
        options = acts(column, context)
        chosen = f"={one['ours']}" if one["ours"] else ""
        if chosen and all(option.value != chosen for option in options):
            options.append(Option(chosen, value_name(column, one["ours"], context)))
        found.append(
            MappingLine(
                n, column.field, str(column.label), one["text"], one["rows"], chosen, options
            )
        )
    return found


# -- the preview --------------------------------------------------------------------------------------
