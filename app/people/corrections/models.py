"""A correction that a student proposes to one field of its origin record (ADM-09)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db
from app.people.students import fields
from app.people.students.models import Student
from app.workflow.states import StateIs


class CorrectionState(StrEnum):
    """Where a proposed correction stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


LABELS = {
    CorrectionState.PROPOSED: _l("Waits for the school's decision"),
    CorrectionState.ACCEPTED: lazy_pgettext("correction", "Accepted"),
    CorrectionState.REFUSED: lazy_pgettext("correction", "Refused"),
    CorrectionState.WITHDRAWN: _l("Withdrawn"),
}
CHIPS = {
    CorrectionState.PROPOSED: "waiting",
    CorrectionState.ACCEPTED: "done",
    CorrectionState.REFUSED: "refused",
}


def _of(group: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields.of_group(group))


FIELDS: dict[str, Any] = {
    "name": _l("Name"),
    "id_number": _l("Identity document"),
    "phone": _l("Phone"),
    "sex": _l("Sex"),
    "nation": _l("Nationality"),
    "examinee_no": _l("Examinee number"),
    **fields.STUDIES,
    **fields.LABELS,
}
GROUPS = (  # as the student reads them
    (_l("Student"), ("name", "id_number", "phone", "sex", "nation", "examinee_no", *_of("person"))),
    (
        _l("Studies"),
        (
            "major_id",
            "class_name",
            "education",
            "training_mode",
            "graduation_year",
            *_of("studies"),
        ),
    ),
    (_l("Origin and home"), ("origin", *_of("home"))),
)
TABLES = fields.TABLES
SECRETS = ("id_number", "phone", *fields.SECRETS)
NUMBERS = ("major_id", "graduation_year")
PROVED = frozenset({"name", "id_number", "sex", "nation", "education", "training_mode"}).union(
    field.name for field in fields.FIELDS if field.proved
)
OPEN = "state = 'proposed'"


class Correction(db.Model):
    """One field with what it is, what it should be, and why. What is wanted is sealed, whatever it is."""

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_school", "school_id", "state", "id"),
        Index("ix_correction_student", "student_id"),
        Index(
            "uq_correction_open", "student_id", "field", unique=True, postgresql_where=db.text(OPEN)
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex, unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    state: Mapped[str] = mapped_column(String(12))
    field: Mapped[str] = mapped_column(String(20))  # of FIELDS
    seen: Mapped[str] = mapped_column(String(64))  # keyed index of the value when it was proposed
    was: Mapped[str] = mapped_column(String(120))  # as shown then, numbers masked
    wish: Mapped[str] = mapped_column(String(120))  # as shown, numbers masked
    wanted_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(200))  # the student's
    answer: Mapped[str] = mapped_column(String(200), default="")  # the school's
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    is_open = StateIs(CorrectionState.PROPOSED)  # the school has yet to decide
    wanted = Sealed("correction", lambda _text: "", lambda text: text)
    student: Mapped[Student] = relationship()

    @property
    def label(self) -> str:
        """The field in words."""
        return str(FIELDS[self.field])


# of two records that are merged only one can have it (ADM-02): the constraint, and what to say
ONLY_ONE = {"uq_correction_open": _l("Both wait for the same correction.")}
