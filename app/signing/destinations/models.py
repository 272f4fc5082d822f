"""Tables of the kinds of destinations, and the records of students: data, never program text (DST-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.files.documents.models import Attachment
from app.people.students.models import Student
from app.signing.destinations.kind_models import DestinationKind
from app.signing.placements.models import Placement


class Destination(db.Model):
    """What a student fills in: a draft until it belongs to a placement, then never changed.

    `values` are texts by the keys of the fields. `kept` is what reviewers read: the labels and texts
    as they were when it was submitted, so that changed tables never touch it.
    """

    __tablename__ = "destination"
    __table_args__ = (
        Index(
            "uq_destination_draft",
            "student_id",
            unique=True,
            postgresql_where=text("placement_id IS NULL"),
        ),
        Index("uq_destination_placement", "placement_id", unique=True),
        Index("ix_destination_kind", "kind_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("destination_kind.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"))
    version: Mapped[int] = mapped_column(default=1)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    kind: Mapped[DestinationKind] = relationship()
    student: Mapped[Student] = relationship()
    placement: Mapped[Placement | None] = relationship()
    files: Mapped[list[DestinationFile]] = relationship(
        order_by="DestinationFile.id", back_populates="destination", cascade="all, delete-orphan"
    )

    @property
    def school_id(self) -> int:
        """The school of the student: whose files its proofs are."""
        return self.student.school_id


class DestinationFile(db.Model):
    """Which proof an uploaded file of a record is; it goes with the file."""

    __tablename__ = "destination_file"
    __table_args__ = (
        Index("uq_destination_file", "attachment_id", unique=True),
        Index("ix_destination_file_destination", "destination_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    destination_id: Mapped[int] = mapped_column(ForeignKey("destination.id"))
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id", ondelete="CASCADE"))
    proof: Mapped[str] = mapped_column(String(30))  # its key

    destination: Mapped[Destination] = relationship(back_populates="files")
    attachment: Mapped[Attachment] = relationship()


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {"uq_destination_draft": _l("Both have a draft of a destination.")}
