"""A merging that waits for the person behind both records."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class MergeRequest(db.Model):
    """A merging that staff ask for, and that waits for the yes of the person behind both (ACC-15).

    `outcome` is ``merged``, ``withdrawn`` or ``refused`` once it has ended.
    """

    __tablename__ = "merge_request"
    __table_args__ = (
        Index(
            "uq_merge_request_open",
            "kind",
            "keep_id",
            "gone_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # student or employer
    keep_id: Mapped[int]
    gone_id: Mapped[int]
    take: Mapped[list[str]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(200))
    asked_by: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default="")
