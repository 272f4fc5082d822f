"""The employer's send list and its invitations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.signing.placements.models import Placement
from app.signing.terms.models import Terms
from app.workflow.states import StateIs


class InvitationState(StrEnum):
    """The one stored state of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# 应约状态
RESPONSE_LABELS = {
    InvitationState.OPEN: _l("Awaiting the student's answer"),
    InvitationState.ACCEPTED: _l("Signed by both parties"),
    InvitationState.DECLINED: _l("Declined by the student"),
    InvitationState.EXPIRED: _l("Expired"),
    InvitationState.WITHDRAWN: _l("Withdrawn by the employer"),
}
CHIPS = {
    InvitationState.OPEN: "waiting",
    InvitationState.ACCEPTED: "done",
    InvitationState.DECLINED: "refused",
    InvitationState.EXPIRED: "closed",
    InvitationState.WITHDRAWN: "closed",
}


class Candidate(db.Model):
    """A student whom an employer has found and means to invite: a row of the send list (INV-02)."""

    __tablename__ = "candidate"
    __table_args__ = (
        Index("uq_candidate_employer_student", "employer_id", "student_id", unique=True),
        Index("ix_candidate_student", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    student: Mapped[Student] = relationship()


class Invitation(db.Model):
    """An employer's offer to one student, with the version of the terms that counts now."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("uq_invitation_open", "employer_id", "student_id", unique=True,
              postgresql_where=text("state = 'open'")),
        Index("ix_invitation_student", "student_id", "state", "id"),
        Index("ix_invitation_employer", "employer_id", "state", "changed_at", "id"),
        Index("ix_invitation_school", "school_id", "state", "changed_at", "id"),
        Index("ix_invitation_overdue", "reply_by", postgresql_where=text("state = 'open'")),
        Index("ix_invitation_terms", "terms_id"),
        Index("uq_invitation_batch", "batch", "student_id", unique=True),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"))
    batch: Mapped[str] = mapped_column(String(32))  # the preview from which it was sent (INV-06)
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    opens_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))  # end of the cooling-off
    reply_by: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    frozen: Mapped[bool] = mapped_column(default=False, server_default="false")  # INV-20

    is_open = StateIs(InvitationState.OPEN)  # an answer is awaited, in time or not
    is_accepted = StateIs(InvitationState.ACCEPTED)

    student: Mapped[Student] = relationship()
    employer: Mapped[Employer] = relationship()
    terms: Mapped[Terms] = relationship()
    # an invitation is accepted once, so it forms one placement at most
    placement: Mapped[Placement | None] = relationship(
        primaryjoin="Invitation.id == foreign(Placement.invitation_id)",
        viewonly=True,
        uselist=False,
    )

    @property
    def told(self) -> int:
        """How far it has come to the student is asked by its number (NTF-05)."""
        return self.id

    @property
    def answer(self) -> tuple[str, datetime]:
        """State and deadline: what is overdue is shown as expired (INV-11)."""
        return self.state, self.reply_by


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {"uq_invitation_open": _l("The same employer has an open invitation to both.")}
