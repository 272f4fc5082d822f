"""The employment plan (就业方案): one row a graduate, each value with its source (PLN-01, PLN-03)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.codes import queries as codes
from app.core.db import db
from app.people.models import Student


class PlanState(StrEnum):
    """Where a plan row stands (PLN-06)."""

    OPEN = "open"
    FILLED = "filled"
    CHECKED = "checked"
    REPORTED = "reported"


class Source(StrEnum):
    """Where a value of a plan row comes from (PLN-03)."""

    SIGNING = "signing"
    DESTINATION = "destination"
    STAFF = "staff"
    IMPORT = "import"


SOURCES = {
    Source.SIGNING: _l("from a signing"),
    Source.DESTINATION: _l("from a destination"),
    Source.STAFF: _l("typed by staff"),
    Source.IMPORT: _l("imported"),
}
PLAN_CHIPS = {PlanState.FILLED: "done", PlanState.CHECKED: "done", PlanState.REPORTED: "turn"}
PLAN_STATES = {
    PlanState.OPEN: _l("No destination"),
    PlanState.FILLED: _l("Filled"),
    PlanState.CHECKED: _l("Checked"),
    PlanState.REPORTED: _l("Reported"),
}


class PlanEntry(db.Model):
    """The destination part of a graduate's plan row; the person's part is read from the student.

    Columns follow the official layout: the field name beside each.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (
        Index("uq_plan_entry_student", "student_id", unique=True),
        Index("ix_plan_entry_school_year", "school_id", "graduation_year", "id"),
        Index("ix_plan_entry_placement", "placement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"), index=True)
    graduation_year: Mapped[int]
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id", use_alter=True))
    state: Mapped[str] = mapped_column(String(12), default=PlanState.OPEN)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    destination_code: Mapped[str | None] = mapped_column(String(3))  # BYQXDM
    credit_code: Mapped[str | None] = mapped_column(String(18))  # DWZZJGDM
    employer_name: Mapped[str | None] = mapped_column(String(120))  # DWMC
    employer_kind: Mapped[str | None] = mapped_column(String(2))  # DWXZDM
    industry: Mapped[str | None] = mapped_column(String(2))  # DWHYDM
    location: Mapped[str | None] = mapped_column(String(6))  # DWSZDDM
    position_kind: Mapped[str | None] = mapped_column(String(2))  # GZZWLBDM
    contact_name: Mapped[str | None] = mapped_column(String(60))  # DWLXR
    contact_phone: Mapped[str | None] = mapped_column(String(20))  # LXRDH
    address: Mapped[str | None] = mapped_column(String(200))  # DWDZ
    postcode: Mapped[str | None] = mapped_column(String(6))  # DWYB
    archive_to: Mapped[str | None] = mapped_column(String(120))  # DAZJDWMC
    archive_address: Mapped[str | None] = mapped_column(String(200))  # DAZJDWDZ
    archive_postcode: Mapped[str | None] = mapped_column(String(6))  # DAZJDWYB
    household_address: Mapped[str | None] = mapped_column(String(200))  # HKQZDZ

    student: Mapped[Student] = relationship()

    @property
    def destination(self) -> str:
        """Code and name of the destination in the edition of the graduation year (PLN-11)."""
        code = self.destination_code
        return f"{code} {codes.name('byqx', code, self.graduation_year)}" if code else ""

    @property
    def source(self) -> str:
        """Where the destination comes from (PLN-03)."""
        return str(self.sources.get("destination_code", ""))


DESTINATION_FIELDS = (
    "destination_code", "credit_code", "employer_name", "employer_kind", "industry", "location",
    "position_kind", "contact_name", "contact_phone", "address", "postcode", "archive_to",
    "archive_address", "archive_postcode", "household_address",
)  # fmt: skip
