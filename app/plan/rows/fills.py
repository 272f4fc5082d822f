"""Which of our values fills which column of the official layout, and which stay empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import phones
from app.people.students.fields import FIELDS as ORIGIN
from app.people.students.fields import Field, Shape

SPELLED = {
    "both": _l("Codes and names, as the layout has them"),
    "codes": _l("Codes only; the columns of names stay empty"),
    "names": _l("Names only; the columns of codes stay empty"),
}


@dataclass(frozen=True)
class Fill:
    """What fills a column: a dotted column of the plan row, for names the code table that gives them."""

    path: str
    table: str = ""
    code: bool = False  # a code that has a column of names beside it
    shape: Callable[[Any], str] | None = None


def _pair(code: str, name: str, path: str, table: str) -> dict[str, Fill]:
    """A column of codes and its column of names."""
    return {code: Fill(path, code=True), name: Fill(path, table)}


def compact(day: object) -> str:
    """A day of eight digits, as the layout has it: 2027-06-30 → 20270630; a masked one 2004****."""
    return str(day).replace("-", "")


def _origin(field: Field) -> dict[str, Fill]:
    """The official columns of a declared field of the origin record."""
    path = f"student.{field.shown}"
    if field.table:
        return {
            **({field.official: Fill(path, code=True)} if field.official else {}),
            **({field.named: Fill(path, field.table)} if field.named else {}),
        }
    day = field.shape in (Shape.DAY, Shape.BIRTH)
    return {field.official: Fill(path, shape=compact if day else None)}


def _mobile(phone: object) -> str:
    return str(phone) if phones.is_mobile(str(phone)) else ""


FILLS: dict[str, Fill] = {
    "KSH": Fill("student.examinee_no"),
    "SFZH": Fill("student.id_number_masked"),
    "XM": Fill("student.name"),
    **_pair("XBDM", "XB", "student.sex", "xb"),
    **_pair("MZDM", "MZ", "student.nation", "mz"),
    "YXDM": Fill("student.school.code"),
    "YXMC": Fill("student.school.name"),
    **_pair("XLDM", "XL", "student.education", "xl"),
    "ZYDM": Fill("student.major.code"),
    "ZY": Fill("student.major.name"),
    **_pair("PYFSDM", "PYFS", "student.training_mode", "pyfs"),
    **_pair("SYSZDDM", "SYSZD", "student.origin", "region"),
    "SZYX": Fill("student.college.name"),
    "SZBJ": Fill("student.class_name"),
    "XH": Fill("student.student_no"),
    "MOBILEPHONE": Fill("student.phone_masked"),
    "EMAIL": Fill("student.email"),
    **{column: fill for field in ORIGIN for column, fill in _origin(field).items()},
    **_pair("BYQXDM", "BYQX", "destination_code", "byqx"),
    "DWZZJGDM": Fill("credit_code"),
    "DWMC": Fill("employer_name"),
    **_pair("DWXZDM", "DWXZ", "employer_kind", "dwxz"),
    **_pair("DWHYDM", "DWHY", "industry", "dwhy"),
    **_pair("DWSZDDM", "DWSZD", "location", "region"),
    **_pair("GZZWLBDM", "GZZWLB", "position_kind", "gzzwlb"),
    "DWLXR": Fill("contact_name"),
    "LXRDH": Fill("contact_phone"),
    "LXRSJ": Fill("contact_phone", shape=_mobile),
    "LXRDZYX": Fill("placement.employer_email"),
    "DWDZ": Fill("address"),
    "DWYB": Fill("postcode"),
    "DAZJDWMC": Fill("archive_to"),
    "DAZJDWDZ": Fill("archive_address"),
    "DAZJDWYB": Fill("archive_postcode"),
    "HKQZDZ": Fill("household_address"),
}
_REPORT = _l("the certificate of report was abolished in 2023: nobody issues one")
NOBODY = {
    "LXRCZ": _l("nobody asks employers for a fax number"),
    **dict.fromkeys(
        ("BDZQFLBDM", "BDZQFLB", "BDZQWDWMC", "QWDWSZDDM", "QWDWSZD", "BDZBH", "BDQSSJ"), _REPORT
    ),
}
