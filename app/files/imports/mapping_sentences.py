"""What was understood of a file, decided, seen in it, and must be agreed to: a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from app.files.imports.columns import Context
from app.files.imports.mapping_presentation import value_name
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet


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
