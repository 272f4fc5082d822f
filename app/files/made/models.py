"""What the worker makes for somebody who asked (BLK-04)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class MadeFile(db.Model):
    """A file that the worker makes: for who asked only, encrypted, a week long (BLK-04)."""

    __tablename__ = "plan_paper"
    __table_args__ = (Index("ix_plan_paper_user", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)  # year, college, rows: what was asked for
    file_name: Mapped[str] = mapped_column(String(120))
    source_key: Mapped[str | None] = mapped_column(String(60))  # the workbook brought, encrypted
    result_key: Mapped[str | None] = mapped_column(String(60))  # what was made, encrypted
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    problem: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def busy(self) -> bool:
        """Whether the worker is at it."""
        return self.finished_at is None
