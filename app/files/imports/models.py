"""Imports and their staged rows. What they hold of personal numbers is what the target's model holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db
from app.core.vault import Vault
from app.files.imports.row_models import RowStatus
from app.workflow.states import StateIs


class ImportState(StrEnum):
    """Where an import stands; `writing` and `undoing` while the worker is at it."""

    UPLOADED = "uploaded"
    MAPPING = "mapping"
    CHECKED = "checked"
    WRITING = "writing"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"
    FAILED = "failed"


IMPORT_STATES = {
    ImportState.UPLOADED: _l("Being checked"),
    ImportState.MAPPING: _l("Columns and values to be mapped"),
    ImportState.CHECKED: _l("Checked, not yet applied"),
    ImportState.WRITING: _l("Being applied"),
    ImportState.APPLIED: _l("Imported"),
    ImportState.UNDOING: _l("Being undone"),
    ImportState.UNDONE: _l("Undone"),
    ImportState.DISCARDED: _l("Discarded"),
    ImportState.FAILED: _l("Could not be read"),
}
IMPORT_CHIPS = {
    ImportState.UPLOADED: "waiting",
    ImportState.MAPPING: "turn",
    ImportState.CHECKED: "turn",
    ImportState.WRITING: "waiting",
    ImportState.APPLIED: "done",
    ImportState.UNDOING: "waiting",
    ImportState.UNDONE: "closed",
    ImportState.DISCARDED: "closed",
    ImportState.FAILED: "refused",
}
FILES = Vault("import", ".bulk", ("file_key", "errors_key"))  # as uploaded, and the error workbook
OPEN = (ImportState.MAPPING, ImportState.CHECKED)  # the person's turn
BUSY = (ImportState.UPLOADED, ImportState.WRITING, ImportState.UNDOING)


class Import(db.Model):
    """One file that somebody brought, what was found in it, and what became of it."""

    __tablename__ = "import_file"
    __table_args__ = (
        Index("ix_import_file_school", "school_id", "created_at", "id"),
        Index("ix_import_file_employer", "employer_id", "created_at", "id"),
        Index("ix_import_file_user", "user_id"),
        Index("ix_import_file_kept", "changed_at", postgresql_where=text("file_key IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    sheet: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    file_key: Mapped[str | None] = mapped_column(String(60))  # encrypted; none once deleted
    errors_key: Mapped[str | None] = mapped_column(String(60))  # the error workbook, encrypted
    stage: Mapped[str] = mapped_column(String(12), default="")  # of the worker, while it is at it
    total: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    faulty: Mapped[int] = mapped_column(default=0)
    only_good: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()

    busy = StateIs(*BUSY)  # the worker is at it
    is_open = StateIs(*OPEN)  # it is the person's turn
    is_uploaded = StateIs(ImportState.UPLOADED)  # its check is yet to come
    asks = StateIs(ImportState.MAPPING)  # its words must be mapped before it can be checked
    is_checked = StateIs(ImportState.CHECKED)  # its preview waits for the person
    is_applied = StateIs(ImportState.APPLIED)  # its rows are written
    is_undone = StateIs(ImportState.UNDONE)  # its rows were written and taken back

    @property
    def owner(self) -> tuple[str, int]:
        """Whose data it changes: what two imports of one lock name must not meet in."""
        return (
            ("employer", self.employer_id) if self.employer_id else ("school", self.school_id or 0)
        )

    @property
    def counted(self) -> bool:
        """Whether its rows have numbers: those of a former check are none while it is checked again."""
        return bool(self.total) and not self.is_uploaded

    @property
    def waits(self) -> bool:
        """Whether it is the person's turn, and its rows are still kept."""
        return self.is_open and self.file_key is not None

    @property
    def place(self) -> tuple[str, str]:
        """What leads to its page."""
        return self.uid, self.file_name

    @property
    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many rows of each status, and what becomes of them where not all are simply written."""
        return self.shown, self.tally

    @property
    def shown(self) -> dict[str, int]:
        """The rows of each status, as the page and the dialog say them."""
        return {"total": self.total, **{s.value: getattr(self, s.value) for s in RowStatus}}

    @property
    def tally(self) -> dict[str, int]:
        """How many rows are written, asked for, blocked; empty where all good rows are written."""
        return dict(self.details.get("tally", {}))

    @property
    def seen(self) -> str:
        """All numbers of the page as one word: what is confirmed is confirmed for these."""
        return "-".join(str(n) for n in (*self.shown.values(), *self.tally.values()))

    @property
    def version(self) -> str:
        """Which of its pages this is: every step that leads it on makes another."""
        return self.changed_at.isoformat()

    @property
    def concerns(self) -> dict[str, Any]:
        """What must be agreed to before it is written: what is left out, what changes improbably often."""
        return dict(self.details.get("concerns", {}))

    @property
    def agreed(self) -> bool:
        """Whether somebody has agreed to just that."""
        return bool(self.concerns == self.details.get("agreed", {}))

    @property
    def to_write(self) -> int:
        """How many rows would change the data."""
        return self.new + self.changed

    def __str__(self) -> str:
        return self.file_name
