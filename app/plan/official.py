"""Filling an uploaded official workbook from the plan (PLN-09): whose rows, which texts, what was missed.

The child (`filling`) reads and writes the workbook; here its rows are matched with graduates and their
codes are spelled as the workbook's own lists spell them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.bulk import cells, intake
from app.bulk.heads import normal
from app.codes import queries as codes
from app.codes.models import Region
from app.core import children
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import clean_code, clean_line, clean_name
from app.people.checks import is_mobile
from app.people.models import School, Student
from app.plan import papers
from app.plan.forms import TABLES
from app.plan.models import OFFICIAL, Paper, PaperKind, PlanEntry
from app.workflow.actor import Actor

MOST_ROWS = 20_000
MOST_MISSED = 500
NUMBERS = ("student_no", "id_number", "examinee_no")  # the better one first
SECONDS = 60.0
PORTION = 2_000
NOTED = {
    "sheet": _l("Sheet filled"), "rows": _l("Rows of the workbook"), "matched": _l("Graduates found"),
    "cells": _l("Cells filled"), "added": _l("Graduates added"), "missed": _l("Left out"),
}  # fmt: skip
NAMED = {"destination_code": ("BYQX", "毕业去向"), "employer_kind": ("DWXZ", "单位性质"),
         "industry": ("DWHY", "单位行业"), "location": ("DWSZD", "单位所在地"),
         "position_kind": ("GZZWLB", "工作职位类别")}  # fmt: skip
HEADS = {
    "destination_code": ("毕业去向代码",), "employer_name": ("单位名称",),
    "credit_code": ("统一社会信用代码", "单位统一社会信用代码", "单位组织机构代码",
                    "单位组织机构代码（统一社会信用代码）", "组织机构代码"),
    "employer_kind": ("单位性质代码",), "industry": ("单位行业代码",), "location": ("单位所在地代码",),
    "position_kind": ("工作职位类别代码",), "contact_name": ("单位联系人", "联系人"),
    "contact_phone": ("联系人电话", "联系电话"), "address": ("单位地址",), "postcode": ("单位邮编",),
    "archive_to": ("档案转寄单位名称", "档案转递单位名称"),
    "archive_address": ("档案转寄单位地址", "档案转递地址"),
    "archive_postcode": ("档案转寄单位邮编", "档案转递邮编"), "household_address": ("户口迁转地址",),
    "mobile": ("LXRSJ", "联系人手机"),
}  # fmt: skip
PERSON = {
    "student_no": ("XH", "学号"), "id_number": ("SFZH", "身份证号", "身份证号码", "证件号码"),
    "examinee_no": ("KSH", "考生号"), "name": ("XM", "姓名", "学生姓名"), "sex": ("XBDM", "性别代码"),
    "sex:name": ("XB", "性别"), "nation": ("MZDM", "民族代码"), "nation:name": ("MZ", "民族"),
    "school_code": ("YXDM", "院校代码", "学校代码"), "school": ("YXMC", "院校名称", "学校名称"),
    "education": ("XLDM", "学历代码"), "education:name": ("XL", "学历", "学历层次"),
    "major_code": ("ZYDM", "专业代码"), "major": ("ZY", "专业", "专业名称"),
    "training_mode": ("PYFSDM", "培养方式代码"), "training_mode:name": ("PYFS", "培养方式"),
    "origin": ("SYSZDDM", "生源所在地代码"), "origin:name": ("SYSZD", "生源所在地"),
    "college": ("SZYX", "所在院系", "院系", "学院"), "class_name": ("SZBJ", "所在班级", "班级"),
    "year": ("BYNF", "毕业年份", "毕业届"),
}  # fmt: skip
LISTS = {**TABLES, "location": "", "sex": "xb", "nation": "mz", "education": "xl", "training_mode": "pyfs",
         "origin": ""}  # field → table of its codes; "": regions  # fmt: skip


def bring(who: Actor, data: bytes, name: str, form: dict[str, str]) -> Paper:
    """Keep the workbook and have it filled, and commit. Raises Invalid, Refused, NotYours."""
    papers.may_ask(who)
    year, purpose = form.get("year", ""), clean_line(form.get("purpose", ""))[:100]
    problems = []
    if len(data) > intake.MAX_BYTES:
        size = intake.MAX_BYTES >> 20
        problems.append(("file", _("The file is larger than %(size)s MB.", size=size)))
    elif not data.startswith(b"PK\x03\x04"):
        problems.append(("file", intake.sentence("not_excel", {})))
    if year and not (year.isascii() and year.isdecimal() and len(year) == 4):
        problems.append(("year", _("Please choose a graduation year.")))
    if year and not purpose:
        problems.append(("purpose", _("Say what the full ID numbers are needed for.")))
    if problems:
        raise Invalid(problems)
    wish = {"year": int(year) if year else None, "purpose": purpose if year else ""}
    title = _("%(name)s filled", name=name.rpartition(".")[0] or name)
    return papers.ask(who, PaperKind.OFFICIAL, wish, f"{title[:110]}.xlsx", data)


@dataclass
class Work:
    """What is written, and what was noticed on the way."""

    columns: dict[int, str]  # cell → field; `…:name` is the name of a code
    spelled: dict[int, Spelling]
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)  # students
    left_out: int = 0

    def miss(self, where: Any, who: str, why: str) -> None:
        """Keep a sentence; the first ones are listed."""
        self.left_out += 1
        if len(self.missed) < MOST_MISSED:
            self.missed.append((str(where), who, why))


def make(paper: Paper) -> bytes:
    """The workbook with what our plan has. Raises Refused, in words, where it cannot be read."""
    data = papers.source_of(paper)
    heads = {"known": known_heads(), "numbers": known_heads(NUMBERS)}
    look = json.loads(_asked({"do": "look", "most": MOST_ROWS, **heads}, data))
    columns = places(look["heads"])
    found = set(columns.values())
    if found.isdisjoint(NUMBERS):
        raise Refused(_("The workbook has no column with student, ID or examinee numbers."))
    work = Work(columns, _spellings(columns, look))
    rows: list[tuple[int, list[str]]] = [(n, texts) for n, texts in look["rows"]]
    _fill_rows(paper, work, rows)
    matched = len(work.seen)
    added = _add_rows(paper, work, max([n for n, _t in rows], default=look["head_row"]))
    count = sum(map(len, work.cells.values()))
    paper.report = {
        "noted": {"sheet": look["sheet"], "rows": len(rows), "matched": matched, "cells": count,
                  "added": added, "missed": work.left_out},
        "missed": work.missed,
    }  # fmt: skip
    if not work.cells:
        return data
    wish = {"do": "fill", "part": look["part"], "most": MOST_ROWS, "cells": work.cells}
    return _asked(wish, data)


papers.MAKERS[PaperKind.OFFICIAL] = make


def _asked(wish: dict[str, Any], data: bytes) -> bytes:
    """What the child answers. Raises Refused with the sentence of its reason."""
    request = json.dumps(wish).encode() + b"\n" + data
    try:
        answer = children.ask("fill", request, SECONDS, again=False)
    except children.ChildDiedError as error:
        raise Refused(intake.sentence("died", {})) from error
    except children.BusyError as error:
        raise Refused(_("Too many files are being read. Please try again in a minute.")) from error
    finally:
        children.dismiss("fill")
    if answer[:1] != b"K":
        raise Refused(intake.sentence(*json.loads(answer[1:])))
    return answer[1:]


def _names() -> dict[str, str]:
    """Header → field."""
    known = {
        **{name: (OFFICIAL.get(name, ""), *heads) for name, heads in HEADS.items()},
        **{f"{name}:name": heads for name, heads in NAMED.items()},
        **PERSON,
    }
    return {normal(head): name for name, heads in known.items() for head in heads if head}


def known_heads(of: Collection[str] = ()) -> list[str]:
    """Every header that means something here, or those of some fields."""
    return sorted(head for head, name in _names().items() if not of or name in of)


def places(heads: Sequence[str]) -> dict[int, str]:
    """Cell → field; of a field that stands twice the first."""
    names = _names()
    found: dict[int, str] = {}
    for n, head in enumerate(heads):
        name = names.get(normal(head))
        if name and name not in found.values():
            found[n] = name
    return found


# -- rows that are there ----------------------------------------------------------------------------


def _fill_rows(paper: Paper, work: Work, rows: list[tuple[int, list[str]]]) -> None:
    at = {name: n for n, name in work.columns.items()}

    def cell(texts: list[str], name: str) -> str:
        place = at.get(name, -1)
        return texts[place] if 0 <= place < len(texts) else ""

    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        keys = [tuple(clean_code(cell(texts, name)) for name in NUMBERS)
                for _n, texts in portion]  # fmt: skip
        found = _graduates(paper.school_id, keys)
        for (number, texts), key in zip(portion, keys, strict=True):
            who = clean_name(cell(texts, "name"))
            _fill_row(work, number, texts, who, found.get(key))
        papers.progress(paper, start + len(portion), len(rows))


def _fill_row(work: Work, number: int, texts: list[str], who: str, found: Any) -> None:
    if found is None:
        work.miss(number, who, _("The school has no student of this number."))
        return
    student, entry = found
    if who and who != student.name:
        work.miss(number, who, _("The student of this number has another name."))
    elif student.id in work.seen:
        work.miss(number, who, _("This student stands in a row above already."))
    elif entry is None or not entry.destination_code:
        work.seen.add(student.id)
        work.miss(number, student.name, _("The plan has no destination of this student yet."))
    else:
        work.seen.add(student.id)
        _put(work, number, texts, values_of(entry), student)


def _put(
    work: Work, number: int, texts: list[str], values: dict[str, str], student: Student
) -> None:
    """The cells of a row that differ from ours; where ours is empty, theirs stays."""
    for place, name in work.columns.items():
        value = values.get(name.removesuffix(":name"))
        if not value:
            continue
        text = value
        if place in work.spelled:
            spelled = work.spelled[place].of(value, student.graduation_year)
            if spelled is None:
                why = _("The list of the workbook has no “%(code)s”.", code=value)
                work.miss(number, student.name, why)
                continue
            text = spelled
        if place >= len(texts) or texts[place] != text:
            work.cells.setdefault(number, {})[place] = text


def values_of(entry: PlanEntry) -> dict[str, str]:
    """What the plan says of a graduate, by field."""
    found = {name: getattr(entry, name) or "" for name in OFFICIAL}
    phone = found["contact_phone"]
    return found | {"mobile": phone if is_mobile(phone) else ""}


def _graduates(school_id: int, keys: list[tuple[str, ...]]) -> dict[tuple[str, ...], Any]:
    """(student, ID, examinee number) → student and plan row, by the first number that is there."""
    index = {number: cipher().blind_index("id_number", number) for _n, number, _e in keys if number}
    wanted = (
        (Student.student_no, {n for n, _i, _e in keys if n}),
        (Student.id_number_index, {index[i] for n, i, _e in keys if i and not n}),
        (Student.examinee_no, {e for n, i, e in keys if e and not n and not i}),
    )
    found: list[dict[Any, Any]] = []
    for column, values in wanted:
        mine = select(Student, PlanEntry).outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
        rows = db.session.execute(
            mine.where(Student.school_id == school_id, column.in_(values))
        ).tuples() if values else ()  # fmt: skip
        by: dict[Any, Any] = {}
        for student, entry in rows:
            value = getattr(student, column.key)
            by[value] = None if value in by else (student, entry)  # several: nobody
        found.append(by)
    return {
        key: found[0].get(key[0]) if key[0] else found[1].get(index[key[1]]) if key[1]
        else found[2].get(key[2])
        for key in keys
    }  # fmt: skip


# -- graduates that are missing ------------------------------------------------------------------------


def _add_rows(paper: Paper, work: Work, last: int) -> int:
    """The graduates of the year with a destination who are in no row, below the last one."""
    year = paper.wish.get("year")
    if year is None:
        return 0
    before, number = len(work.cells), last
    for student, entry in _of_year(paper.school_id, year):
        if student.id in work.seen:
            continue
        if number - last + before >= MOST_ROWS:
            raise Refused(
                _("At most %(most)s rows are taken at once. Split the file.", most=MOST_ROWS)
            )
        number += 1
        _put(work, number, [], _person(student) | values_of(entry), student)
    return number - last


def _of_year(school_id: int, year: int) -> Iterator[Any]:
    wanted = (
        select(Student, PlanEntry)
        .join(PlanEntry, PlanEntry.student_id == Student.id)
        .where(PlanEntry.school_id == school_id, PlanEntry.graduation_year == year,
               PlanEntry.destination_code.is_not(None))
        .options(joinedload(Student.college), joinedload(Student.major))
        .order_by(Student.student_no)
    )  # fmt: skip
    return iter(db.session.execute(wanted).tuples().all())


def _person(student: Student) -> dict[str, str]:
    """What the student's record says, by field; the names of codes are spelled later."""
    school = db.session.get_one(School, student.school_id)
    return {
        "student_no": student.student_no, "id_number": student.id_number or "",
        "examinee_no": student.examinee_no or "", "name": student.name, "sex": student.sex,
        "nation": student.nation or "", "school_code": school.code, "school": school.name,
        "education": student.education, "major_code": student.major.code, "major": student.major.name,
        "training_mode": student.training_mode, "origin": student.origin or "",
        "college": student.college.name, "class_name": student.class_name,
        "year": str(student.graduation_year),
    }  # fmt: skip


