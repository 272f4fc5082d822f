"""Schools and their parts, students with their origin record, and employers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Select, String, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db
from app.core.identity import NUMBERS, IdKind, clean, named
from app.core.named import ContactName, PersonName, Title, order_column
from app.core.phones import folded
from app.core.text import clean_code, mask_id_number, mask_phone
from app.people.fields import IdNumber, OriginColumns


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


class EmployerState(StrEnum):
    """Where an employer's qualification review stands (ACC-07)."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    LISTED = "listed"  # by staff, without an account of its own
    MERGED = "merged"  # a second record, whose signings another one has now


EMPLOYER_STATES = {
    EmployerState.AWAITING: _l("Awaiting review"),
    EmployerState.APPROVED: _l("Approved"),
    EmployerState.REJECTED: _l("Rejected"),
    EmployerState.BLOCKED: _l("Blocked"),
    EmployerState.LISTED: _l("On the register"),
    EmployerState.MERGED: _l("Merged"),
}
EMPLOYER_CHIPS = {
    EmployerState.AWAITING: "waiting",
    EmployerState.APPROVED: "done",
    EmployerState.REJECTED: "refused",
    EmployerState.BLOCKED: "refused",
}
ORIGIN_CHIPS = {OriginState.APPROVED: "done", OriginState.REJECTED: "refused"}
ORIGIN_STATES = {
    OriginState.ENTERED: _l("Entered, not yet reviewed"),
    OriginState.APPROVED: _l("Approved"),
    OriginState.REJECTED: _l("Rejected"),
}


class School(db.Model):
    """A university or college of higher education; code of 5 or 6 digits."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    contact: Mapped[str] = mapped_column(String(120), default="")
    active: Mapped[bool] = mapped_column(default=True)
    name_order: Mapped[str] = order_column()

    def __str__(self) -> str:
        return self.name


class College(db.Model):
    """A school's part (学院)."""

    __tablename__ = "college"
    __table_args__ = (Index("uq_college_school_code", "school_id", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    name_order: Mapped[str] = order_column()
    school: Mapped[School] = relationship()

    def __str__(self) -> str:
        return self.name


class Major(db.Model):
    """A subject taught by a college (专业), with its official code."""

    __tablename__ = "major"
    __table_args__ = (Index("uq_major_college_code", "college_id", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    code: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_order: Mapped[str] = order_column()
    college: Mapped[College] = relationship()

    def __str__(self) -> str:
        return self.name


class Student(OriginColumns, db.Model):
    """A graduate: origin record (生源信息; `fields` declares the rest of it), and how to reach the person."""

    __tablename__ = "student"
    __table_args__ = (
        Index("uq_student_school_no", "school_id", "student_no", unique=True),
        Index("ix_student_id_number", "id_number_index"),
        Index("ix_student_phone", "phone_index"),
        Index("ix_student_school_year", "school_id", "graduation_year", "id"),
        Index("ix_student_college", "college_id", "id"),
        Index("ix_student_major", "major_id"),
        Index("ix_student_examinee", "examinee_no"),
        Index("ix_student_name", "school_id", text("lower(name)")),
        Index("ix_student_order", "school_id", "name_order", "id"),
        Index("ix_student_class_order", "school_id", "class_name_order", "id"),
        Index("ix_student_class", "school_id", "class_name"),
        Index("ix_student_email", text("lower(email)")),
        Index("ix_student_grams", text("text_grams(lower(name))"), postgresql_using="gin"),
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

    @property
    def span(self) -> tuple[str, date, date | None]:
        """What decides whether it bars on a day."""
        return self.state, self.since, self.until


class Employer(db.Model):
    """An employer: what the checking school approved, and the signing profile (ACC-07, ACC-08)."""

    __tablename__ = "employer"
    __table_args__ = (
        Index("ix_employer_school_state", "school_id", "state", "changed_at"),
        Index("ix_employer_order", "name_order", "id"),
        Index("ix_employer_grams", text("text_grams(lower(name))"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(Title(120))
    name_order: Mapped[str] = order_column()
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    state: Mapped[str] = mapped_column(String(12), default=EmployerState.AWAITING)
    licence_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id", use_alter=True))
    kind: Mapped[str | None] = mapped_column(String(2))  # nature: code table dwxz
    industry: Mapped[str | None] = mapped_column(String(2))  # code table dwhy
    location: Mapped[str | None] = mapped_column(String(6))  # region
    address: Mapped[str | None] = mapped_column(String(200))
    postcode: Mapped[str | None] = mapped_column(String(6))
    contact_name: Mapped[str] = mapped_column(ContactName(60))
    contact_phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact_phone_masked: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(120))
    archive_receiver: Mapped[str | None] = mapped_column(String(16))  # code table dajs
    archive_to: Mapped[str | None] = mapped_column(Title(120))
    archive_address: Mapped[str | None] = mapped_column(String(200))
    archive_postcode: Mapped[str | None] = mapped_column(String(6))
    archive_contact: Mapped[str | None] = mapped_column(ContactName(60))
    archive_phone: Mapped[str | None] = mapped_column(String(20))
    household_kind: Mapped[str | None] = mapped_column(String(16))  # code table hkjs
    household_address: Mapped[str | None] = mapped_column(String(200))
    profile_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("app_now()")
    )
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    contact_phone = Sealed("contact_phone", mask_phone, folded)
    school: Mapped[School] = relationship()

    @property
    def is_approved(self) -> bool:
        """Whether a school has approved it (ACC-07)."""
        return self.state == EmployerState.APPROVED

    @property
    def is_blocked(self) -> bool:
        """Whether it may sign nobody any more (ADM-06)."""
        return self.state == EmployerState.BLOCKED

    @property
    def was_approved(self) -> bool:
        """Whether it may go about its signings: a blocked one still answers for those in force."""
        return self.state in (EmployerState.APPROVED, EmployerState.BLOCKED)

    def __str__(self) -> str:
        return self.name


class FormerName(db.Model):
    """What a student or an employer was called before, and until when (ADM-02, ADM-06).

    The database keeps it itself whenever the name is written anew, whoever writes it; what an import
    has written and takes back was nobody's name.
    """

    __tablename__ = "former_name"
    __table_args__ = (
        Index("uq_former_name_student", "student_id", text("lower(name)"), unique=True),
        Index("uq_former_name_employer", "employer_id", text("lower(name)"), unique=True),
        Index("ix_former_name_grams", text("text_grams(lower(name))"), postgresql_using="gin"),
        CheckConstraint("(student_id IS NULL) <> (employer_id IS NULL)", name="former_name_of_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))  # as it was, folded already
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Reading(db.Model):
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


class MergeRequest(db.Model):
    """A merging that staff ask for, and that waits for the yes of the person behind both (ACC-15).

    `outcome` is ``merged``, ``withdrawn`` or ``refused`` once it has ended.
    """

    __tablename__ = "merge_request"
    __table_args__ = (
        Index("uq_merge_request_open", "kind", "keep_id", "gone_id", unique=True,
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # student or employer
    keep_id: Mapped[int]
    gone_id: Mapped[int]
    take: Mapped[list[str]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(200))
    asked_by: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default="")


def merged(kind: str, number: str) -> Select[int]:
    """The ids of the records into which the one of this number was merged."""
    old = (Merged.kind == kind, Merged.number == clean_code(number))
    return select(Merged.into_id).where(*old)
