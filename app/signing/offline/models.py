"""The student's form of a paper agreement, and the links by which an employer adds the stamped sheet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.signing.placements.models import Placement


class Entry(db.Model):
    """One form a student: what was typed, half-filled or whole; what was generated from it last.

    `values` are the texts of the form's fields. `version` counts the savings, and `writer` is the
    window that saved last: so two windows do not overwrite each other unseen.
    """

    __tablename__ = "offline_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), unique=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    version: Mapped[int] = mapped_column(default=0)
    writer: Mapped[str] = mapped_column(String(32), default="")
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    placement: Mapped[Placement | None] = relationship()


class UploadLink(db.Model):
    """A link that a student made for the employer of one paper signing; only its digest is kept."""

    __tablename__ = "upload_link"
    __table_args__ = (
        Index(
            "uq_upload_link_open",
            "placement_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_upload_link_placement", "placement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    placement: Mapped[Placement] = relationship()


class LinkFile(db.Model):
    """Which uploaded files came through which link."""

    __tablename__ = "upload_link_file"

    attachment_id: Mapped[int] = mapped_column(
        ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True
    )
    link_id: Mapped[int] = mapped_column(ForeignKey("upload_link.id"), index=True)


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {"offline_entry_student_id_key": _l("Both have a draft of a paper signing.")}