# -- the workbook's own spelling of codes ---------------------------------------------------------------


@dataclass
class Spelling:
    """How one column writes a code: as code, as name, or both, in the words of the workbook's lists."""

    table: str
    as_name: bool  # by its header
    allowed: dict[str, str]  # folded text → text of the drop-down
    block: dict[str, str]  # the workbook's own code → name
    sample: str
    known: dict[tuple[str, bool], str | None] = field(default_factory=dict)

    def of(self, code: str, year: int) -> str | None:
        """The text to write; None where the workbook's drop-down has nothing of the kind."""
        key = (code, year < codes.NEW_EDITION_FROM)
        if key not in self.known:
            self.known[key] = self._of(code, year)
        return self.known[key]

    def _of(self, code: str, year: int) -> str | None:
        ours = codes.name(self.table, code, year) if self.table else codes.region_name(code)
        name = self.block.get(code, ours)
        if not self.allowed:
            if self.sample.startswith(("code ", "code-")):
                return f"{code}{self.sample[4]}{name}"
            return name if self.as_name and self.sample != "code" else code
        ways = [name, ours, code] if self.as_name else [code, name, ours]
        ways += [f"{code} {name}", f"{code}-{name}", f"{code} {ours}"]
        folded = (cells.folded(way).replace("-", "") for way in ways)
        return next((self.allowed[way] for way in folded if way in self.allowed), None)


