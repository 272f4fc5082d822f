"""The process trace: one row for each change of state, never changed or deleted (GRD-05).

`seq`, `previous`, `hash` and `mark` are filled by a trigger of the database; further triggers refuse UPDATE,
DELETE and TRUNCATE, and refuse to commit a changed state without its row (migrations 0002, 0023). What
nobody can undo without the key of the installation stands in `app.audit`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import FetchedValue
from sqlalchemy.types import DateTime

from app.core.db import db


class Trail(db.Model):
    """Who did what, when, to which record, from which state to which, and why."""

    __tablename__ = "trail"
    __table_args__ = (
        Index("uq_trail_record_seq", "kind", "record_id", "seq", unique=True),
        Index("ix_trail_school_at", "school_id", "at"),
        Index("ix_trail_actor_at", "actor_id", "at"),
        Index("ix_trail_mark", "mark"),
        Index("ix_trail_device", "device_id", "at", postgresql_where=text("device_id <> ''")),
        Index("ix_trail_address", "address", "id",
              postgresql_where=text("actor_role = 'student' AND address <> ''")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int]
    seq: Mapped[int] = mapped_column(server_default=FetchedValue())
    school_id: Mapped[int | None]
    step: Mapped[str] = mapped_column(String(30))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12))
    actor_name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_id: Mapped[str] = mapped_column(String(32), default="", server_default="")
    factor: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    txid: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    previous: Mapped[str] = mapped_column(String(64), server_default=FetchedValue())
    hash: Mapped[str] = mapped_column(String(64), server_default=FetchedValue())
    mark: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
