"""What the pages show of words: headers and values to be mapped, groups of problems, what is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.files.imports import cells, groups, lists
from app.files.imports.models import Import
from app.files.imports.sheet import Column, Context, Sheet

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


def taken_of(record: Import, sheet: Sheet, context: Context) -> list[str]:
    """What was understood by itself or by what was decided before, a sentence each."""
    taken = record.details.get("taken", {})
    found = [
        _("Column “%(theirs)s” is read as “%(ours)s”.", theirs=head, ours=sheet.column(name).label)
        for head, name in taken.get("heads", [])
    ]
    for name, word, ours, rows, _how in taken.get("values", []):
        column = sheet.column(name)
        said = value_name(column, ours, context) if ours else _("empty")
        found.append(
            _(
                "%(column)s: “%(theirs)s”, %(rows)s rows → %(ours)s",
                column=column.label,
                theirs=word,
                rows=rows,
                ours=said,
            )
        )
    return found


def decided_of(record: Import, sheet: Sheet) -> list[str]:
    """What was decided for this file alone, in numbers."""
    decided = record.details.get("decided", {})
    rows = len(decided.get("rows_out", ())) + record.details.get("out_by_value", 0)
    found = []
    if rows:
        found.append(
            ngettext(
                "%(num)s row is left out by your decision.",
                "%(num)s rows are left out by your decision.",
                rows,
            )
        )
    for name, said in decided.get("values", {}).items():
        if said:
            found.append(
                _(
                    "%(column)s: %(count)s values are read otherwise.",
                    column=sheet.column(name).label,
                    count=len(said),
                )
            )
    for name, empty in decided.get("empty", {}).items():
        if empty:
            found.append(
                _(
                    "%(column)s: %(count)s cells are left empty.",
                    column=sheet.column(name).label,
                    count=len(empty),
                )
            )
    for name, value in decided.get("all", {}).items():
        found.append(
            _("%(column)s: “%(value)s” for all rows.", column=sheet.column(name).label, value=value)
        )
    return found


def _sheets(found: Sequence[tuple[str, int]]) -> str:
    """Sheets with how many rows each has."""
    return "、".join(_("%(name)s (%(rows)s rows)", name=name, rows=rows) for name, rows in found)


LEFT = {
    "sheets": lambda v: _("Sheets that are not read: %(what)s", what=_sheets(v)),
    "ignored": lambda v: _("Columns that nobody knows: %(what)s", what="、".join(v[:20])),
    "hidden_sheets": lambda v: _("Hidden sheets that are not read: %(what)s", what="、".join(v)),
    "hidden_columns": lambda v: _(
        "Columns that are hidden in the sheet and read all the same: %(what)s",
        what="、".join(v[:20]),
    ),
    "hidden_rows": lambda v: ngettext(
        "%(num)s row that is hidden in the sheet is left out.",
        "%(num)s rows that are hidden in the sheet are left out.",
        v,
    ),
    "merged": lambda v: ngettext(
        "%(num)s empty cell of a merged block is filled with the block's value.",
        "%(num)s empty cells of merged blocks are filled with the block's value.",
        v,
    ),
    "totals": lambda v: ngettext(
        "%(num)s row of totals is left out.", "%(num)s rows of totals are left out.", v
    ),
}
SAID = {
    "notes": lambda v: ngettext(
        "%(num)s row of titles or notes around the table is left out.",
        "%(num)s rows of titles or notes around the table are left out.",
        v,
    ),
    "heads_again": lambda v: ngettext(
        "%(num)s row that repeats the headers is left out.",
        "%(num)s rows that repeat the headers are left out.",
        v,
    ),
    "empty": lambda v: ngettext("%(num)s empty row.", "%(num)s empty rows.", v),
    "errors": lambda v: ngettext("%(num)s cell shows an error.", "%(num)s cells show errors.", v),
    "no_value": lambda v: ngettext(
        "%(num)s formula has no stored value.", "%(num)s formulas have no stored value.", v
    ),
    "examples": lambda v: ngettext(
        "%(num)s example row is left out.", "%(num)s example rows are left out.", v
    ),
}


def said_of(record: Import) -> list[str]:
    """What else was seen in the file and is no row of it, in numbers."""
    seen = {**record.details.get("unread", {}), "examples": record.details.get("examples", 0)}
    return [str(say(seen[name])) for name, say in SAID.items() if seen.get(name)]


def concerns_of(record: Import, sheet: Sheet) -> list[str]:
    """What must be agreed to, a sentence each."""
    found = []
    for name, value in record.concerns.get("left", {}).items():
        found.append(LEFT[name](value))
    for stop in record.concerns.get("stops", []):
        column = sheet.column(stop["field"]).label
        text = _(
            "%(column)s: it changes in %(rows)s rows, %(share)s %% of those that are known.",
            column=column,
            rows=stop["rows"],
            share=stop["share"],
        )
        if stop["slipped"]:
            way = _("too low") if stop["slipped"] > 0 else _("too high")
            text += " " + _(
                "The column seems to have slipped: its values stand %(rows)s rows %(way)s.",
                rows=abs(stop["slipped"]),
                way=way,
            )
        found.append(text)
    return found