def _spellings(columns: dict[int, str], look: dict[str, Any]) -> dict[int, Spelling]:
    """For each column of codes or their names, how the workbook writes them."""
    found = {}
    for place, name in columns.items():
        base = name.removesuffix(":name")
        if base not in LISTS:
            continue
        texts = look["lists"].get(str(place), [])
        allowed: dict[str, str] = {}
        for text in texts:
            allowed.setdefault(cells.folded(text).replace("-", ""), text)
        block = _block(LISTS[base], look["blocks"])
        first = next(
            (row[place] for _n, row in look["rows"] if place < len(row) and row[place]), ""
        )
        found[place] = Spelling(
            LISTS[base], name.endswith(":name"), allowed, block, _way(first, block)
        )
    return found


def _way(text: str, block: dict[str, str]) -> str:
    """How a cell that was filled before is written: «code », «code-», «code», or unknown."""
    for code, name in block.items():
        if text == code:
            return "code"
        for between in (" ", "-"):
            if text == f"{code}{between}{name}":
                return f"code{between}"
    return ""


def _block(table: str, blocks: list[dict[str, str]]) -> dict[str, str]:
    """The workbook's list that is this table: the one with the most of our codes and names."""
    ours = codes.names(table) if table else _regions()
    best: dict[str, str] = {}
    most = 0
    for block in blocks:
        same = [c for c in block if c in ours]
        alike = sum(cells.folded(block[c]) == cells.folded(ours[c]) for c in same)
        enough = alike or (not table and len(same) > len(block) * 0.6)
        if enough and len(same) + 2 * alike > most:
            best, most = block, len(same) + 2 * alike
    return best


def _regions() -> dict[str, str]:
    rows = db.session.execute(select(Region.code, Region.full_name)).tuples()
    return dict(rows.all())
