"""What a destination code counts as, and how the rate of an edition is made (PLN-11)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import db


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
