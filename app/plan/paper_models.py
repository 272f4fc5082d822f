"""What is made of the plan: papers for who asked, archive forwarding letters (PLN-09, PLN-10)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.people.models import College, Student


class ForwardingLetter(db.Model):
    """An archive forwarding letter (档案转递单): its number, where it goes, by which courier (PLN-10).

    What it says was copied from the plan row when it was numbered. A student has one that is not void.
    """

    __tablename__ = "forwarding_letter"
    __table_args__ = (
        Index("uq_forwarding_letter_number", "school_id", "number", unique=True),
        Index("uq_forwarding_letter_student", "student_id", unique=True,
              postgresql_where=text("void_at IS NULL")),
        Index("ix_forwarding_letter_year", "school_id", "graduation_year", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"), index=True)
    graduation_year: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    archive_to: Mapped[str] = mapped_column(String(120))
    archive_address: Mapped[str] = mapped_column(String(200))
    archive_postcode: Mapped[str] = mapped_column(String(6))
    contact: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(20))
    courier: Mapped[str | None] = mapped_column(String(40))
    tracking_number: Mapped[str | None] = mapped_column(String(40))
    sent_on: Mapped[date | None]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    void_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    student: Mapped[Student] = relationship()
    college: Mapped[College] = relationship()


class PaperKind(StrEnum):
    """What the worker makes of the plan for somebody who asked."""

    DIFFERENCES = "differences"
    OFFICIAL = "official"
    LETTERS = "letters"
    COURIER = "courier"


PAPER_KINDS = {
    PaperKind.DIFFERENCES: _l("Differences"),
    PaperKind.OFFICIAL: _l("Official workbook, filled"),
    PaperKind.LETTERS: _l("Forwarding letters"),
    PaperKind.COURIER: _l("Courier sheet"),
}


class Paper(db.Model):
    """A file that the worker makes of the plan: for who asked only, encrypted, a week long (BLK-04)."""

    __tablename__ = "plan_paper"
    __table_args__ = (Index("ix_plan_paper_user", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)  # year, college, rows: what was asked for
    file_name: Mapped[str] = mapped_column(String(120))
    source_key: Mapped[str | None] = mapped_column(String(60))  # the workbook brought, encrypted
    result_key: Mapped[str | None] = mapped_column(String(60))  # what was made, encrypted
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    problem: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def busy(self) -> bool:
        """Whether the worker is at it."""
        return self.finished_at is None
