"""What the parties agree on: one immutable row a version, and the declared list of its fields.

An edit or an amendment is a new row; a trigger of the database refuses to change an old one. Forms, preview,
letter, comparison, review detail, exports, the agreement, the demo and the tests are all made from `FIELDS`:
a new term is one line there, one column here and its migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
PARTS = {OFFER: "terms", ARCHIVE: "archive", HOUSEHOLD: "household"}  # in the data of the agreement
# what stands at the left of the group on the agreement, two characters a line
MARGINS = {OFFER: ("约定", "事项"), ARCHIVE: ("档案", ""), HOUSEHOLD: ("户口", "")}
NOT_RECEIVED = "NONE"  # code of dajs and hkjs: the employer does not receive it


@dataclass(frozen=True)
class TermField:
    """One thing agreed on. `kind`: text, int, money (yuan), days, date, phone, postcode, code, region.

    `sample` is what demo and tests agree on (of a date: month and day of next year).
    `default` is what a new letter begins with, before that the employer's own fact called `profile`.
    `only_if` names the field whose value must not be NOT_RECEIVED for this one to be asked.
    `low`/`high` bound numbers; `length` bounds texts; `table` names the code table.
    On the agreement it stands in its group, in the row, from the column and over the columns of three that
    `at` says, under its Chinese label or a shorter name, `printed`; `at=None` keeps it off. Paper agreements
    lack what is not `on_paper`.
    """

    name: str
    label: Any
    group: str
    kind: str
    sample: Any
    unit: Any = ""
    required: bool = True
    only_if: str = ""
    low: int = 0
    high: int = 0
    length: int = 0
    table: str = ""
    hint: Any = ""
    large: bool = False
    default: Any = None
    profile: str = ""
    at: tuple[int, int, int] | None = (9, 1, 1)
    printed: str = ""
    on_paper: bool = True

    @property
    def key(self) -> str:
        """Its name within its part of the agreement's data: archive_to is `to` of the archive."""
        return self.name.removeprefix(f"{self.group}_")

    @property
    def place(self) -> str:
        """Where it stands in the agreement's data: ``archive.to``."""
        return f"{PARTS[self.group]}.{self.key}"


MONEY_MOST = 999_999
FIELDS: tuple[TermField, ...] = (
    TermField("position_kind", _l("Kind of position"), OFFER, "code", "13", table="gzzwlb", at=(1, 1, 1)),
    TermField("position", _l("Position"), OFFER, "text", "软件工程师", length=60, large=True, at=(1, 2, 2)),
    TermField("reply_days", _l("Days to answer"), OFFER, "days", 5, unit=_l("days"), low=1, high=30,
          hint=_l("The invitation ends at 24:00 of the last day."), default=5, at=(5, 3, 1),
          on_paper=False),  # nobody waits for an answer
    TermField("probation_days", _l("Probation period"), OFFER, "days", 60, unit=_l("days"), high=180,
          at=(2, 1, 1)),
    TermField("probation_pay", _l("Pay on probation"), OFFER, "money", 5000, unit=_l("yuan a month"),
          high=MONEY_MOST, large=True, at=(2, 2, 1)),
    TermField("regular_pay", _l("Pay after probation"), OFFER, "money", 6000, unit=_l("yuan a month"),
          high=MONEY_MOST, large=True, at=(2, 3, 1)),
    TermField("breach_penalty", _l("Breach penalty"), OFFER, "money", 0, unit=_l("yuan"), high=MONEY_MOST,
          large=True, default=0, at=(4, 3, 1)),
    TermField("report_place", _l("Place to report for work"), OFFER, "text", "武汉市洪山区1号", length=120,
          profile="address", at=(3, 1, 2)),
    TermField("report_by", _l("Report for work by"), OFFER, "date", (7, 1), large=True, at=(3, 3, 1)),
    TermField("workplace", _l("Actual workplace"), OFFER, "region", "420111", large=True,
          profile="location", at=(4, 1, 2), printed="工作地点"),
    TermField("contact_name", _l("Signing contact"), OFFER, "text", "张先生", length=60,
          profile="contact_name", at=(5, 1, 1)),
    TermField("contact_phone", _l("Telephone"), OFFER, "phone", "02787654321", length=20,
          profile="contact_phone", at=(5, 2, 1)),
    TermField("archive_receiver", _l("Archive is received by"), ARCHIVE, "code", "UNIT", table="dajs",
          profile="archive_receiver", at=(1, 1, 1), printed="接收方式"),
    TermField("archive_to", _l("Forward the archive to"), ARCHIVE, "text", "单位人事部", length=120,
          only_if="archive_receiver", profile="archive_to", at=(1, 2, 2), printed="转寄单位"),
    TermField("archive_address", _l("Forwarding address"), ARCHIVE, "text", "武汉市洪山区1号", length=200,
          only_if="archive_receiver", profile="archive_address", at=(2, 1, 2), printed="转递地址"),
    TermField("archive_postcode", _l("Forwarding postcode"), ARCHIVE, "postcode", "430000",
          only_if="archive_receiver", profile="archive_postcode", at=(2, 3, 1), printed="邮政编码"),
    TermField("archive_contact", _l("Forwarding contact"), ARCHIVE, "text", "王先生", length=60,
          only_if="archive_receiver", profile="archive_contact", at=(3, 1, 1), printed="联系人"),
    TermField("archive_phone", _l("Forwarding telephone"), ARCHIVE, "phone", "02787654321", length=20,
          only_if="archive_receiver", profile="archive_phone", at=(3, 2, 2), printed="联系电话"),
    TermField("household_kind", _l("Household registration moves to"), HOUSEHOLD, "code", "UNIT",
          table="hkjs", default=NOT_RECEIVED, profile="household_kind", at=(1, 1, 1), printed="接收类型"),
    TermField("household_address", _l("Household address"), HOUSEHOLD, "text", "武汉市洪山区派出所",
          length=200, only_if="household_kind", profile="household_address", at=(1, 2, 2),
          printed="接收地址"),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
ON_PAPER = tuple(field for field in FIELDS if field.on_paper)


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


def asked(field: TermField, values: Mapping[str, object]) -> bool:
    """Whether the field counts: details only when the employer receives, numbers not below their least.

    A paper agreement has no days to answer: 0 stands there, which nobody can enter. A version that is
    older than the term has None.
    """
    value = values.get(field.name)
    if field.only_if:
        return values.get(field.only_if) not in (None, "", NOT_RECEIVED)
    return value is not None and not (field.low and value == 0)


def values_of(terms: Terms) -> dict[str, object]:
    """All agreed values by field name."""
    return {field.name: getattr(terms, field.name) for field in FIELDS}


def differences(old: Terms, new: Terms) -> Iterator[tuple[TermField, Any, Any]]:
    """What changed between two versions: field, old value, new value."""
    for field in FIELDS:
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield field, before, after
