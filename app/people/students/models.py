"""Students with their origin record, and what bars them from signing."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db
from app.core.identity import NUMBERS, IdKind, clean, named
from app.core.named import PersonName, order_column
from app.core.phones import folded
from app.core.text import mask_id_number, mask_phone
from app.people.schools.models import College, Major, School
from app.people.students.fields import IdNumber, OriginColumns
from app.workflow.states import StateIs


class TrainingMode(StrEnum):
    """培养方式 by its official code (pyfs): only the open mode signs (ACC-06)."""

    OPEN = "1"
    COMMITTED = "2"
    IN_SERVICE = "3"
    COMMISSIONED = "4"
    SELF_FUNDED = "5"


class OriginState(StrEnum):
    """Where the school's check of a student's origin record stands."""

    ENTERED = "entered"
    APPROVED = "approved"
    REJECTED = "rejected"


ORIGIN_CHIPS = {OriginState.APPROVED: "done", OriginState.REJECTED: "refused"}
ORIGIN_STATES = {
    OriginState.ENTERED: _l("Entered, not yet reviewed"),
    OriginState.APPROVED: _l("Approved"),
    OriginState.REJECTED: _l("Rejected"),
}


class Student(OriginColumns, db.Model):
    """A graduate: origin record (生源信息; `fields` declares the rest of it), and how to reach the person."""

    __tablename__ = "student"
    __table_args__ = (
        Index("uq_student_school_no", "school_id", "student_no", unique=True),
        Index(
            "ix_student_no_begins", "student_no", postgresql_ops={"student_no": "text_pattern_ops"}
        ),
        Index("ix_student_no", "student_no", "id"),
        Index(
            "ix_student_entered",
            "school_id",
            "college_id",
            postgresql_where=text("origin_state = 'entered'"),
        ),
        Index("ix_student_id_number", "id_number_index"),
        Index("ix_student_phone", "phone_index"),
        Index(
            "ix_student_school_year",
            "school_id",
            "graduation_year",
            "id",
            postgresql_include=["college_id", "origin_state", "education"],  # what figures count by
        ),
        Index("ix_student_college", "college_id", "id"),
        Index("ix_student_major", "major_id"),
        Index("ix_student_examinee", "examinee_no"),
        Index("ix_student_name", "school_id", text("lower(name)")),
        Index("ix_student_order", "school_id", "name_order", "id"),
        Index("ix_student_initials", text("name_initials(name_order)"), "id"),
        Index("ix_student_class_order", "school_id", "class_name_order", "id"),
        Index("ix_student_class", "school_id", "class_name"),
        Index("ix_student_email", text("lower(email)")),
        Index("ix_student_grams", text("grams(lower(name))"), postgresql_using="gin"),
        Index("ix_student_class_grams", text("grams(lower(class_name))"), postgresql_using="gin"),
        CheckConstraint(
            f"id_kind IN ({', '.join(repr(kind.value) for kind in IdKind)})",
            name="ck_student_id_kind",
        ),
        CheckConstraint(
            f"id_country = '' OR id_kind = '{IdKind.PASSPORT}'", name="ck_student_id_country"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    major_id: Mapped[int] = mapped_column(ForeignKey("major.id"))
    class_name: Mapped[str] = mapped_column(String(40), default="")
    class_name_order: Mapped[str] = order_column()
    graduation_year: Mapped[int]
    student_no: Mapped[str] = mapped_column(String(20))
    examinee_no: Mapped[str | None] = mapped_column(String(14))
    name: Mapped[str] = mapped_column(PersonName(60))
    name_order: Mapped[str] = order_column()
    sex: Mapped[str] = mapped_column(String(1), default="")
    education: Mapped[str] = mapped_column(String(3))
    training_mode: Mapped[str] = mapped_column(String(1), default=TrainingMode.OPEN)
    origin_state: Mapped[str] = mapped_column(String(12), default=OriginState.ENTERED)
    origin: Mapped[str | None] = mapped_column(String(6))
    nation: Mapped[str | None] = mapped_column(String(2))
    email: Mapped[str | None] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(200))
    # the index is of the number alone, so that whoever types one need not say its kind (ACC-13)
    id_kind: Mapped[str] = mapped_column(
        String(12), default=IdKind.ID_CARD, server_default=IdKind.ID_CARD.value
    )
    # of a passport: who issued it, by ISO 3166; empty where nobody said
    id_country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_masked: Mapped[str | None] = mapped_column(String(20))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_masked: Mapped[str | None] = mapped_column(String(20))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    id_number = IdNumber("id_number", mask_id_number, clean)
    phone = Sealed("phone", mask_phone, folded)
    school: Mapped[School] = relationship()
    college: Mapped[College] = relationship()
    major: Mapped[Major] = relationship()

    @property
    def state(self) -> str:
        """What the workflow of the record changes: where the school's review stands."""
        return self.origin_state

    @state.setter
    def state(self, value: str) -> None:
        self.origin_state = value

    @property
    def id_document(self) -> str:
        """The document in words with its masked number; empty where none is on record."""
        if not self.id_number_masked:
            return ""
        return f"{named(self.id_kind, self.id_country)} {self.id_number_masked}"

    @property
    def id_label(self) -> Any:
        """What its number of identity is called: 身份证号, 护照号码 …."""
        return NUMBERS[self.id_kind or IdKind.ID_CARD]

    def __str__(self) -> str:
        return self.name


class RestrictionState(StrEnum):
    """Whether a restriction still counts; its dates say on which days."""

    SET = "set"
    RELEASED = "released"


RESTRICTION_STATES = {
    RestrictionState.SET: _l("Restricted"),
    RestrictionState.RELEASED: _l("Released"),
}
RESTRICTION_KINDS = {
    "all": _l("Every way of signing"),
    "online": _l("Online signing"),
    "offline": _l("Offline signing"),
    "destination": _l("Other destination"),
}


class Restriction(db.Model):
    """A school's bar on a student's signing, with the reason the student reads (ADM-03)."""

    __tablename__ = "restriction"
    __table_args__ = (Index("ix_restriction_student", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    state: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(12), default="all")  # of RESTRICTION_KINDS
    since: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    student: Mapped[Student] = relationship()

    is_set = StateIs(RestrictionState.SET)  # it has not been released

    @property
    def span(self) -> tuple[str, date, date | None]:
        """What decides whether it bars on a day."""
        return self.state, self.since, self.until
