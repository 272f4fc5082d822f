"""The umbrella record of every way after graduation: online signing, offline signing, destination.

Lists, reviews, terminations and the plan work on this record; what is particular hangs on it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db, reads
from app.core.named import Title, order_column
from app.people.employers.models import Employer
from app.people.schools.models import College, Major, School
from app.people.students.models import Student
from app.signing.terms.models import Terms
from app.workflow.states import StateIs


class Kind(StrEnum):
    """The three kinds of placement."""

    ONLINE = "online"
    OFFLINE = "offline"
    DESTINATION = "destination"


KIND_DIGIT = {Kind.ONLINE: 1, Kind.OFFLINE: 2}  # first digit of the agreement number (AGR-10)
KINDS = {
    Kind.ONLINE: _l("Online signing"),
    Kind.OFFLINE: _l("Offline signing"),
    Kind.DESTINATION: _l("Other destination"),
}


class PlacementState(StrEnum):
    """The one stored state; every text in the lists is derived from it."""

    AWAITING_COLLEGE = "awaiting_college"
    AWAITING_SCHOOL = "awaiting_school"
    AMENDING = "amending"
    FORM_COLLEGE = "form_college"
    FORM_SCHOOL = "form_school"
    AWAITING_SCAN = "awaiting_scan"
    GIVING_UP = "giving_up"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    TERMINATED = "terminated"
    GIVEN_UP = "given_up"
    REPLACED = "replaced"


FORMS = (PlacementState.FORM_COLLEGE, PlacementState.FORM_SCHOOL)  # of paper signings, first review
AWAITING = (PlacementState.AWAITING_COLLEGE, PlacementState.AWAITING_SCHOOL)
REVIEWS = (*FORMS, *AWAITING)
UNDER_WAY = (
    *REVIEWS,
    PlacementState.AMENDING,
    PlacementState.AWAITING_SCAN,
    PlacementState.GIVING_UP,
)
PAST = (PlacementState.TERMINATED, PlacementState.GIVEN_UP, PlacementState.REPLACED)
HOLDS_SLOT = (*UNDER_WAY, PlacementState.IN_FORCE)  # GRD-01, where it settles
_WAITS = ", ".join(f"'{state}'" for state in UNDER_WAY)
_REVIEWED = ", ".join(f"'{state}'" for state in (*REVIEWS, PlacementState.GIVING_UP))
_HELD = ", ".join(f"'{state}'" for state in HOLDS_SLOT)


class Placement(db.Model):
    """What a student has, had or is about to have. Employer facts are kept as they were accepted."""

    __tablename__ = "placement"
    __table_args__ = (
        Index("uq_placement_slot", "student_id", unique=True,
              postgresql_where=text(f"settles AND state IN ({_HELD})")),
        Index("uq_placement_unsettled", "student_id", unique=True,
              postgresql_where=text(f"NOT settles AND state IN ({_WAITS})")),
        Index("uq_placement_agreement_no", "agreement_no", unique=True),
        Index("ix_placement_no_begins", "agreement_no",
              postgresql_ops={"agreement_no": "text_pattern_ops"}),
        Index("ix_placement_waits", "state", "changed_at", "id",
              postgresql_where=text(f"state IN ({_REVIEWED})")),
        Index("uq_placement_invitation", "invitation_id", unique=True,
              postgresql_where=text(f"state IN ({_HELD})")),
        Index("ix_placement_invitation", "invitation_id"),
        Index("ix_placement_student", "student_id", "id"),
        Index("ix_placement_employer", "employer_id", "changed_at", "id"),
        Index("ix_placement_changed", "changed_at", "id"),
        Index("ix_placement_school", "school_id", "changed_at", "id"),
        Index("ix_placement_school_state", "school_id", "state", "changed_at", "id"),
        Index("ix_placement_college", "college_id", "state", "changed_at", "id",
              postgresql_include=["school_id"]),  # asked with it: counted without a look at the rows
        Index("ix_placement_answer_by", "answer_by", postgresql_where=text("state = 'amending'")),
        Index("ix_placement_grams", text("grams(lower(employer_name))"), postgresql_using="gin"),
        Index("ix_placement_order", "school_id", "employer_name_order", "id"),
        Index("ix_placement_credit_code", "employer_credit_code"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(20))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    major_id: Mapped[int] = mapped_column(ForeignKey("major.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    graduation_year: Mapped[int]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id", use_alter=True))
    terms_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"), index=True)
    proposed_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"), index=True)
    answer_by: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # to the proposal
    review: Mapped[str] = mapped_column(String(8))  # who reviews, as set when it was formed
    reviewed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # first decision
    settles: Mapped[bool] = mapped_column(default=True, server_default="true")  # DST-05
    plan_code: Mapped[str] = mapped_column(String(3), default="10", server_default="10")  # BYQXDM
    # what its kind says of the plan row's fields, before anything else does (PLN-01)
    plan_values: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    frozen: Mapped[bool] = mapped_column(default=False, server_default="false")  # INV-20
    agreement_no: Mapped[str | None] = mapped_column(String(16))
    employer_name: Mapped[str] = mapped_column(Title(120))
    employer_name_order: Mapped[str] = order_column()
    employer_credit_code: Mapped[str] = mapped_column(String(18))
    employer_kind: Mapped[str | None] = mapped_column(String(2))
    employer_industry: Mapped[str | None] = mapped_column(String(2))
    employer_location: Mapped[str | None] = mapped_column(String(6))
    employer_address: Mapped[str | None] = mapped_column(String(200))
    employer_postcode: Mapped[str | None] = mapped_column(String(6))
    employer_email: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    school: Mapped[School] = relationship()
    college: Mapped[College] = relationship()
    major: Mapped[Major] = relationship()
    student: Mapped[Student] = relationship()
    employer: Mapped[Employer | None] = relationship()
    terms: Mapped[Terms | None] = relationship(foreign_keys=[terms_id])
    proposed: Mapped[Terms | None] = relationship(foreign_keys=[proposed_id])

    in_force = StateIs(PlacementState.IN_FORCE)  # the agreement, or the destination, counts now
    stands = StateIs(*HOLDS_SLOT)  # it is under way or in force
    is_amending = StateIs(PlacementState.AMENDING)  # the student's answer is awaited (INV-16)
    awaits_scan = StateIs(PlacementState.AWAITING_SCAN)  # its form is to be stamped (OFF-03)
    is_numbered_paper = StateIs(  # an offline one whose form is approved (OFF-03)
        PlacementState.AWAITING_SCAN, PlacementState.GIVING_UP, *AWAITING
    )
    was_refused = StateIs(PlacementState.REFUSED)  # a review has not approved it
    was_in_force = StateIs(*PAST)  # its agreement is void

    @property
    def holds_slot(self) -> bool:
        """Whether it keeps the student from any other placement (GRD-01)."""
        return self.settles and self.stands

    @reads("state")
    def agreement(self) -> str:
        """The state, to be read as the agreement's."""
        return self.state


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {
    "uq_placement_slot": _l("Both have a signing or destination under way or in force."),
    "uq_placement_unsettled": _l("Both have a destination under way."),
}
