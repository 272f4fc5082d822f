"""Who reminded whom of which record on which day: once a day and matter (AGR-17)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Nudge(db.Model):
    """One reminder. A matter is a record in a state: who answered and is asked anew can be reminded anew."""

    __tablename__ = "nudge"
    __table_args__ = (Index("uq_nudge_day", "kind", "record_id", "state", "day", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[str] = mapped_column(String(20))  # of the workflow
    record_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]  # in China
    receiver: Mapped[str] = mapped_column(String(12))  # the role that the record waits for
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    by_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
