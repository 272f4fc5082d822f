"""What the contacts of an account were told of, and the link «this was not me» in each message (INV-20)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db


class AccountWarning(db.Model):
    """One event that every contact of an account was told of (INV-20, NTF-05).

    `key` names the event; `record_kind` and `record_id` the record it is about, empty where it is about
    the account itself; `actor_…` who did it (nobody: a stranger with a code); `told` how many contacts
    were told, 0 where there was none; `used_at` when somebody said «this was not me».
    """

    __tablename__ = "account_warning"
    __table_args__ = (
        Index("uq_account_warning_key", "user_id", "key", unique=True),
        Index("ix_account_warning_at", "user_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    record_kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
    record_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12), default="", server_default="")
    actor_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()
    links: Mapped[list[WarningLink]] = relationship(
        back_populates="warning", order_by="WarningLink.id", passive_deletes=True
    )


class WarningLink(db.Model):
    """The link «this was not me» of the message to one contact; its token is kept hashed."""

    __tablename__ = "warning_link"
    __table_args__ = (Index("ix_warning_link_warning", "warning_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256 of the token
    warning_id: Mapped[int] = mapped_column(ForeignKey("account_warning.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))
    address_masked: Mapped[str] = mapped_column(String(120))
    message_key: Mapped[str] = mapped_column(String(120))  # of the outbox: what became of it
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    warning: Mapped[AccountWarning] = relationship(back_populates="links")
