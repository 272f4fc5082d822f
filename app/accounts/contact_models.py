"""Phones and mails of accounts that were replaced (ACC-15)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.crypto import Sealed
from app.core.db import db
from app.core.text import mask_email


class ContactChange(db.Model):
    """A phone or mail address of an account was replaced: what it was, what it is, by whose hand (ACC-15).

    `source` is ``staff``, ``file``, ``merge`` or ``self``. Until `held_until` the new one proves no act,
    unless `confirmed_by` says what spoke for it: ``old_phone``, ``mail``, ``campus`` or
    ``second_person``. `undone_at`: the change was taken back. An address was the person's until `at` of
    its change. A first sign-in that staff reset is a change of no address: its `channel` is ``reset``.
    `told` is to how many addresses the change was said.
    """

    __tablename__ = "contact_change"
    __table_args__ = (
        Index("ix_contact_change_user", "user_id", "at"),
        Index("ix_contact_change_at", "at"),
        Index("ix_contact_change_import", "import_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))  # sms, mail or reset
    old_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_masked: Mapped[str | None] = mapped_column(String(120))
    new_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    new_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    new_masked: Mapped[str | None] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12))
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    import_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_by: Mapped[str] = mapped_column(String(16), default="", server_default="")
    confirmer_id: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # the person says it was another's hand: nobody confirms it meanwhile (the database refuses)
    disputed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    password_digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # keyed, of the stored hash
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    user: Mapped[AppUser] = relationship(viewonly=True)

    old = Sealed("contact", mask_email, str.strip)
    new = Sealed("contact", mask_email, str.strip)
