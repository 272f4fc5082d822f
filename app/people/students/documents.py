"""Numbers and documents of identity as files bring them, kinds and countries in people's words (ACC-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select

from app.core import identity
from app.core.db import db
from app.core.identity import IdKind
from app.files.imports import cells
from app.files.imports.columns import Context, ValueList
from app.people.students.models import Student

# what offices write for a kind of document, folded as lists are; «1», «8», «A» of JY/T 1001
WRITTEN = {
    IdKind.ID_CARD: (
        "1 身份证 公民身份证 二代身份证 第二代居民身份证 中国居民身份证 中华人民共和国居民身份证 内地身份证"
        " 大陆身份证 居民身份证号 idcard"
    ),
    IdKind.HM_PERMIT: (
        "港澳居民通行证 港澳通行证 港澳居民来往大陆通行证 港澳来往内地通行证 回乡证 港澳同胞回乡证"
        " 港澳居民来往内地通行证(回乡证)"
    ),
    IdKind.TW_PERMIT: (
        "8 台胞证 台湾通行证 台湾居民通行证 台湾居民来往内地通行证 台湾来往大陆通行证 台湾同胞证"
        " 台湾居民来往大陆通行证(台胞证)"
    ),
    IdKind.RESIDENCE: "居住证 港澳居民居住证 台湾居民居住证 港澳台居住证",
    IdKind.FOREIGNER: (
        "外国人永久居留证 外国人永久居留身份证 永久居留身份证 永久居留证 永居证 境外永久居住证 五星卡"
    ),
    IdKind.PASSPORT: "a 护照 外国护照 中国护照 普通护照 外籍护照 因私护照 外国人护照",
}


class Written(ValueList):
    """A list with what people write for its values beside what it offers."""

    def __init__(self, rows: Sequence[tuple[Any, str, str]], also: Mapping[str, object]) -> None:
        super().__init__(rows)
        for typed, value in also.items():
            self.codes.setdefault(cells.folded(typed), value)


def kinds() -> Written:
    """The kinds of documents of identity."""
    also = {text: str(kind) for kind, texts in WRITTEN.items() for text in texts.split()}
    found = Written([(kind, kind, str(name)) for kind, name in identity.NAMES.items()], also)
    found.names.update(ValueList.labelled(identity.NAMES).names)
    return found


def issuers() -> Written:
    """The countries and regions that issue passports."""
    rows = [(code, code, name) for code, name in identity.countries().items()]
    return Written(rows, identity.countries_typed())


def folded_number(text: str, context: Context) -> str:
    """The number as its kind is kept, the kind of its row or else what it tells by itself (ACC-13)."""
    kind = context.row.get("id_kind") or identity.guess(identity.clean(text), context.today)
    return identity.canonical(kind, text) if kind else identity.clean(text)


def is_number(number: str, context: Context) -> object:
    """A number of the row's kind of document; without one, of the kind that the number tells.

    Whoever is entered with its student number instead has none (a column slipped).
    """
    kind = context.row.get("id_kind")
    if kind is None:
        kind = identity.guess(number, context.today)
        if kind is None or number == context.row.get("student_no"):
            citizen = len(number) >= 15 and number[:-1].isdecimal()
            return identity.KINDS[IdKind.ID_CARD].how if citizen else identity.NO_KIND
        context.row |= {"id_kind": str(kind), "kind_told": True}
    return identity.problem(kind, number, context.today)


def with_zeros(school: object) -> set[str]:
    """The numbers of which the school has some that begin with 0: one stored as a number may lack it."""
    mine = Student.school_id == school
    return {
        column.key
        for column in (Student.student_no, Student.examinee_no)
        if db.session.scalar(select(exists().where(mine, column.like("0%"))))
    }
