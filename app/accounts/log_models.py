"""The security log, and the browsers that an account is known by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from sqlalchemy.schema import FetchedValue
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db


class SecurityEvent(db.Model):
    """One line of the security log: a sign-in, a failure, a change of a way in, a denial, a reveal.

    Only added to; the database refuses change and deletion. `user_id` is whose account it is about,
    `actor_id` who did it; `outcome` is ``done``, ``failed`` or ``denied``. No clear number stands here.
    """

    __tablename__ = "security_event"
    __table_args__ = (
        Index("ix_security_event_at", "at", "id"),
        Index("ix_security_event_user", "user_id", "at"),
        Index("ix_security_event_actor", "actor_id", "at"),
        Index("ix_security_event_mark", "mark"),
        Index("ix_security_event_school", "school_id", "at", "id"),
        Index("ix_security_event_event", "event", "at", "id"),
        Index("ix_security_event_outcome", "outcome", "at", "id"),
        Index("ix_security_event_address", "address", "at", "id"),
        Index("ix_security_event_student_address", "address", "id",
              postgresql_where=text("actor_role = 'student' AND address <> ''")),
        Index("ix_security_event_about", text("(details ->> 'about')"), "id",
              postgresql_where=text("event = 'reveal'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(8), default="done")
    user_id: Mapped[int | None]
    school_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12), default="")
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_id: Mapped[str] = mapped_column(String(32), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    mark: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())

    # no foreign key: the log outlives the account
    user: Mapped[AppUser | None] = relationship(
        AppUser, primaryjoin=lambda: foreign(SecurityEvent.user_id) == AppUser.id, viewonly=True
    )


class KnownDevice(db.Model):
    """A browser by which somebody signed in to the account, and when last: a new one is told of."""

    __tablename__ = "known_device"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    device_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
