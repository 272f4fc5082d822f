"""Notices on the site: one row for each person told of an event (NTF-01)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db
from app.core.mail import Message

KINDS = {
    "invitation": _l("Invitations"),
    "placement": _l("Signing matters"),
    "termination": lazy_pgettext("heading", "Termination"),
    "chance": lazy_pgettext("heading", "Termination"),
    "objection": _l("Contested by the student"),
    "dispute": _l("Disowned"),
    "employer": _l("Registration"),
    "restriction": _l("Restriction"),
    "remind": _l("Reminder"),
    "waiting": _l("Reminder"),
    "question": _l("Reports"),
}  # what the key of a notice begins with

# why no message went out for a notice (NTF-05); the last one stands in the trace of the act
NO_WAY, TEXTS_OFF, TEXTS_SPENT, NO_ACCOUNT = "no_way", "texts_off", "texts_spent", "no_account"


class Notice(db.Model):
    """What one account is told, in its own language; `key` keeps an event from being told twice."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("uq_notice_user_key", "user_id", "key", unique=True),
        Index("ix_notice_user_at", "user_id", "created_at"),
        Index("ix_notice_key", "key"),
        Index("ix_notice_unread", "user_id", postgresql_where="read_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(String(1000))
    url: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    shown_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))  # later while undoable
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # one of the reasons above; empty: a message went out, or the receiver finds it on its desk
    unreached: Mapped[str] = mapped_column(String(12), default="", server_default="")

    @property
    def about(self) -> str:
        """What kind of event it tells of."""
        return str(KINDS.get(self.key.partition(":")[0], ""))


# `receiver` of a message, as the delivery log shows it: see `app.wiring`
RECEIVER = relationship(
    AppUser, primaryjoin=foreign(Message.user_id) == AppUser.id, viewonly=True, uselist=False
)
