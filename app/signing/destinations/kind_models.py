"""Tables of the kinds of destinations: types, kinds, fields and proofs are data, never code (DST-01)."""

from __future__ import annotations

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.signing.destinations.field_types import FieldType

LEVELS = {  # of education → its name
    "doctor": _l("Doctor"),
    "master": _l("Master"),
    "bachelor": _l("Bachelor"),
    "college": _l("Junior college"),
}
FIRST_DIGITS = {
    "doctor": "0",
    "master": "1",
    "bachelor": "23",
    "college": "456",
}  # of its codes (xl)


def english() -> bool:
    """Whether the page is read in English."""
    return str(get_locale()).startswith("en")


class Named:
    """Mixin: a name and a line of explanation in both languages; English falls back to Chinese."""

    name: Mapped[str]
    name_en: Mapped[str]
    hint: Mapped[str]
    hint_en: Mapped[str]

    def __str__(self) -> str:
        return (self.name_en if english() else "") or self.name

    @property
    def explained(self) -> str:
        """The line of explanation in the reader's language."""
        return (self.hint_en if english() else "") or self.hint


class DestinationType(Named, db.Model):
    """The first choice of a student: further study, employment, army …"""

    __tablename__ = "destination_type"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    hint: Mapped[str] = mapped_column(String(200), default="")
    hint_en: Mapped[str] = mapped_column(String(300), default="")
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class DestinationKind(Named, db.Model):
    """The second choice; says the plan codes, whether it settles, and for whom and when it is there."""

    __tablename__ = "destination_kind"
    __table_args__ = (Index("ix_destination_kind_type", "type_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey("destination_type.id"))
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    hint: Mapped[str] = mapped_column(String(200), default="")
    hint_en: Mapped[str] = mapped_column(String(300), default="")
    plan_code: Mapped[str] = mapped_column(String(3))  # BYQXDM, three digits, since 2021
    plan_code_legacy: Mapped[str] = mapped_column(String(3))  # the same of earlier years
    settles: Mapped[bool] = mapped_column(default=True)
    modes: Mapped[list[str]] = mapped_column(JSONB, default=list)  # pyfs; none: all of them
    # of LEVELS; none: all of them
    levels: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    from_year: Mapped[int | None]
    to_year: Mapped[int | None]
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    type: Mapped[DestinationType] = relationship()
    fields: Mapped[list[DestinationField]] = relationship(
        order_by="(DestinationField.sort, DestinationField.id)", back_populates="kind"
    )
    proofs: Mapped[list[DestinationProof]] = relationship(
        order_by="(DestinationProof.sort, DestinationProof.id)", back_populates="kind"
    )

    def open_to(self, education: str) -> bool:
        """Whether it is offered at this level of education (xl)."""
        return not self.levels or any(education[:1] in FIRST_DIGITS[level] for level in self.levels)

    @property
    def years(self) -> str:
        """The graduation years it is offered to."""
        since, until = self.from_year or "", self.to_year or ""
        return f"{since}–{until}" if since or until else "–"


class Asked(Named):
    """Mixin: a field or a proof that a kind asks for, known within it by `key`."""

    id: Mapped[int] = mapped_column(primary_key=True)
    kind_id: Mapped[int] = mapped_column(ForeignKey("destination_kind.id"))
    key: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    hint: Mapped[str] = mapped_column(String(200), default="")
    hint_en: Mapped[str] = mapped_column(String(300), default="")
    required: Mapped[bool] = mapped_column(default=True)
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class DestinationField(Asked, db.Model):
    """One field that a kind asks for."""

    __tablename__ = "destination_field"
    __table_args__ = (Index("uq_destination_field", "kind_id", "key", unique=True),)

    type: Mapped[str] = mapped_column(String(12), default=FieldType.TEXT)
    length: Mapped[int | None]  # of texts
    low: Mapped[int | None]  # of numbers
    high: Mapped[int | None]
    table: Mapped[str] = mapped_column(String(12), default="")  # of choices
    only: Mapped[list[str]] = mapped_column(JSONB, default=list)  # some codes of that table
    plan_field: Mapped[str] = mapped_column(String(30), default="")

    kind: Mapped[DestinationKind] = relationship(back_populates="fields")

    @property
    def only_text(self) -> str:
        """The chosen codes with blanks between them, as the form asks for them."""
        return " ".join(self.only or ())

    @only_text.setter
    def only_text(self, text: str) -> None:
        self.only = (text or "").split()


class DestinationProof(Asked, db.Model):
    """A proof that a kind asks for: files of one sort."""

    __tablename__ = "destination_proof"
    __table_args__ = (Index("uq_destination_proof", "kind_id", "key", unique=True),)

    most: Mapped[int] = mapped_column(default=3)

    kind: Mapped[DestinationKind] = relationship(back_populates="proofs")
