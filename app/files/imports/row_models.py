"""The staged rows of an import."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import db


class RowStatus(StrEnum):
    """What a row of the file would do."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    FAULTY = "faulty"


ROW_STATUSES = {
    RowStatus.NEW: _l("To be added"),
    RowStatus.CHANGED: _l("Changed"),
    RowStatus.SAME: _l("Unchanged"),
    RowStatus.FAULTY: _l("Faulty"),
}


class ImportRow(db.Model):
    """One row of the file: `values` go to the target's columns, `more` is kept beside them.

    No foreign key: an import is never deleted, and each row would be checked for nothing.
    """

    __tablename__ = "import_row"

    import_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False
    )  # 1 … n, over all sheets
    sheet: Mapped[int] = mapped_column(SmallInteger)  # index in details["sheets"]
    line: Mapped[int]  # its number in the sheet, as Excel shows it
    status: Mapped[str] = mapped_column(String(8))
    uid: Mapped[str] = mapped_column(String(32))  # of the record, if it is a new one
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    more: Mapped[dict[str, Any]] = mapped_column(JSONB)
    problems: Mapped[list[list[str]] | None] = mapped_column(JSONB)  # [field, sentence]
    old: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # what a changed row replaces
