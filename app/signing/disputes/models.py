"""A person's word that an event of its account was another's hand; the account is frozen (INV-20)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db


class DisputeState(StrEnum):
    """Whether the account is frozen still; CONFIRMED: it was another, and is frozen until put right."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


FREEZES = (DisputeState.OPEN, DisputeState.CONFIRMED)
LABELS = {
    DisputeState.OPEN: _l("Frozen; the person is to be spoken to"),
    DisputeState.CONFIRMED: _l("Another's hand; frozen until put right"),
    DisputeState.CLEARED: _l("Cleared; the account is open"),
}
CHIPS = {
    DisputeState.OPEN: "waiting",
    DisputeState.CONFIRMED: "refused",
    DisputeState.CLEARED: "done",
}


class Dispute(db.Model):
    """One account under dispute, from the link that froze it until a person has cleared it.

    `role`, `school_id` and `name` are the account's; `subject` the message that was answered, `contact`
    the masked phone or address it had come to; `actor_…` who had done what it told of; `by_school`
    whether the school's own staff had a hand in a way in: then the province decides.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        Index(
            "uq_dispute_account",
            "user_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'confirmed')"),
        ),
        Index("ix_dispute_user", "user_id"),
        Index("ix_dispute_school", "school_id", "state", "changed_at", "id"),
        Index("ix_dispute_state", "state", "changed_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    role: Mapped[str] = mapped_column(String(12))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    contact: Mapped[str] = mapped_column(String(120), default="")
    actor_role: Mapped[str] = mapped_column(String(12), default="")
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    by_school: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()
