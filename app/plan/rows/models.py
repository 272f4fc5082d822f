"""The employment plan (就业方案): one row a graduate, each value with its source (PLN-01, PLN-03)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.codes import labels
from app.core.db import db
from app.core.named import Title, order_column
from app.people.schools.models import College
from app.people.students.models import Student


class PlanState(StrEnum):
    """Where a plan row stands (PLN-06).

    Open and filled follow the placement in force or what staff typed; checked and reported are decided.
    """

    OPEN = "open"
    FILLED = "filled"
    CHECKED = "checked"
    REPORTED = "reported"


class Source(StrEnum):
    """Where a value of a plan row comes from (PLN-03)."""

    SIGNING = "signing"
    DESTINATION = "destination"
    STAFF = "staff"
    IMPORT = "import"


SOURCES = {
    Source.SIGNING: _l("from a signing"),
    Source.DESTINATION: _l("from a destination"),
    Source.STAFF: _l("typed by staff"),
    Source.IMPORT: _l("imported"),
}
PLAN_CHIPS = {PlanState.FILLED: "done", PlanState.CHECKED: "done", PlanState.REPORTED: "turn"}
PLAN_STATES = {
    PlanState.OPEN: _l("No destination"),
    PlanState.FILLED: _l("Filled"),
    PlanState.CHECKED: _l("Checked"),
    PlanState.REPORTED: _l("Reported"),
}


class PlanEntry(db.Model):
    """The destination part of a graduate's plan row; the person's part is read from the student.

    Columns follow the official layout: the field name beside each.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (
        Index("uq_plan_entry_student", "student_id", unique=True),
        Index("ix_plan_entry_school_year", "school_id", "graduation_year", "id"),
        Index("ix_plan_entry_placement", "placement_id"),
        Index("ix_plan_entry_order", "school_id", "employer_name_order", "id"),
        Index("ix_plan_entry_credit_code", "credit_code"),
        # the employers' names that no placement's index knows (plan.narrowing)
        Index("ix_plan_entry_grams", text("grams(lower(employer_name))"), postgresql_using="gin",
              postgresql_where=text("employer_name IS NOT NULL AND (placement_id IS NULL"
                                    " OR coalesce(sources ->> 'employer_name', '') <> 'signing')")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"), index=True)
    graduation_year: Mapped[int]
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id", use_alter=True))
    state: Mapped[str] = mapped_column(String(12), default=PlanState.OPEN)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    by_staff: Mapped[bool] = mapped_column(default=False, server_default="false")  # some of it
    destination_code: Mapped[str | None] = mapped_column(String(3))  # BYQXDM
    credit_code: Mapped[str | None] = mapped_column(String(18))  # DWZZJGDM
    employer_name: Mapped[str | None] = mapped_column(Title(120))  # DWMC
    employer_name_order: Mapped[str] = order_column()
    employer_kind: Mapped[str | None] = mapped_column(String(2))  # DWXZDM
    industry: Mapped[str | None] = mapped_column(String(2))  # DWHYDM
    location: Mapped[str | None] = mapped_column(String(6))  # DWSZDDM
    position_kind: Mapped[str | None] = mapped_column(String(2))  # GZZWLBDM
    contact_name: Mapped[str | None] = mapped_column(String(60))  # DWLXR
    contact_phone: Mapped[str | None] = mapped_column(String(20))  # LXRDH
    address: Mapped[str | None] = mapped_column(String(200))  # DWDZ
    postcode: Mapped[str | None] = mapped_column(String(6))  # DWYB
    archive_to: Mapped[str | None] = mapped_column(String(120))  # DAZJDWMC
    archive_address: Mapped[str | None] = mapped_column(String(200))  # DAZJDWDZ
    archive_postcode: Mapped[str | None] = mapped_column(String(6))  # DAZJDWYB
    household_address: Mapped[str | None] = mapped_column(String(200))  # HKQZDZ

    student: Mapped[Student] = relationship()
    college: Mapped[College] = relationship()
    placement: Mapped[Any] = relationship("Placement", foreign_keys=[placement_id], viewonly=True)

    @property
    def destination(self) -> str:
        """Code and name of the destination in the edition of the graduation year (PLN-11)."""
        code = self.destination_code
        return f"{code} {labels.code_text('byqx', code, self.graduation_year)}" if code else ""

    @property
    def source(self) -> str:
        """Where the destination comes from (PLN-03)."""
        return str(self.sources.get("destination_code", ""))


DESTINATION_FIELDS = (
    "destination_code",
    "credit_code",
    "employer_name",
    "employer_kind",
    "industry",
    "location",
    "position_kind",
    "contact_name",
    "contact_phone",
    "address",
    "postcode",
    "archive_to",
    "archive_address",
    "archive_postcode",
    "household_address",
)
OFFICIAL = {
    "destination_code": "BYQXDM",
    "credit_code": "DWZZJGDM",
    "employer_name": "DWMC",
    "employer_kind": "DWXZDM",
    "industry": "DWHYDM",
    "location": "DWSZDDM",
    "position_kind": "GZZWLBDM",
    "contact_name": "DWLXR",
    "contact_phone": "LXRDH",
    "address": "DWDZ",
    "postcode": "DWYB",
    "archive_to": "DAZJDWMC",
    "archive_address": "DAZJDWDZ",
    "archive_postcode": "DAZJDWYB",
    "household_address": "HKQZDZ",
}
FIELD_LABELS = {
    "destination_code": _l("Destination"), "credit_code": _l("Credit code"),
    "employer_name": _l("Employer"), "employer_kind": _l("Nature"), "industry": _l("Industry"),
    "location": _l("Region"), "position_kind": _l("Kind of position"),
    "contact_name": _l("Contact"), "contact_phone": _l("Telephone"), "address": _l("Address"),
    "postcode": _l("Postcode"), "archive_to": _l("Forward the archive to"),
    "archive_address": _l("Forwarding address"), "archive_postcode": _l("Forwarding postcode"),
    "household_address": _l("Household address"),
}  # fmt: skip


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


class PlanDirty(db.Model):
    """A student whose plan row may no longer be right; written in the transaction of the change."""

    __tablename__ = "plan_dirty"

    student_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    xid: Mapped[int] = mapped_column(BigInteger)  # the last transaction that said so


class Snapshot(db.Model):
    """The plan of a school and year on a reporting date, kept for good (PLN-08)."""

    __tablename__ = "plan_snapshot"
    __table_args__ = (Index("ix_plan_snapshot_school", "school_id", "graduation_year", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    graduation_year: Mapped[int]
    day: Mapped[date]
    note: Mapped[str] = mapped_column(String(100))
    code_edition: Mapped[str] = mapped_column(String(12))
    formula_edition: Mapped[str] = mapped_column(String(12))
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)  # what the codes count as → rows
    codes: Mapped[dict[str, list[str]]] = mapped_column(JSONB)  # code → [name, what it counts as]
    # the formula as it was: parts of the rate, levels of education outside N
    formula: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    total: Mapped[int]
    # why → graduates of the year outside `total`; None: made before that was kept
    outside: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    made_by_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SnapshotRow(db.Model):
    """One graduate of a snapshot, as the plan had it."""

    __tablename__ = "plan_snapshot_row"

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("plan_snapshot.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    student_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    college_id: Mapped[int]
    # of a graduate outside the plan's figures: why (plan.outside); the others: empty
    outside: Mapped[str] = mapped_column(String(12), default="", server_default="")
    row: Mapped[dict[str, Any]] = mapped_column(JSONB)


class SnapshotCount(db.Model):
    """How many graduates of a snapshot a college, a level and a code have: what a trend reads (RPT-06)."""

    __tablename__ = "plan_snapshot_count"

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("plan_snapshot.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    college_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outside: Mapped[str] = mapped_column(String(12), primary_key=True)
    education: Mapped[str] = mapped_column(String(3), primary_key=True)
    destination_code: Mapped[str] = mapped_column(String(3), primary_key=True)  # empty: none
    count: Mapped[int]


class CountsAs(db.Model):
    """What a destination code counts as in the rate formula of an edition (PLN-11)."""

    __tablename__ = "counts_as"
    __table_args__ = (Index("uq_counts_as_edition_code", "edition", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(3))
    part: Mapped[str] = mapped_column(String(12))
    certain: Mapped[bool] = mapped_column(default=True)
    # fields that a row with this code must have, with blanks between them (CHK-01)
    needs: Mapped[str] = mapped_column(String(200), default="", server_default="")

    @property
    def needed(self) -> list[str]:
        """The fields as a list, as the form asks for them."""
        return (self.needs or "").split()

    @needed.setter
    def needed(self, names: list[str]) -> None:
        self.needs = " ".join(names)


class RateFormula(db.Model):
    """How the rate of an edition is made of its parts (PLN-11); `since`: from this graduation year."""

    __tablename__ = "rate_formula"

    edition: Mapped[str] = mapped_column(String(12), primary_key=True)
    since: Mapped[int] = mapped_column(unique=True)
    settled: Mapped[list[str]] = mapped_column(JSONB)  # the parts of the rate, as they are shown
    left_out: Mapped[list[str]] = mapped_column(JSONB)  # levels of education outside N (结业)
    certain: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(String(200), default="")


PARTS = {
    "agreement": _l("Agreement or contract"),
    "employed": _l("Employed by an organisation"),
    "startup": _l("Own business"),
    "flexible": _l("Flexible employment"),
    "freelance": _l("Freelance"),
    "study": _l("Further study"),
    "seeking": _l("Seeking work"),
    "not_now": _l("Not seeking work for now"),
    "none": _l("No destination"),
}


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {
    "uq_plan_entry_student": _l("Both have a row in the employment plan that staff filled.")
}
