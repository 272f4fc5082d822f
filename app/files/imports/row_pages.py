"""All rows of an import, a page at a time: by status, by the column that changes, by problem (BLK-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.core.db import db
from app.core.registry import stores
from app.files.imports import changes as changed
from app.files.imports import groups, preview
from app.files.imports.models import IMPORT_CHIPS, IMPORT_STATES, Import, ImportState
from app.files.imports.row_models import ROW_STATUSES, ImportRow, RowStatus
from app.files.imports.sheet import Sheet

SHOWN = 50
ORDER = (RowStatus.FAULTY, RowStatus.CHANGED, RowStatus.NEW, RowStatus.SAME)


def urls(record: Import) -> dict[str, str]:
    """Where the rows of each status stand; "" where there are none."""
    return {
        status.value: url_for("ImportsView.rows", uid=record.uid, status=status.value)
        if getattr(record, status.value)
        else ""
        for status in RowStatus
    }


def changes(record: Import, sheet: Sheet) -> list[tuple[str, int, str]]:
    """(column, rows that change it, where they stand)."""
    return [
        (
            str(sheet.column(name).label),
            rows,
            url_for("ImportsView.rows", uid=record.uid, status="changed", column=name),
        )
        for name, rows in changed.by_column(record, sheet).items()
    ]


def problem_url(record: Import, name: str, why: str) -> str:
    """Where the rows of a group of problems stand."""
    return url_for("ImportsView.rows", uid=record.uid, status="faulty", column=name, why=why)


def page(record: Import, args: Mapping[str, str]) -> dict[str, Any]:
    """One page: what the address asks for, or the first status that has rows."""
    sheet = stores().sheets[record.sheet]
    there = [status for status in ORDER if getattr(record, status.value)]
    wished = args.get("status", "")
    status = RowStatus(wished) if wished in [s.value for s in RowStatus] else (there or ORDER)[0]
    names = {column.field for column in sheet.columns}
    name = args.get("column", "") if args.get("column") in names else ""
    why, after = args.get("why", "")[:300], args.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 8 else 0
    wanted = _wanted(record, sheet, status, name, why)
    count = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    before = _before(wanted, start)
    rows = db.session.scalars(
        wanted.where(ImportRow.row > start).order_by(ImportRow.row).limit(SHOWN)
    ).all()
    here: dict[str, Any] = {
        "uid": record.uid,
        "status": status.value,
        "column": name or None,
        "why": why or None,
    }
    return {
        **_head(record, sheet, status, there, name),
        "item": preview.part_of(record, sheet, sheet.prepare(record), status, count, rows),
        "only": _only(sheet, status, name, why),
        "all_url": url_for("ImportsView.rows", uid=record.uid, status=status.value),
        "first": before + 1,
        "last": before + len(rows),
        "start_url": url_for("ImportsView.rows", **here),
        "next_url": url_for("ImportsView.rows", **here, after=rows[-1].row)
        if before + len(rows) < count
        else "",
    }


def _head(
    record: Import, sheet: Sheet, status: RowStatus, there: Sequence[RowStatus], name: str
) -> dict[str, object]:
    links = urls(record)
    return {
        "title": _("Rows of the file"),
        "active": sheet.menu,
        "back": (record.file_name, url_for("ImportsView.show", uid=record.uid)),
        "status": (
            IMPORT_STATES[ImportState(record.state)],
            IMPORT_CHIPS[ImportState(record.state)],
        ),
        "tabs": [
            (ROW_STATUSES[s], links[s.value], getattr(record, s.value), s is status) for s in there
        ],
        "filters": [
            (f"{label} {rows}", url, name and url.endswith(f"column={name}"))
            for label, rows, url in changes(record, sheet)
        ]
        if status is RowStatus.CHANGED
        else [],
    }


def _wanted(record: Import, sheet: Sheet, status: RowStatus, name: str, why: str) -> Select[Any]:
    wanted = select(ImportRow).where(ImportRow.import_id == record.id, ImportRow.status == status)
    if name and status is RowStatus.CHANGED:
        wanted = wanted.where(ImportRow.old.has_key(changed.key_of(sheet.column(name))))
    elif name and why and status is RowStatus.FAULTY:
        wanted = wanted.where(ImportRow.row.in_(groups.rows_in(record, sheet, name, why, None)))
    return wanted


def _before(wanted: Select[Any], start: int) -> int:
    if not start:
        return 0
    rows = wanted.where(ImportRow.row <= start)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _only(sheet: Sheet, status: RowStatus, name: str, why: str) -> str:
    if not name or (status is RowStatus.FAULTY and not why):
        return ""
    label = sheet.column(name).label
    if status is RowStatus.FAULTY:
        return _("Only rows with this problem in “%(column)s”.", column=label)
    if status is RowStatus.CHANGED:
        return _("Only rows that change “%(column)s”.", column=label)
    return ""


def book_url(record: Import) -> str:
    """Where a workbook of all changes is asked for: a package above makes such papers; "" for employers."""
    return "" if record.employer_id else url_for("ImportChangesView.make", uid=record.uid)
