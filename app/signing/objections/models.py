"""A party's report that an invitation or a placement is untrue, or not its own act (INV-20)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.core.named import Title
from app.people.students.models import Student
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Placement
from app.workflow.states import StateIs


class ObjectionState(StrEnum):
    """Whether the school has answered, and how."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


LABELS = {
    ObjectionState.OPEN: _l("Awaits the school's answer"),
    ObjectionState.UPHELD: _l("Confirmed: it was untrue"),
    ObjectionState.DISMISSED: _l("Answered: it is true"),
}
CHIPS = {
    ObjectionState.OPEN: "waiting",
    ObjectionState.UPHELD: "refused",
    ObjectionState.DISMISSED: "done",
}


class ReportWay(StrEnum):
    """How it was reported: on the page by the student, or by the link of a message, not signed in."""

    PAGE = "page"
    LINK = "link"


class Objection(db.Model):
    """One report; what it is about rests until the school has answered.

    `reporter` is the party whose account it came from, `act` the kind of record whose event it says was
    not its own (empty for a report on the page): of a termination only the termination ends.
    """

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("(invitation_id IS NULL) <> (placement_id IS NULL)", name="ck_objection_one"),
        Index("uq_objection_invitation", "invitation_id", unique=True,
              postgresql_where=text("state = 'open'")),
        Index("uq_objection_placement", "placement_id", unique=True,
              postgresql_where=text("state = 'open'")),
        Index("ix_objection_placement", "placement_id"),
        Index("ix_objection_invitation", "invitation_id"),
        Index("ix_objection_school", "school_id", "state", "changed_at", "id"),
        Index("ix_objection_student", "student_id"),
        Index("ix_objection_employer", "employer_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    is_open = StateIs(ObjectionState.OPEN)  # the school's answer is awaited
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"))
    employer_name: Mapped[str] = mapped_column(Title(120))
    reason: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(String(200), default="")
    reporter: Mapped[str] = mapped_column(String(12), default="student", server_default="student")
    way: Mapped[str] = mapped_column(
        String(8), default=ReportWay.PAGE, server_default=ReportWay.PAGE
    )
    act: Mapped[str] = mapped_column(String(20), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    student: Mapped[Student] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    placement: Mapped[Placement | None] = relationship()

    @property
    def about(self) -> bool:
        """Whether a signing is reported, and not an invitation."""
        return self.placement_id is not None
