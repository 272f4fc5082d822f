"""A termination is a record of its own beside the placement it would end (TRM)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, and_, func, select, text
from sqlalchemy.orm import Mapped, aliased, foreign, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.people.students.models import Student
from app.signing.placements.models import Placement
from app.workflow.states import StateIs


class TerminationState(StrEnum):
    """The one stored state; every text in the lists is derived from it."""

    REQUESTED = "requested"
    DECLINED = "declined"
    MEDIATION = "mediation"
    AWAITING_COLLEGE = "awaiting_college"
    AWAITING_SCHOOL = "awaiting_school"
    AWAITING_SECOND = "awaiting_second"
    APPROVED = "approved"
    REFUSED = "refused"
    CLOSED = "closed"


class Way(StrEnum):
    """How a termination came about."""

    AGREED = "agreed"
    ONE_SIDED = "one_sided"
    PROOF = "proof"
    RELEASE = "release"
    FORCED = "forced"


IN_REVIEW = (TerminationState.AWAITING_COLLEGE, TerminationState.AWAITING_SCHOOL)
WITH_PARTIES = (TerminationState.REQUESTED, TerminationState.DECLINED)
ANSWERABLE = (*WITH_PARTIES, TerminationState.MEDIATION)
RUNNING = (
    *ANSWERABLE,
    *IN_REVIEW,
    TerminationState.AWAITING_SECOND,
)
_RUNS = ", ".join(f"'{state}'" for state in RUNNING)

# 解约审核状态
LABELS = {
    TerminationState.REQUESTED: _l("Requested; awaiting the other party"),
    TerminationState.DECLINED: _l("The party asked does not agree"),
    TerminationState.MEDIATION: _l("In mediation by the school"),
    TerminationState.AWAITING_COLLEGE: _l("Termination awaits the college"),
    TerminationState.AWAITING_SCHOOL: _l("Termination awaits the school"),
    TerminationState.AWAITING_SECOND: _l("Forced termination awaits a second person"),
    TerminationState.APPROVED: _l("Terminated"),
    TerminationState.REFUSED: _l("Termination not approved"),
    TerminationState.CLOSED: _l("Termination closed; the signing stands"),
}
CHIPS = {
    TerminationState.REQUESTED: "waiting",
    TerminationState.DECLINED: "refused",
    TerminationState.MEDIATION: "waiting",
    TerminationState.AWAITING_COLLEGE: "waiting",
    TerminationState.AWAITING_SCHOOL: "waiting",
    TerminationState.AWAITING_SECOND: "waiting",
    TerminationState.APPROVED: "closed",
    TerminationState.REFUSED: "refused",
    TerminationState.CLOSED: "closed",
}
WAYS = {
    Way.AGREED: _l("By agreement of both parties"),
    Way.ONE_SIDED: _l("One-sided, on evidence"),
    Way.PROOF: _l("By the student, with a proof"),
    Way.RELEASE: _l("Leaving a destination, with a proof"),
    Way.FORCED: _l("Forced by the school"),
}


class Termination(db.Model):
    """An application to undo a placement in force, or the school's own act."""

    __tablename__ = "termination"
    __table_args__ = (
        Index("uq_termination_running", "placement_id", unique=True,
              postgresql_where=text(f"state IN ({_RUNS})")),  # GRD-03
        Index("ix_termination_placement", "placement_id", "id"),
        Index("ix_termination_school", "school_id", "state", "changed_at", "id"),
        Index("ix_termination_college", "college_id", "state", "changed_at", "id"),
        Index("ix_termination_student", "student_id", "id"),
        Index("ix_termination_employer", "employer_id", "state", "changed_at", "id"),
        Index("ix_termination_reply_by", "reply_by", postgresql_where=text("state = 'requested'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    way: Mapped[str] = mapped_column(String(12))
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    started_by: Mapped[str] = mapped_column(String(12))  # the role that applied
    starter_id: Mapped[int | None]  # the account that applied (AGR-13)
    reason: Mapped[str] = mapped_column(String(200))
    review: Mapped[str] = mapped_column(String(8))  # who reviews, as set when it began
    reply_by: Mapped[datetime] = mapped_column(DateTime(timezone=True))  # of the other party
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    placement: Mapped[Placement] = relationship()
    student: Mapped[Student] = relationship()

    is_requested = StateIs(TerminationState.REQUESTED)  # the other party has not answered yet
    is_with_parties = StateIs(*WITH_PARTIES)  # one has asked, the two may still settle it
    in_mediation = StateIs(TerminationState.MEDIATION)  # the school hears both sides
    is_answerable = StateIs(*ANSWERABLE)  # the party asked can still agree
    is_running = StateIs(*RUNNING)  # it has not been decided yet
    is_approved = StateIs(TerminationState.APPROVED)  # it has ended the placement
    has_failed = StateIs(TerminationState.REFUSED, TerminationState.CLOSED)  # the signing stands
    is_unsettled = StateIs(*ANSWERABLE, TerminationState.CLOSED)  # nobody has agreed to it

    @property
    def announced(self) -> bool:
        """Whether the parties know of it: what the school only considers, they do not (AGR-09)."""
        return self.way != Way.FORCED or self.approved_at is not None


# what lists and details of placements show: the last termination, whatever became of it
_later = aliased(Termination)
_last = select(func.max(_later.id)).where(_later.placement_id == Placement.id)
LAST = relationship(  # `termination` of a placement: see `app.wiring`
    Termination,
    primaryjoin=and_(
        Placement.id == foreign(Termination.placement_id),
        Termination.id == _last.correlate(Placement).scalar_subquery(),
    ),
    viewonly=True,
    uselist=False,
)


class Chance(db.Model):
    """One more termination granted to a student for a year, with the reason (TRM-05)."""

    __tablename__ = "termination_chance"
    __table_args__ = (Index("ix_termination_chance_student", "student_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    year: Mapped[int]  # the calendar year in China
    reason: Mapped[str] = mapped_column(String(200))
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
