"""The fields of the origin record that the official layouts name, each declared once (PLN-12).

From `FIELDS` come the columns of the student, the fields of the forms, the columns of the students' sheet,
what a student may have corrected, what pages and lists show, and what fills the official layout. What the
record had from the beginning (name, numbers, sex, studies) is declared where it is used; its code tables
stand here too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date, LargeBinary, String
from sqlalchemy.orm import mapped_column

from app.codes import queries as codes
from app.core import clock, identity
from app.core.checks import is_phone, is_postcode
from app.core.crypto import Sealed
from app.core.identity import IdKind
from app.core.phones import folded
from app.core.text import clean_code, mask_phone


class Shape(StrEnum):
    """What a field holds, and so how it is asked, read and checked."""

    TEXT = "text"
    CODE = "code"
    DAY = "day"
    BIRTH = "birth"  # a day, taken from the number of identity where that says it
    SPAN = "span"  # years of study
    PHONE = "phone"
    POSTCODE = "postcode"
    DIGITS = "digits"


@dataclass(frozen=True)
class Field:
    """One field. `official` is the layout's column of its value or code, `named` the one of the code's name.

    `most` is the width in characters, as the layout proposes it; `mask` makes it a sealed one: pages and
    exports show the mask, the text itself goes out by right only. `group` is where pages show it. Who
    proposes a correction of a `proved` one adds a proof.
    """

    name: str
    label: Any
    official: str
    shape: Shape = Shape.TEXT
    most: int = 0
    table: str = ""
    named: str = ""
    heads: tuple[str, ...] = ()
    sample: str = ""
    help: Any = ""
    group: str = "studies"
    mask: Callable[[str], str] | None = None
    proved: bool = False
    width: int = 14

    @property
    def shown(self) -> str:
        """The column that pages and lists read."""
        return f"{self.name}_masked" if self.mask else self.name

    @property
    def code(self) -> str:
        """Its official column's name, by which files know it."""
        return self.official or self.named


def mask_day(text: str) -> str:
    """2004-01-31 → 2004****: a whole day of birth beside a masked number gives that away."""
    return f"{text[:4]}****" if text else ""


_PLACE = re.compile(
    r"(?:[^省路街号0-9]{2,3}省|[^区路街号0-9]{2,8}自治区)?"
    r"(?:[^市州盟路街号0-9]{1,11}(?:市|州|盟|地区))?"
    r"(?:[^区县市旗路街号村0-9]{1,6}(?:区|县|市|旗))?"
)


def mask_address(text: str) -> str:
    """湖北省武汉市洪山区珞喻路1号 → 湖北省武汉市洪山区****: the county may be read, the door not."""
    found = _PLACE.match(text)
    return f"{found[0] if found else ''}****"


