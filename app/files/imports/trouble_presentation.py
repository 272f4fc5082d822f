"""The groups of problems with a choice for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from app.files.imports import cells, groups
from app.files.imports.columns import Column, Context
from app.files.imports.mapping_presentation import MOST_LINES, MappingLine, Option, acts
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet


@dataclass(frozen=True)
class Trouble:
    """A group of problems: its head, and its lines."""

    field: str
    why: str
    label: str
    sentence: str
    rows: int
    first: int
    lines: list[MappingLine] = dataclasses.field(default_factory=list)


def troubles_of(record: Import, sheet: Sheet, context: Context) -> tuple[list[Trouble], int]:
    """The groups of problems with a choice for each value, and how many groups are not listed."""
    if not record.faulty:
        return [], 0
    found, every = groups.groups_of(record, sheet)
    columns = {column.field: column for column in sheet.columns}
    hidden_rows, no_values = _sentences(cells.hidden_row), _sentences(*cells.ERRORS.values())
    troubles, n = [], 0
    for group in found:
        column = columns.get(group.field)
        if column is None or n >= MOST_LINES:
            continue
        hidden = group.why in hidden_rows
        values: list[groups.Value | None] = [None] if hidden else [*group.values] or [None]
        lines = [
            MappingLine(
                n + at,
                group.field,
                group.label,
                value.text if value else None,
                value.rows if value else group.rows,
                "out" if group.why in no_values else "",
                _hidden() if hidden else _offered(column, context, value),
                group.why,
                types=value is not None and column.secret is None,
            )
            for at, value in enumerate(values)
        ]
        n += len(lines)
        troubles.append(
            Trouble(
                group.field, group.why, group.label, group.sentence, group.rows, group.first, lines
            )
        )
    return troubles, every - len(troubles)


def _sentences(*said: Callable[[], Any] | Any) -> set[str]:
    """What a row is told, in both languages: the file may have been checked in the other one."""
    found = set()
    for locale in ("zh", "en"):
        with force_locale(locale):
            found |= {str(one() if callable(one) else one) for one in said}
    return found


def _hidden() -> list[Option]:
    return [
        Option("", _("Leave it for now")),
        Option("leave", _("Leave them out")),
        Option("take", _("Import them too")),
    ]


def _offered(column: Column, context: Context, value: groups.Value | None) -> list[Option]:
    found = acts(column, context)
    if value is None:  # a whole group: no single value is meant
        return [option for option in found if option.value in ("", "out", "empty")]
    return found if value.text else [option for option in found if option.value != "empty"]
