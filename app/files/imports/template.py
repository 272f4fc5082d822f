"""The template of a sheet: text cells, drop-downs from a hidden sheet, a marked example, notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from flask_babel import force_locale
from flask_babel import gettext as _
from xlsxwriter.utility import xl_col_to_name

from app.files.imports.columns import CellKind, Column, Context
from app.files.imports.errors_book import SAFE, fit
from app.files.imports.sheet import Sheet

READY_ROWS = 5_000  # rows that have the drop-downs
LISTS = "lists"


def make(sheet: Sheet, context: Context) -> bytes:
    """The .xlsx in the person's language; its headers are known in both."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        page = book.add_worksheet(str(sheet.title)[:31])
        notes = book.add_worksheet(_("Notes")[:31])
        lists = book.add_worksheet(LISTS)
        lists.hide()
        _table(book, page, sheet)
        drop_downs(page, lists, sheet.columns, context)
        _notes(book, notes, sheet)
    return out.getvalue()


def _table(book: Any, page: Any, sheet: Sheet) -> None:
    needed = book.add_format({"bold": True, "bg_color": "#DCE6F5", "border": 1, "num_format": "@"})
    other = book.add_format({"bold": True, "bg_color": "#F3F4F6", "border": 1, "num_format": "@"})
    plain = book.add_format({"num_format": "@"})
    grey = book.add_format({"num_format": "@", "italic": True, "font_color": "#6B7280"})
    page.freeze_panes(1, 0)
    for n, column in enumerate(sheet.columns):
        page.set_column(n, n, column.width, plain)
        star = "*" if column.required else ""
        page.write_string(0, n, fit(f"{column.label}{star}"), needed if star else other)
        if column.help:
            page.write_comment(0, n, fit(str(column.help)))
        sample = (f"{_('Example')} " if n == 0 else "") + column.sample
        page.write_string(1, n, fit(sample), grey)


def drop_downs(page: Any, lists: Any, columns: Sequence[Column], context: Context) -> None:
    """Each list in a column of the hidden sheet, as «code name», which the import understands."""
    for n, column in enumerate(columns):
        if column.field not in context.choices or not column.listed:
            continue
        rows = context.choices[column.field].rows
        if not rows:
            continue
        for at, (_value, code, name) in enumerate(rows):
            lists.write_string(at, n, fit(f"{code} {name}"))
        letter = xl_col_to_name(n)
        page.data_validation(
            1,
            n,
            READY_ROWS,
            n,
            {
                "validate": "list",
                "source": f"={LISTS}!${letter}$1:${letter}${len(rows)}",
                "error_type": "warning",
            },
        )


def _notes(book: Any, page: Any, sheet: Sheet) -> None:
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 26)
    page.set_column(1, 3, 40, wrap)
    at = 0
    for locale in ("zh", "en"):
        with force_locale(locale):
            page.write_string(at, 0, fit(str(sheet.title)), bold)
            for line in (*general(sheet), *map(str, sheet.notes)):
                at += 1
                page.write_string(at, 0, fit(line))
            at += 1
            for n, text in enumerate((_("Column"), _("Required"), _("How to fill it"), _("Code"))):
                page.write_string(at, n, text, bold)
            for column in sheet.columns:
                at += 1
                needed = _("Yes") if column.required else _("No")
                cells = (str(column.label), needed, describe(column), column.code)
                for n, text in enumerate(cells):
                    page.write_string(at, n, fit(text))
            at += 2


def general(sheet: Sheet) -> list[str]:
    """What holds of every sheet."""
    return [
        _(
            "Delete the example or leave it: a row whose first cell begins with “%(word)s” is ignored.",
            word=_("Example"),
        ),
        _("Columns may stand in any order; columns that nobody knows are ignored."),
        _("Keep numbers such as student and ID numbers as text: as numbers they lose digits."),
        _("At most %(most)s rows in one file.", most=sheet.most_rows),
    ]


def describe(column: Column) -> str:
    """How a column is filled, in one line."""
    kinds = {
        CellKind.NUMBER: _(
            "A whole number from %(least)s to %(most)s", least=column.least, most=column.most
        ),
        CellKind.DAY: _("A date such as 2026-07-01"),
        CellKind.CHOICE: _("A code or name of the list"),
    }
    kind = kinds.get(column.kind) or _("Text of at most %(most)s characters", most=column.most)
    return f"{kind}；{column.help}" if column.help else kind
