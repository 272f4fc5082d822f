"""What records were called before, by which number they were known, how signs are read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class FormerName(db.Model):
    """What a student or an employer was called before, and until when (ADM-02, ADM-06).

    The database keeps it itself whenever the name is written anew, whoever writes it; what an import
    has written and takes back was nobody's name.
    """

    __tablename__ = "former_name"
    __table_args__ = (
        Index("uq_former_name_student", "student_id", text("lower(name)"), unique=True),
        Index("uq_former_name_employer", "employer_id", text("lower(name)"), unique=True),
        Index("ix_former_name_grams", text("grams(lower(name))"), postgresql_using="gin"),
        CheckConstraint("(student_id IS NULL) <> (employer_id IS NULL)", name="former_name_of_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))  # as it was, folded already
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SignReading(db.Model):
    """How signs are read, for the order of names: tone and syllable of each, as «chong2 qing4».

    `kind`: ``char``; ``surname``, which counts at the beginning of a person's name; ``word`` of two signs.
    """

    __tablename__ = "reading"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    signs: Mapped[str] = mapped_column(String(8, collation="C"), primary_key=True)
    sound: Mapped[str] = mapped_column(String(40))


class Merged(db.Model):
    """A record that was merged into another: by its number it is still found."""

    __tablename__ = "merged"
    __table_args__ = (
        Index("ix_merged_number", "kind", "number"),
        Index("ix_merged_into", "kind", "into_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    gone_id: Mapped[int]
    into_id: Mapped[int]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[str] = mapped_column(String(20))  # student number or credit code
    name: Mapped[str] = mapped_column(String(120))
