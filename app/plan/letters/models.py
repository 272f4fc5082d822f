"""Archive forwarding letters (PLN-10)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.people.schools.models import College
from app.people.students.models import Student


class ForwardingLetter(db.Model):
    """An archive forwarding letter (档案转递单): its number, where it goes, by which courier (PLN-10).

    What it says was copied from the plan row when it was numbered. A student has one that is not void.
    """

    __tablename__ = "forwarding_letter"
    __table_args__ = (
        Index("uq_forwarding_letter_number", "school_id", "number", unique=True),
        Index(
            "uq_forwarding_letter_student",
            "student_id",
            unique=True,
            postgresql_where=text("void_at IS NULL"),
        ),
        Index("ix_forwarding_letter_year", "school_id", "graduation_year", "id"),
    )

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
