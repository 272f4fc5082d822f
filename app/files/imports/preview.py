"""The rows of a preview as people read them: old beside new, what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.files.imports.columns import Column, Context
from app.files.imports.models import Import
from app.files.imports.queries import rows_of
from app.files.imports.row_models import ROW_STATUSES, ImportRow, RowStatus
from app.files.imports.sheet import Sheet

FIRST = 20  # rows of each status


@dataclass(frozen=True)
class Cell:
    """A cell of the preview: its text, what it replaces, what is wrong with it."""

    text: str
    old: str | None = None
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True)
class PreviewRow:
    """A row of the preview."""

    number: int
    sheet: str  # where the file has several
    cells: list[Cell]
    problems: list[tuple[str, str]]


@dataclass(frozen=True)
class StatusPart:
    """The rows of one status."""

    name: str
    label: Any
    count: int
    heads: list[str]
    lines: list[PreviewRow]

    @property
    def beyond(self) -> int:
        """How many are not listed."""
        return self.count - len(self.lines)


def parts_of(record: Import, sheet: Sheet, context: Context) -> list[StatusPart]:
    """Faulty rows first: they need the person; then what would change the data."""
    order = (RowStatus.FAULTY, RowStatus.CHANGED, RowStatus.NEW, RowStatus.SAME)
    return [
        part_of(record, sheet, context, status, count, rows_of(record, status, FIRST))
        for status in order
        if (count := getattr(record, status.value))
    ]


def part_of(
    record: Import,
    sheet: Sheet,
    context: Context,
    status: RowStatus,
    count: int,
    rows: Sequence[ImportRow],
) -> StatusPart:
    """Some rows of one status, of `count`, as the pages show them."""
    columns = [c for c in sheet.columns if c.field in record.details.get("columns", [])]
    sheets = record.details.get("sheets", [])
    names = sheets if len(sheets) > 1 else []
    lines = [_line(row, columns, context, names) for row in rows]
    heads = [str(column.label) for column in columns]
    return StatusPart(status.value, ROW_STATUSES[status], count, heads, lines)


def _line(
    row: ImportRow, columns: Sequence[Column], context: Context, sheets: Sequence[str]
) -> PreviewRow:
    wrong = {field: text for field, text in row.problems or []}  # noqa: C416
    labels = {column.field: str(column.label) for column in columns}
    return PreviewRow(
        row.line,
        sheets[row.sheet] if row.sheet < len(sheets) else "",
        [_cell(row, column, context, wrong) for column in columns],
        [(labels.get(field, ""), text) for field, text in row.problems or []],
    )


def _cell(row: ImportRow, column: Column, context: Context, wrong: dict[str, str]) -> Cell:
    shown = row.more.get("shown")
    if shown is not None:
        return Cell(shown.get(column.field, ""), None, wrong.get(column.field, ""))
    text = _text(column, row.values, row.more, context)
    old, hint = None, ""
    if row.old is not None and _replaced(column) in row.old:
        old = _text(column, row.old, row.old, context) or _("empty")
        hint = _("another number: only its hidden digits differ") if old == text else ""
    return Cell(text, old, wrong.get(column.field, ""), hint)


def _replaced(column: Column) -> str:
    """The name under which a change of this column is kept."""
    if column.secret is not None:
        return f"{column.target}_masked"
    return f"{column.field}_id" if column.aside else column.target


def _text(column: Column, values: Any, more: Any, context: Context) -> str:
    if column.secret is not None:
        return more.get(f"{column.field}_masked") or ""
    choices = context.choices.get(column.field)
    resolved = f"{column.field}_id"  # what `row` made of it
    kept = values if resolved in values else more if column.aside else values
    value = kept.get(resolved if resolved in values else column.target)
    if value is None:
        return ""
    return choices.shown.get(value, str(value)) if choices else str(value)
