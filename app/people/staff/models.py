"""Requests about accounts of staff: what is to change, who asked, who may confirm."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db


class StaffAct(StrEnum):
    """What one administrator asks and another confirms."""

    OPEN = "open"
    CHANGE = "change"
    PASSWORD = "forget_password"  # noqa: S105 (the name of an act)
    FACTOR = "reset_factor"
    ACTIVATE = "activate"


class RequestState(StrEnum):
    """A request is open for seven days at most."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


ACTS = {
    StaffAct.OPEN: _l("Open a staff account"),
    StaffAct.CHANGE: _l("Change a staff account"),
    StaffAct.PASSWORD: _l("Reset the password"),
    StaffAct.FACTOR: _l("Reset the second factor"),
    StaffAct.ACTIVATE: _l("Let the account sign in again"),
}
LABELS = {
    RequestState.OPEN: _l("awaits confirmation"),
    RequestState.DONE: _l("confirmed and done"),
    RequestState.REFUSED: _l("not confirmed"),
    RequestState.WITHDRAWN: _l("taken back"),
    RequestState.EXPIRED: _l("expired unconfirmed"),
}
CHIPS = {
    RequestState.OPEN: "waiting",
    RequestState.DONE: "done",
    RequestState.REFUSED: "refused",
    RequestState.WITHDRAWN: "closed",
    RequestState.EXPIRED: "closed",
}


class StaffRequest(db.Model):
    """One request. `before` and `after`: name, email, role, school_id, college_id, as far as they count."""

    __tablename__ = "staff_request"
    __table_args__ = (
        Index(
            "uq_staff_request_open",
            "username",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_staff_request_state", "state", "created_at"),
        Index("ix_staff_request_user", "user_id"),
        Index("ix_staff_request_asked_by", "asked_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    username: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    reason: Mapped[str] = mapped_column(String(200), default="")
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    asked_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser | None] = relationship(foreign_keys=[user_id])
    asker: Mapped[AppUser | None] = relationship(foreign_keys=[asked_by])
