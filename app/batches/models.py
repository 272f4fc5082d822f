"""A batch: one step for many records, and what became of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Outcome(StrEnum):
    """What became of one record of a batch; none while it waits."""

    DONE = "done"
    REFUSED = "refused"


class Batch(db.Model):
    """What somebody asked to be done to many records; the worker does it as that person."""

    __tablename__ = "batch"
    __table_args__ = (Index("ix_batch_user", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)  # the form it came from: sent once
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    kind: Mapped[str] = mapped_column(String(20))  # of the workflow
    step: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    back_url: Mapped[str] = mapped_column(String(800), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BatchRow(db.Model):
    """One record of a batch."""

    __tablename__ = "batch_row"

    batch_id: Mapped[int] = mapped_column(
        ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str | None] = mapped_column(String(10))
    sentence: Mapped[str] = mapped_column(String(500), default="")
