"""Exports: who asked for what, how many rows, for what purpose, and the file kept for that person alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db
from app.core.vault import Vault
from app.workflow.states import StateIs


class ExportState(StrEnum):
    """Where an export stands; `held` where the format cannot hold every character and the asker decides."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


EXPORT_STATES = {
    ExportState.WAITING: _l("Waiting"),
    ExportState.RUNNING: _l("Being made"),
    ExportState.HELD: _l("Cannot hold everything"),
    ExportState.READY: _l("Ready"),
    ExportState.FAILED: _l("Could not be made"),
    ExportState.EXPIRED: _l("Deleted"),
}
EXPORT_CHIPS = {
    ExportState.WAITING: "waiting",
    ExportState.RUNNING: "waiting",
    ExportState.HELD: "turn",
    ExportState.READY: "done",
    ExportState.FAILED: "refused",
    ExportState.EXPIRED: "closed",
}
FILES = Vault("export", ".out", ("file_key",))
BUSY = (ExportState.WAITING, ExportState.RUNNING)


class Format(StrEnum):
    """What a file is; CSV is written while it is fetched, the others by the worker."""

    CSV = "csv"
    GB18030 = "csv-gb18030"
    XLSX = "xlsx"
    ANALYSIS = "xlsx-pivot"
    DBF = "dbf"

    @property
    def ending(self) -> str:
        """The ending of a file's name."""
        return self.value.partition("-")[0]

    @property
    def at_once(self) -> bool:
        """Whether it is written while it is fetched."""
        return self.ending == "csv"


FORMATS = {
    Format.XLSX: _l("Excel workbook (.xlsx)"),
    Format.ANALYSIS: _l(
        "Analysis workbook (.xlsx): numbers and dates that can be summed, pivots, a chart"
    ),
    Format.CSV: _l("Text table (.csv), any number of rows"),
    Format.GB18030: _l("Text table for older programs (.csv in GB18030)"),
    Format.DBF: _l("dBase table (.dbf in GBK)"),
}
# what is true of each, said where it is chosen
HINTS = {
    Format.XLSX: _l(".xlsx: every cell is a text, so that no digit is lost. It cannot be summed."),
    Format.ANALYSIS: _l("Analysis workbook: pay is a number, days are dates; codes, student numbers and "
                        "phones stay texts. Up to 1,000,000 cells."),
    Format.CSV: _l(".csv: comes at once and keeps every digit; but Excel, opening it by a double click, "
                   "shows long numbers as 4.2E+17. Bring it in by “Data → From text”, all columns as text."),
    Format.GB18030: _l(".csv in GB18030: the same, for programs that cannot read UTF-8."),
    Format.DBF: _l(".dbf: fixed widths and the characters of GBK only; what does not fit is listed before a "
                   "file is made."),
}  # fmt: skip


class Export(db.Model):
    """One file that somebody asked for."""

    __tablename__ = "export_file"
    __table_args__ = (
        Index("ix_export_file_user", "user_id", "created_at", "id"),
        Index("ix_export_file_school", "school_id", "created_at", "id"),
        Index("ix_export_file_employer", "employer_id"),
        Index(
            "ix_export_file_kept", "kept_until", postgresql_where=text("state IN ('ready', 'held')")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    what: Mapped[str] = mapped_column(String(30))  # the source
    title: Mapped[str] = mapped_column(String(120))
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)  # filters, search, order, columns
    format: Mapped[str] = mapped_column(String(12))
    clear: Mapped[bool] = mapped_column(default=False)  # with whole personal numbers
    purpose: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    counted: Mapped[int | None]  # rows when it was asked for; none where counting took too long
    done: Mapped[int] = mapped_column(default=0)  # rows written so far
    size: Mapped[int | None] = mapped_column(BigInteger)
    file_key: Mapped[str | None] = mapped_column(String(60))  # encrypted; none for CSV
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    kept_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()

    busy = StateIs(*BUSY)  # the worker is at it

    @property
    def place(self) -> tuple[str, str, int]:
        """What leads to its page, for who asked for it."""
        return self.uid, self.title, self.user_id

    def __str__(self) -> str:
        return self.title
