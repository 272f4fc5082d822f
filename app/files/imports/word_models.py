"""What a school or an employer once decided of a header or a word of its files (BLK-02)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db


class ImportWord(db.Model):
    """What a school or an employer once decided of a header or a word of its files (BLK-06)."""

    __tablename__ = "import_word"
    __table_args__ = (
        Index(
            "uq_import_word_school",
            "school_id",
            "sheet",
            "kind",
            "field",
            "theirs",
            unique=True,
            postgresql_where=text("employer_id IS NULL"),
        ),
        Index(
            "uq_import_word_employer",
            "employer_id",
            "sheet",
            "kind",
            "field",
            "theirs",
            unique=True,
            postgresql_where=text("employer_id IS NOT NULL"),
        ),
        Index("ix_import_word_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    sheet: Mapped[str] = mapped_column(String(30))
    kind: Mapped[str] = mapped_column(String(5))  # head or value
    field: Mapped[str] = mapped_column(String(40), default="")  # of a value: our column
    theirs: Mapped[str] = mapped_column(String(120))  # folded
    shown: Mapped[str] = mapped_column(String(120))  # as it stood in the file
    ours: Mapped[str | None] = mapped_column(String(60))  # field or code; none: not used
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()
