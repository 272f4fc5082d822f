"""Employers: what a school approved, and the signing profile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db
from app.core.named import ContactName, Title, order_column
from app.core.phones import folded
from app.core.text import mask_phone
from app.people.schools.models import School
from app.workflow.states import StateIs


class EmployerState(StrEnum):
    """Where an employer's qualification review stands (ACC-07)."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    LISTED = "listed"  # by staff, without an account of its own
    MERGED = "merged"  # a second record, whose signings another one has now


EMPLOYER_STATES = {
    EmployerState.AWAITING: _l("Awaiting review"),
    EmployerState.APPROVED: _l("Approved"),
    EmployerState.REJECTED: _l("Rejected"),
    EmployerState.BLOCKED: _l("Blocked"),
    EmployerState.LISTED: _l("On the register"),
    EmployerState.MERGED: _l("Merged"),
}
EMPLOYER_CHIPS = {
    EmployerState.AWAITING: "waiting",
    EmployerState.APPROVED: "done",
    EmployerState.REJECTED: "refused",
    EmployerState.BLOCKED: "refused",
}


class Employer(db.Model):
    """An employer: what the checking school approved, and the signing profile (ACC-07, ACC-08)."""

    __tablename__ = "employer"
    __table_args__ = (
        Index("ix_employer_school_state", "school_id", "state", "changed_at"),
        Index("ix_employer_order", "name_order", "id"),
        Index(
            "ix_employer_initials",
            text("grams(name_initials(name_order))"),
            postgresql_using="gin",
        ),
        Index("ix_employer_grams", text("grams(lower(name))"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(Title(120))
    name_order: Mapped[str] = order_column()
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    state: Mapped[str] = mapped_column(String(12), default=EmployerState.AWAITING)
    licence_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id", use_alter=True))
    kind: Mapped[str | None] = mapped_column(String(2))  # nature: code table dwxz
    industry: Mapped[str | None] = mapped_column(String(2))  # code table dwhy
    location: Mapped[str | None] = mapped_column(String(6))  # region
    address: Mapped[str | None] = mapped_column(String(200))
    postcode: Mapped[str | None] = mapped_column(String(6))
    contact_name: Mapped[str] = mapped_column(ContactName(60))
    contact_phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact_phone_masked: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(120))
    archive_receiver: Mapped[str | None] = mapped_column(String(16))  # code table dajs
    archive_to: Mapped[str | None] = mapped_column(Title(120))
    archive_address: Mapped[str | None] = mapped_column(String(200))
    archive_postcode: Mapped[str | None] = mapped_column(String(6))
    archive_contact: Mapped[str | None] = mapped_column(ContactName(60))
    archive_phone: Mapped[str | None] = mapped_column(String(20))
    household_kind: Mapped[str | None] = mapped_column(String(16))  # code table hkjs
    household_address: Mapped[str | None] = mapped_column(String(200))
    profile_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("app_now()")
    )
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    contact_phone = Sealed("contact_phone", mask_phone, folded)
    school: Mapped[School] = relationship()

    is_approved = StateIs(EmployerState.APPROVED)  # a school has approved it (ACC-07)
    is_blocked = StateIs(EmployerState.BLOCKED)  # it may sign nobody any more (ADM-06)
    # it may go about its signings: a blocked one still answers for those in force
    was_approved = StateIs(EmployerState.APPROVED, EmployerState.BLOCKED)

    def __str__(self) -> str:
        return self.name
