"""The employment plan (就业方案): one row a graduate, each value with its source (PLN-01, PLN-03)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.codes import labels
from app.core.db import db
from app.core.named import Title, order_column
from app.people.schools.models import College
from app.people.students.models import Student


class PlanState(StrEnum):
    """Where a plan row stands (PLN-06).

    Open and filled follow the placement in force or what staff typed; checked and reported are decided.
    """

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
        Index("ix_plan_entry_order", "school_id", "employer_name_order", "id"),
        Index("ix_plan_entry_state", "school_id", "state", "changed_at", "id"),
        Index("ix_plan_entry_staff", "school_id", postgresql_where=text("by_staff IS true")),
        Index("ix_plan_entry_credit_code", "credit_code"),
        # the employers' names that no placement's index knows (plan.narrowing)
        Index("ix_plan_entry_grams", text("grams(lower(employer_name))"), postgresql_using="gin",
              postgresql_where=text("employer_name IS NOT NULL AND (placement_id IS NULL"
                                    " OR coalesce(sources ->> 'employer_name', '') <> 'signing')")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"), index=True)
    graduation_year: Mapped[int]
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id", use_alter=True))
    state: Mapped[str] = mapped_column(String(12), default=PlanState.OPEN)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    by_staff: Mapped[bool] = mapped_column(default=False, server_default="false")  # some of it
    destination_code: Mapped[str | None] = mapped_column(String(3))  # BYQXDM
    credit_code: Mapped[str | None] = mapped_column(String(18))  # DWZZJGDM
    employer_name: Mapped[str | None] = mapped_column(Title(120))  # DWMC
    employer_name_order: Mapped[str] = order_column()
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
    college: Mapped[College] = relationship()
    placement: Mapped[Any] = relationship("Placement", foreign_keys=[placement_id], viewonly=True)

    @property
    def destination(self) -> str:
        """Code and name of the destination in the edition of the graduation year (PLN-11)."""
        code = self.destination_code
        return f"{code} {labels.code_text('byqx', code, self.graduation_year)}" if code else ""

    @property
    def source(self) -> str:
        """Where the destination comes from (PLN-03)."""
        return str(self.sources.get("destination_code", ""))


DESTINATION_FIELDS = (
    "destination_code",
    "credit_code",
    "employer_name",
    "employer_kind",
    "industry",
    "location",
    "position_kind",
    "contact_name",
    "contact_phone",
    "address",
    "postcode",
    "archive_to",
    "archive_address",
    "archive_postcode",
    "household_address",
)
OFFICIAL = {
    "destination_code": "BYQXDM",
    "credit_code": "DWZZJGDM",
    "employer_name": "DWMC",
    "employer_kind": "DWXZDM",
    "industry": "DWHYDM",
    "location": "DWSZDDM",
    "position_kind": "GZZWLBDM",
    "contact_name": "DWLXR",
    "contact_phone": "LXRDH",
    "address": "DWDZ",
    "postcode": "DWYB",
    "archive_to": "DAZJDWMC",
    "archive_address": "DAZJDWDZ",
    "archive_postcode": "DAZJDWYB",
    "household_address": "HKQZDZ",
}
FIELD_LABELS = {
    "destination_code": _l("Destination"), "credit_code": _l("Credit code"),
    "employer_name": _l("Employer"), "employer_kind": _l("Nature"), "industry": _l("Industry"),
    "location": _l("Region"), "position_kind": _l("Kind of position"),
    "contact_name": _l("Contact"), "contact_phone": _l("Telephone"), "address": _l("Address"),
    "postcode": _l("Postcode"), "archive_to": _l("Forward the archive to"),
    "archive_address": _l("Forwarding address"), "archive_postcode": _l("Forwarding postcode"),
    "household_address": _l("Household address"),
}  # fmt: skip


class PlanDirty(db.Model):
    """A student whose plan row may no longer be right; written in the transaction of the change."""

    __tablename__ = "plan_dirty"

    student_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    xid: Mapped[int] = mapped_column(BigInteger)  # the last transaction that said so


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {
    "uq_plan_entry_student": _l("Both have a row in the employment plan that staff filled.")
}