S = Shape
FIELDS: tuple[Field, ...] = (
    Field("political_status", _l("Political status"), "ZZMMDM", S.CODE, 2, "zzmm", "ZZMM",
          ("政治面貌代码", "政治面目"), "03", group="person"),
    Field("birth_date", _l("Birth date"), "CSRQ", S.BIRTH, 10, heads=("出生年月日", "生日"),
          sample="2004-01-01", group="person", mask=mask_day, proved=True,
          help=_l("Taken from the ID number where that says it; typed for other documents.")),
    Field("campus", _l("Branch campus"), "FXMC", most=60, heads=("分校", "校区"), width=16),
    Field("direction", _l("Specialisation"), "ZYFX", most=60, width=16),
    Field("study_years", _l("Years of study"), "XZ", S.SPAN, 4, heads=("学制年限", "学制(年)"), sample="4",
          help=_l("In years, such as 4 or 2.5."), width=8),
    Field("enrolled_on", _l("Enrolled on"), "RXSJ", S.DAY, heads=("入学日期", "入学年月"),
          sample="2023-09-01"),
    Field("graduates_on", _l("Graduates on"), "BYSJ", S.DAY, heads=("毕业日期", "毕业年月", "预计毕业时间",
          "预计毕业日期"), sample="2027-06-30"),
    Field("teacher_training", _l("Teacher training"), "SFSLBDM", S.CODE, 2, "sfslb", "SFSLB",
          ("师范生类别代码", "师范生", "是否师范生"), "2", proved=True),
    Field("hardship", _l("Kind of hardship"), "KNSLBDM", S.CODE, 2, "knslb", "KNSLB",
          ("困难生类别代码", "困难生"), "0", proved=True, width=16),
    Field("committed_to", _l("Committed or commissioned to"), "DXHWPDW", most=100,
          heads=("定向单位", "委培单位", "定向委培单位"), width=20,
          help=_l("The unit of whoever is trained for it.")),
    Field("home_kind", _l("From town or country"), "", S.CODE, 2, "cxsy", "CXSY", ("城乡类别", "生源城乡"),
          "城镇", group="home", width=10),
    Field("home_address", _l("Home address"), "JTDZ", most=120, heads=("家庭地址", "家庭详细地址"),
          group="home", mask=mask_address, width=26, sample="湖北省武汉市洪山区珞喻路1号"),
    Field("home_phone", _l("Home telephone"), "JTDH", S.PHONE, 20, heads=("家庭联系电话",), group="home",
          mask=mask_phone, sample="027-87654321"),
    Field("home_postcode", _l("Home postcode"), "JTYB", S.POSTCODE, 6, heads=("家庭邮政编码",),
          group="home", sample="430070", width=10),
    Field("archive_before", _l("Archive kept before enrolment by"), "RXQDASZDW", most=100,
          heads=("入学前档案所在地",), group="home", width=22),
    Field("household_before", _l("Police station of the household before enrolment"), "RXQHKSZDPCS",
          most=100, heads=("RXQHKSZDPC", "入学前户口所在地"), group="home", width=24),
    Field("archive_moved", _l("Archive moved to the school"), "", S.CODE, 2, "sf", "DASFZRXX", (), "是",
          group="home", width=10),
    Field("household_moved", _l("Household moved to the school"), "", S.CODE, 2, "sf", "HKSFZRXX", (), "是",
          group="home", width=10),
    Field("qq", _l("QQ number"), "QQ", S.DIGITS, 15, heads=("QQ号", "QQ"), group="home"),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
NAMES = tuple(BY_NAME)
PLAIN = tuple(field.name for field in FIELDS if not field.mask)
SECRETS = tuple(field.name for field in FIELDS if field.mask)
LABELS = {field.name: field.label for field in FIELDS}
STUDIES = {  # of the record itself, wherever its parts are named
    "major_id": _l("Major"),
    "class_name": _l("Class"),
    "education": _l("Level of education"),
    "training_mode": _l("Training mode"),
    "graduation_year": _l("Graduation year"),
    "origin": _l("Place of origin"),
}
TABLES = {"sex": "xb", "nation": "mz", "education": "xl", "training_mode": "pyfs"} | {
    field.name: field.table for field in FIELDS if field.table
}
DAYS = tuple(field.name for field in FIELDS if field.shape is S.DAY)


def of_group(name: str) -> list[Field]:
    """The fields of a part of the pages: person, studies, home."""
    return [field for field in FIELDS if field.group == name]


# -- the columns of the student --------------------------------------------------------------------


class OriginColumns:
    """The columns of a student that `FIELDS` declares; a sealed field has three, and one attribute."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for field in FIELDS:
            if field.mask:
                kept = Sealed(field.name, field.mask, FOLDS.get(field.shape, str))
                kept.__set_name__(cls, field.name)
                setattr(cls, field.name, kept)


MARK = 4  # characters that a mask may add


def _columns() -> None:
    for field in FIELDS:
        if field.mask:
            for end, kind in (
                ("sealed", LargeBinary()),
                ("index", LargeBinary()),
                ("masked", String(field.most + MARK)),
            ):
                setattr(OriginColumns, f"{field.name}_{end}", mapped_column(kind, nullable=True))
        else:
            day = field.shape is S.DAY
            column = mapped_column(Date() if day else String(field.most), nullable=True)
            setattr(OriginColumns, field.name, column)


class IdNumber(Sealed):
    """The number of identity; where it says the day of birth and the sex, the record has them from it."""

    def __set__(self, row: Any, text: str | None) -> None:
        super().__set__(row, text)
        kind, number = row.id_kind or IdKind.ID_CARD, self.normalise(text or "")
        if born := identity.birth_in(kind, number):
            row.birth_date = born
            row.sex = row.sex or identity.sex_in(kind, number)


# -- reading and checking --------------------------------------------------------------------------

_SPAN = re.compile(r"[1-9](?:\.5)?")
_SPOKEN = str.maketrans("一二两三四五六七八", "122345678")
SPAN = _l("Write the years of study as 4 or 2.5.")
DAY = _l("This is not a date. Write it as 2026-07-01.")
BORN = _l("Nobody who graduates was born on this day.")
UNLIKE = _l(
    "By the ID number the birth date is another one. Correct the one that is wrong, or leave this empty."
)
QQ = _l("A QQ number has 5 to 12 digits.")
NO_PHONE = _l("This is not a telephone number: 11 digits, or with area code.")
NO_POSTCODE = _l("A postcode has six digits.")
UNKNOWN = _l("Choose one from the list.")
AGES = (14, 80)  # of somebody who graduates


def folded_span(text: str) -> str:
    """四年, 4年, 4.0 → 4."""
    plain = clean_code(text).removesuffix("制").removesuffix("年").translate(_SPOKEN)
    return plain.removesuffix(".0")


FOLDS: dict[Shape, Callable[[str], str]] = {
    S.SPAN: folded_span,
    S.PHONE: folded,
    S.POSTCODE: clean_code,
    S.DIGITS: clean_code,
}


def is_span(text: str) -> bool:
    """Whole and half years, one to nine."""
    return _SPAN.fullmatch(text) is not None


def is_qq(text: str) -> bool:
    """Five to twelve digits, the first no zero."""
    return re.fullmatch(r"[1-9][0-9]{4,11}", text) is not None


def may_be_birth(text: str, today: date | None = None) -> bool:
    """A day on which somebody who graduates may have been born."""
    born, now = read_day(text), today or clock.today()
    return born is not None and AGES[0] <= now.year - born.year <= AGES[1]


def read_day(text: str) -> date | None:
    """An ISO day; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


CHECKS: dict[Shape, tuple[Callable[[str], bool], Any]] = {
    S.SPAN: (is_span, SPAN),
    S.PHONE: (is_phone, NO_PHONE),
    S.POSTCODE: (is_postcode, NO_POSTCODE),
    S.DIGITS: (is_qq, QQ),
    S.BIRTH: (may_be_birth, BORN),
}


def read(name: str, text: str) -> Any:
    """A text as the record keeps it: a day, a folded text, None where it is empty."""
    shape = BY_NAME[name].shape
    if shape is S.DAY:
        return read_day(text)
    return FOLDS.get(shape, str)(text) or None


def problem(name: str, value: Any) -> str:
    """The sentence what is wrong with a value that is to be written; empty where nothing is."""
    field = BY_NAME[name]
    if value in (None, "") or isinstance(value, date):
        return ""
    if field.table and value not in codes.names(field.table, ended=True):
        return str(UNKNOWN)
    check, sentence = CHECKS.get(field.shape, (None, ""))
    if check is not None and not check(value):
        return str(sentence)
    if field.most and len(value) > field.most:
        return _("At most %(max)d characters.", max=field.most)
    return ""


def wrong_birth(known: dict[str, Any], kind: str, number: str) -> str:
    """Whether the typed day of birth is not the number's; in `known` it becomes that of the number."""
    born, typed = identity.birth_in(kind, number), known.get("birth_date")
    if born and typed and typed != born:
        return str(UNLIKE)
    if born:
        known["birth_date"] = born
    return ""


def text_of(name: str, value: Any, year: int | None = None) -> str:
    """A kept value in words: the name of a code, a day, a mask as it is."""
    if value in (None, ""):
        return ""
    table = TABLES.get(name)
    return codes.name(table, value, year) if table else str(value)


_columns()
