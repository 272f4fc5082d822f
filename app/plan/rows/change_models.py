"""Changes to rows of the plan that somebody has to decide on (PLN-05)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.people.schools.models import College
from app.people.students.models import Student
from app.plan.rows.models import DESTINATION_FIELDS, PlanEntry, Source


class ChangeKind(StrEnum):
    """What meets what: a placement a row of staff's, anything a reported row, a file a placement's."""

    CONFLICT = "conflict"
    REPORTED = "reported"
    IMPORT = "import"


CHANGE_KINDS = {
    ChangeKind.CONFLICT: _l("Meets a row written by staff"),
    ChangeKind.REPORTED: _l("Came after the report"),
    ChangeKind.IMPORT: _l("A file says otherwise than the placement"),
}


class ChangeState(StrEnum):
    """Where a change to a plan row stands that somebody has to decide on (PLN-03, PLN-06)."""

    OPEN = "open"
    APPLIED = "applied"
    DROPPED = "dropped"
    OVERTAKEN = "overtaken"


CHANGE_STATES = {
    ChangeState.OPEN: _l("To be decided"),
    ChangeState.APPLIED: _l("Taken over"),
    ChangeState.DROPPED: _l("Not taken over"),
    ChangeState.OVERTAKEN: _l("Overtaken by a later change"),
}
CHANGE_CHIPS = {ChangeState.OPEN: "waiting", ChangeState.APPLIED: "done"}


class ChangeRequest(db.Model):
    """What a placement or a file would change in a row that must not change silently (PLN-03, PLN-06)."""

    __tablename__ = "change_request"
    __table_args__ = (
        Index(
            "uq_change_request_open",
            "entry_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_change_request_entry", "entry_id", "state"),
        Index("ix_change_request_school", "school_id", "state", "changed_at", "id"),
        Index("ix_change_request_placement", "placement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("plan_entry.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"), index=True)
    graduation_year: Mapped[int]
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id", use_alter=True))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    ends: Mapped[bool]  # the placement is no longer in force: the row would be emptied
    source: Mapped[str | None] = mapped_column(String(12))  # of the new values
    changes: Mapped[dict[str, list[str | None]]] = mapped_column(JSONB)  # field → [old, new]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    entry: Mapped[PlanEntry] = relationship()
    student: Mapped[Student] = relationship()
    college: Mapped[College] = relationship()

    @property
    def fields(self) -> list[str]:
        """The fields that differ, in the order of the plan."""
        return [name for name in DESTINATION_FIELDS if name in self.changes]

    @property
    def imported(self) -> bool:
        """Whether the new values come from a file, not from a placement."""
        return self.source == Source.IMPORT

    @property
    def says(self) -> str:
        """What brought it: a file, a placement in force, or one that is so no longer."""
        return "file" if self.imported else "ended" if self.ends else "placement"
