"""What the parties agree on: one immutable row a version, and the declared list of its fields.

An edit or an amendment is a new row; a trigger of the database refuses to change an old one. Forms, the
letter, the review detail and the agreement are all made from `FIELDS`: a new field is one line there and
one column here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db

OFFER, ARCHIVE, HOUSEHOLD = "offer", "archive", "household"
GROUPS = {
    OFFER: _l("Signing terms"),
    ARCHIVE: _l("Personal archive"),
    HOUSEHOLD: _l("Household registration"),
}
NOT_RECEIVED = "NONE"  # code of dajs and hkjs: the employer does not receive it


@dataclass(frozen=True)
class Field:
    """One thing agreed on. `kind`: text, int, money (yuan), days, date, phone, postcode, code, region.

    `only_if` names the field whose value must not be NOT_RECEIVED for this one to be asked.
    `low`/`high` bound numbers; `length` bounds texts; `table` names the code table.
    """

    name: str
    label: Any
    group: str
    kind: str
    unit: Any = ""
    required: bool = True
    only_if: str = ""
    low: int = 0
    high: int = 0
    length: int = 0
    table: str = ""
    hint: Any = ""
    large: bool = False


MONEY_MOST = 999_999
FIELDS: tuple[Field, ...] = (
    Field("position_kind", _l("Kind of position"), OFFER, "code", table="gzzwlb"),
    Field("position", _l("Position"), OFFER, "text", length=60, large=True),
    Field("reply_days", _l("Days to answer"), OFFER, "days", unit=_l("days"), low=1, high=30,
          hint=_l("The invitation ends at 24:00 of the last day.")),
    Field("probation_days", _l("Probation period"), OFFER, "days", unit=_l("days"), high=180),
    Field("probation_pay", _l("Pay on probation"), OFFER, "money", unit=_l("yuan a month"),
          high=MONEY_MOST, large=True),
    Field("regular_pay", _l("Pay after probation"), OFFER, "money", unit=_l("yuan a month"),
          high=MONEY_MOST, large=True),
    Field("breach_penalty", _l("Breach penalty"), OFFER, "money", unit=_l("yuan"), high=MONEY_MOST,
          large=True),
    Field("report_place", _l("Place to report for work"), OFFER, "text", length=120),
    Field("report_by", _l("Report for work by"), OFFER, "date", large=True),
    Field("workplace", _l("Actual workplace"), OFFER, "region", large=True),
    Field("contact_name", _l("Signing contact"), OFFER, "text", length=60),
    Field("contact_phone", _l("Telephone"), OFFER, "phone", length=20),
    Field("archive_receiver", _l("Archive is received by"), ARCHIVE, "code", table="dajs"),
    Field("archive_to", _l("Forward the archive to"), ARCHIVE, "text", length=120,
          only_if="archive_receiver"),
    Field("archive_address", _l("Forwarding address"), ARCHIVE, "text", length=200,
          only_if="archive_receiver"),
    Field("archive_postcode", _l("Forwarding postcode"), ARCHIVE, "postcode",
          only_if="archive_receiver"),
    Field("archive_contact", _l("Forwarding contact"), ARCHIVE, "text", length=60,
          only_if="archive_receiver"),
    Field("archive_phone", _l("Forwarding telephone"), ARCHIVE, "phone", length=20,
          only_if="archive_receiver"),
    Field("household_kind", _l("Household registration moves to"), HOUSEHOLD, "code", table="hkjs"),
    Field("household_address", _l("Household address"), HOUSEHOLD, "text", length=200,
          only_if="household_kind"),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}


class Terms(db.Model):
    """One version of the terms of one offer; money in whole yuan (a month where it is pay)."""

    __tablename__ = "terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    position_kind: Mapped[str] = mapped_column(String(2))
    position: Mapped[str] = mapped_column(String(60))
    reply_days: Mapped[int]
    probation_days: Mapped[int]
    probation_pay: Mapped[int]
    regular_pay: Mapped[int]
    breach_penalty: Mapped[int]
    report_place: Mapped[str] = mapped_column(String(120))
    report_by: Mapped[date]
    workplace: Mapped[str] = mapped_column(String(6))
    contact_name: Mapped[str] = mapped_column(String(60))
    contact_phone: Mapped[str] = mapped_column(String(20))
    archive_receiver: Mapped[str] = mapped_column(String(16))
    archive_to: Mapped[str | None] = mapped_column(String(120))
    archive_address: Mapped[str | None] = mapped_column(String(200))
    archive_postcode: Mapped[str | None] = mapped_column(String(6))
    archive_contact: Mapped[str | None] = mapped_column(String(60))
    archive_phone: Mapped[str | None] = mapped_column(String(20))
    household_kind: Mapped[str] = mapped_column(String(16))
    household_address: Mapped[str | None] = mapped_column(String(200))


def asked(field: Field, values: dict[str, Any]) -> bool:
    """Whether the field counts: details only when the employer receives, numbers not below their least.

    A paper agreement has no days to answer: 0 stands there, which nobody can enter.
    """
    if field.low and values.get(field.name) == 0:
        return False
    return not field.only_if or values.get(field.only_if) not in (None, "", NOT_RECEIVED)


def values_of(terms: Terms) -> dict[str, Any]:
    """All agreed values by field name."""
    return {field.name: getattr(terms, field.name) for field in FIELDS}


def differences(old: Terms, new: Terms) -> Iterator[tuple[Field, Any, Any]]:
    """What changed between two versions: field, old value, new value."""
    for field in FIELDS:
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield field, before, after
