"""Schools, their colleges and majors."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.named import order_column


class School(db.Model):
    """A university or college of higher education; code of 5 or 6 digits."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    contact: Mapped[str] = mapped_column(String(120), default="")
    active: Mapped[bool] = mapped_column(default=True)
    name_order: Mapped[str] = order_column()

    def __str__(self) -> str:
        return self.name


class College(db.Model):
    """A school's part (学院)."""

    __tablename__ = "college"
    __table_args__ = (Index("uq_college_school_code", "school_id", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    name_order: Mapped[str] = order_column()
    school: Mapped[School] = relationship()

    def __str__(self) -> str:
        return self.name


class Major(db.Model):
    """A subject taught by a college (专业), with its official code."""

    __tablename__ = "major"
    __table_args__ = (Index("uq_major_college_code", "college_id", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    code: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_order: Mapped[str] = order_column()
    college: Mapped[College] = relationship()

    def __str__(self) -> str:
        return self.name
