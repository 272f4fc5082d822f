"""What the rules found, and when they last ran (CHK-01, CHK-02)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.db import db
from app.core.identity import IdKind
from app.people.schools.models import College
from app.people.students.models import Student


class Severity(StrEnum):
    """Errors bar the report (PLN-06), warnings ask for a second look, hints are the desk's alone."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


SEVERITIES = {
    Severity.ERROR: _l("Error"),
    Severity.WARNING: _l("Warning"),
    Severity.HINT: _l("Hint"),
}
SEVERITY_CHIPS = {Severity.ERROR: "refused", Severity.WARNING: "waiting"}


class FindingState(StrEnum):
    """Open and gone follow the data; accepted is decided, and lasts until the facts change."""

    OPEN = "open"
    ACCEPTED = "accepted"
    GONE = "gone"


FINDING_STATES = {
    FindingState.OPEN: _l("To be mended"),
    FindingState.ACCEPTED: _l("Accepted as it is"),
    FindingState.GONE: _l("Mended"),
}
FINDING_CHIPS = {
    FindingState.OPEN: "waiting",
    FindingState.ACCEPTED: "turn",
    FindingState.GONE: "done",
}


class Finding(db.Model):
    """One rule that one graduate's row, or a college's figures, do not meet.

    `subject` is `s<student>` or `c<college>`; `facts` are what the sentence is filled with.
    """

    __tablename__ = "finding"
    __table_args__ = (
        Index("uq_finding", "school_id", "graduation_year", "rule", "subject", unique=True),
        Index("ix_finding_school_state", "school_id", "state", "severity", "id"),
        Index("ix_finding_college", "college_id", "state"),
        Index("ix_finding_student", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    graduation_year: Mapped[int]
    rule: Mapped[str] = mapped_column(String(30))
    severity: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(20))
    college_id: Mapped[int] = mapped_column(ForeignKey("college.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(12))
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    college: Mapped[College] = relationship()
    student: Mapped[Student | None] = relationship()


class CheckRun(db.Model):
    """The last run over a school and year; `asked_at` after `ran_at`: the worker is at it."""

    __tablename__ = "check_run"
    __table_args__ = (Index("uq_check_run", "school_id", "graduation_year", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    graduation_year: Mapped[int]
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ran_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rows: Mapped[int] = mapped_column(default=0)
    took: Mapped[int] = mapped_column(default=0)  # milliseconds
    done: Mapped[int] = mapped_column(default=0)  # of a hundred, while it runs

    @property
    def running(self) -> bool:
        """Whether the worker has still to finish what was asked."""
        return self.asked_at is not None and (self.ran_at is None or self.ran_at < self.asked_at)


class IdNumberFact(db.Model):
    """What a sealed ID number says, by its keyed index and kind: a changed number has another index.

    Of the birth date only its keyed index: beside the masked number it would give the number away.
    """

    __tablename__ = "id_number_fact"

    id_number_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id_kind: Mapped[str] = mapped_column(
        String(12), primary_key=True, server_default=IdKind.ID_CARD.value
    )
    fault: Mapped[str] = mapped_column(String(8))  # of rules.ID_FAULTS, or empty
    sex: Mapped[str] = mapped_column(String(1))
    birth_index: Mapped[bytes | None] = mapped_column(LargeBinary)
