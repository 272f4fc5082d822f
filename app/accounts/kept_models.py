"""What somebody sent after the session had ended, until its own account has signed in (ACC-14)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class KeptPost(db.Model):
    """One form that waits: whose it is, from which browser, sealed with what was typed.

    `sent_at`: it is being sent since then. Passwords, codes and files are never in it.
    """

    __tablename__ = "kept_post"
    __table_args__ = (
        Index("ix_kept_post_user", "user_id", "made_at"),
        Index("ix_kept_post_at", "made_at"),
    )

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    device_id: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
