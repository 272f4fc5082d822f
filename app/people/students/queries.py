"""Which students a person sees, how they are found, what restricts them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from app.accounts import reach
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.core import mail, page, sms
from app.core.checks import is_credit_code
from app.core.db import db
from app.core.identity import clean, id_number_mark, spellings
from app.core.named import initials, initials_begin
from app.core.names import clean_name, name_key, same_name
from app.core.phones import folded, is_mobile
from app.core.registry import stores
from app.core.text import clean_code
from app.people.names.models import FormerName
from app.people.names.queries import called, merged
from app.people.reveals.workflow import ID_NUMBER, PHONE, Subject
from app.people.schools.models import School
from app.people.schools.queries import at_school
from app.people.students.models import Restriction, Student
from app.workflow.actor import Actor, Role


def with_parts() -> Sequence[Any]:
    """With its school, college and major, by the same statement."""
    return [joinedload(part) for part in (Student.school, Student.college, Student.major)]


# the record of a student's account: see `registry.records`
STUDENT_RECORD = (Student, "student_id", with_parts)


def student_called(text: str) -> ColumnElement[bool]:
    """The students whose present or former name has the text, or begins with it as pinyin's initials.

    All parts are served by an index.
    """
    found, letters = called(Student, FormerName.student_id, text, clean_name), initials(text)
    return or_(found, initials_begin(Student.name_order, letters)) if letters else found


def students_for(who: Actor) -> Select[Student]:
    """Staff see their scope, a student itself; an employer finds students by the four fields only."""
    if who.role is Role.STUDENT:
        return select(Student).where(Student.id == who.student_id)
    return select(Student).where(at_school(who, Student.school_id, Student.college_id))


def code_contact(student: Student, user: AppUser | None) -> tuple[str, str] | None:
    """Where a student's codes go: (channel, address), or None (ACC-13).

    The phone on record where the gateway reaches it, else the mail: the account's own, before there is
    one that of the record.
    """
    if student.phone and sms.reaches(student.phone):
        return mail.SMS, student.phone
    email = user.email if user is not None and reach.has_mail(user) else student.email
    return (mail.MAIL, email) if email else None


def restriction_reason(student_id: Any, day: Any, kind: str = "online") -> Any:
    """The reason of the bar in force on that day against this kind of signing (ADM-03): a subquery."""
    return (
        select(Restriction.reason)
        .where(
            Restriction.student_id == student_id,
            Restriction.kind.in_(("all", kind)),
            Restriction.since <= day,
            or_(Restriction.until.is_(None), Restriction.until >= day),
            Restriction.is_set,
        )
        .limit(1)
        .scalar_subquery()
    )


def restrictions_for(who: Actor) -> Select[Restriction]:
    """The restrictions of the school's students; a student reads its own."""
    if who.role is Role.STUDENT:
        return select(Restriction).where(Restriction.student_id == who.student_id)
    if who.role is Role.COLLEGE:
        college = Student.college_id == who.college_id
        return (
            select(Restriction).join(Student).where(Restriction.school_id == who.school_id, college)
        )
    return select(Restriction).where(at_school(who, Restriction.school_id))


def restriction_tab(name: str, day: date) -> ColumnElement[bool] | None:
    """The rows of a tab of the restrictions; None: all."""
    still = Restriction.is_set
    open_end = or_(Restriction.until.is_(None), Restriction.until >= day)
    tabs = {
        "now": still & (Restriction.since <= day) & open_end,
        "later": still & (Restriction.since > day),
        "over": or_(~still, Restriction.until < day),
    }
    return tabs.get(name)


def restricted_students(found: ColumnElement[bool]) -> ColumnElement[bool]:
    """The restrictions of the students that the condition finds."""
    return Restriction.student_id.in_(select(Student.id).where(found))


def restricted_alike(restriction: Restriction) -> bool:
    """Whether a restriction of the same kind is set and not over when this one begins."""
    same = select(Restriction.id).where(
        Restriction.student_id == restriction.student_id,
        Restriction.kind == restriction.kind,
        Restriction.is_set,
        or_(Restriction.until.is_(None), Restriction.until >= restriction.since),
    )
    return db.session.scalar(same.limit(1)) is not None


def find_student(school_code: str, year: int, name: str, number: str) -> Student | None:
    """The student of whom all four fields are right (INV-01); whether it may sign is asked elsewhere.

    `number` is that of the document, whatever its kind, or the phone. The name is the present one, in
    whatever signs; a former one finds nobody: whoever may invite has been given the name that stands on
    the identity document.
    """
    found = db.session.scalars(
        select(Student)
        .join(School)
        .where(
            School.code == school_code,
            Student.graduation_year == year,
            or_(has_number(number), Student.phone_index == Student.phone.index(number)),
        )
        .order_by(Student.id)
    )
    return next((student for student in found if same_name(student.name, name)), None)


def has_number(typed: str) -> ColumnElement[bool]:
    """The students whose document has this number, in any of the ways that it may be written."""
    return Student.id_number_index.in_([Student.id_number.index(text) for text in spellings(typed)])


def accounts_by_number(school_id: int, number: str) -> list[AppUser]:
    """The accounts of the school's record with exactly this student number (CHN-08)."""
    mine = select(Student.id).where(
        Student.school_id == school_id, Student.student_no == clean_code(number)
    )
    return list(db.session.scalars(select(AppUser).where(AppUser.student_id.in_(mine)).limit(2)))


_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
# of other documents: what can be nothing else, and what can be a student number as well
_PERMIT = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?|[A-Z]{3}[0-9]{12}")
_DOCUMENT = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{5,15}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9A-Z-]*[0-9][0-9A-Z-]*")


def secret_token(text: str) -> str | None:
    """What stands in an address for a typed ID number or phone: its keyed index."""
    code = clean_code(text)
    if _ID_NUMBER.fullmatch(code):
        credit = is_credit_code(code) and id_number_mark(code[:17]) != code[17]
        return None if credit else "i" + Student.id_number.index(code).hex()
    if _PERMIT.fullmatch(code):
        return "i" + Student.id_number.index(spellings(code)[-1]).hex()
    phone = folded(code)
    return "p" + Student.phone.index(phone).hex() if is_mobile(phone) else None


def has_secret(token: str) -> ColumnElement[bool] | None:
    """The students of a token that `secret_token` made; None for any other text."""
    column = {"i": Student.id_number_index, "p": Student.phone_index}.get(token[:1])
    if column is None or not _DIGEST.fullmatch(token[1:]):
        return None
    return column == bytes.fromhex(token[1:])


def looks_like_number(text: str) -> bool:
    """Whether the text can be (the beginning of) a student or agreement number."""
    return _NUMBER.fullmatch(clean_code(text)) is not None


def student_no_begins(text: str) -> ColumnElement[bool]:
    """A condition «the student number begins with this», as typed or in capitals."""
    spellings = {clean_code(text), text.strip()}
    return or_(*(Student.student_no.startswith(s, autoescape=True) for s in sorted(spellings)))


def is_student_no(text: str, who: Actor) -> bool:
    """Whether a student of the scope has exactly this number (some look like a phone)."""
    found = students_for(who).where(Student.student_no == clean_code(text)).limit(1)
    return db.session.scalar(found.with_only_columns(Student.id)) is not None


def search_args(text: str, who: Actor) -> dict[str, str]:
    """How a search by staff stands in the address: hidden where it is a personal number."""
    token = secret_token(text) or _document_token(text, who)
    if token is None or (token[0] == "p" and is_student_no(text, who)):
        return {"q": text}
    return {"x": token}


def _document_token(text: str, who: Actor) -> str | None:
    """A passport's or Taiwan permit's number looks like many: it is one where a student here has it."""
    if not _DOCUMENT.fullmatch(clean(text)):
        return None
    is_no = Student.student_no == clean_code(text)
    mine = students_for(who).where(or_(is_no, has_number(text))).order_by(is_no.desc()).limit(1)
    row = db.session.execute(mine.with_only_columns(is_no, Student.id_number_index)).first()
    return None if row is None or row[0] or row[1] is None else "i" + row[1].hex()


def finds_student(text: str) -> ColumnElement[bool]:
    """The students that a typed number, also one merged into them, or fragment of a name finds."""
    if not looks_like_number(text):
        return student_called(text)
    begins = student_no_begins(text)
    # merged ones are few: read first, so that the index of the numbers alone serves where there are none
    ids = db.session.scalars(merged("student", text)).all()
    return or_(begins, Student.id.in_(ids)) if ids else begins


@page.once
def account_of(student: Student) -> AppUser | None:
    """The account of a student; the younger one would be a mistake."""
    mine = select(AppUser).where(AppUser.student_id == student.id).order_by(AppUser.id)
    return db.session.scalars(mine.limit(1)).first()


# see `registry.numbers`
STUDENT_NUMBERS = Subject(
    visible=students_for,
    model=Student,
    account=account_of,
    columns={PHONE: "phone", ID_NUMBER: "id_number"},
    page="StudentsView.show",
)


def unreached() -> ColumnElement[bool]:
    """The students whom no message reaches: neither e-mail nor phone is on record (NTF-05)."""
    return and_(func.coalesce(Student.email, "") == "", Student.phone_index.is_(None))


def likely_twins() -> ColumnElement[bool]:
    """The students of whom the school seems to have a second record (ADM-02)."""
    other = aliased(Student)
    return or_(*(_same(other, how) for how in _alike(Student, other)))


NEVER = cast(null(), DateTime(timezone=True))
TWINS = 10  # a record has none or one


@dataclass(frozen=True)
class Around:
    """What the page of a student asks of other records, by one statement."""

    former: list[tuple[str, datetime]]  # names, and until when
    twins: list[tuple[int, str, str]]  # id, name and number of records likely of the same person
    changed: bool  # whether a way in was ever changed
    account: int | None  # the id of the account
    frozen_at: datetime | None  # since when that is frozen
    records: list[tuple[Any, ...]]  # what packages above keep of it: `registry.student_records`


def around(student: Student, who: Actor) -> Around:
    """Former names, likely twins, the account, and all that packages above keep of a student."""
    former = _line("former", name=FormerName.name, at=FormerName.until)
    twin = _line("twin", Student.id, Student.name, more=Student.student_no)
    account = _line("account", AppUser.id, at=AppUser.frozen_at)
    parts = (
        select(*former).where(FormerName.student_id == student.id),
        _twins(student, who).with_only_columns(*twin),
        select(*_line("changed"))
        .select_from(ContactChange)
        .join(AppUser, AppUser.id == ContactChange.user_id)
        .where(AppUser.student_id == student.id)
        .limit(1),
        select(*account).where(AppUser.student_id == student.id).order_by(AppUser.id).limit(1),
        *stores().student_records(student.id, who),
    )
    rows = db.session.execute(union_all(*(part.subquery().select() for part in parts))).all()
    mine = next((row for row in rows if row.kind == "account"), None)
    own = ("former", "twin", "changed", "account")
    return Around(
        former=sorted(
            ((row.name, row.at) for row in rows if row.kind == "former"),
            key=lambda it: it[1],
            reverse=True,
        ),
        twins=[(row.id, row.name, row.more) for row in rows if row.kind == "twin"],
        changed=any(row.kind == "changed" for row in rows),
        account=mine.id if mine else None,
        frozen_at=mine.at if mine else None,
        records=[tuple(row) for row in rows if row.kind not in own],
    )


def _line(kind: str, key: Any = 0, name: Any = "", at: Any = NEVER, more: Any = "") -> list[Any]:
    """A line of `around`: kind, id, name, state, at, until, more."""
    columns = {
        "kind": literal(kind),
        "id": key,
        "name": name,
        "state": "",
        "at": at,
        "until": NEVER,
    }
    columns["more"] = more
    return [
        (literal(column) if isinstance(column, str | int) else column).label(label)
        for label, column in columns.items()
    ]


def twins_of(student: Student, who: Actor) -> list[Student]:
    """The other records that are likely the same person, at most ten."""
    return list(db.session.scalars(_twins(student, who)))


def _twins(student: Student, who: Actor) -> Select[Student]:
    here = (Student.school_id == student.school_id, Student.id != student.id)
    return students_for(who).where(*here, or_(*_alike(student, Student))).limit(TWINS)


def _same(other: Any, how: ColumnElement[bool]) -> ColumnElement[bool]:
    here = (other.school_id == Student.school_id, other.id != Student.id)
    return select(other.id).where(*here, how).exists()


def _alike(one: Any, other: Any) -> list[ColumnElement[bool]]:
    """What two records of one person have in common: each served by an index.

    What a record lacks it has in common with nobody.
    """
    numbers = ("phone_index", "examinee_no")
    known = [(getattr(other, name), getattr(one, name)) for name in numbers]
    document = and_(
        other.id_number_index == one.id_number_index,
        other.id_kind == one.id_kind,
        or_(other.id_country == one.id_country, other.id_country == "", one.id_country == ""),
    )
    return [
        *([document] if one is Student or one.id_number_index else []),
        *(theirs == mine for theirs, mine in known if one is Student or mine),
        and_(
            _same_name(one, other),
            other.graduation_year == one.graduation_year,
            other.major_id == one.major_id,
        ),
    ]


def _same_name(one: Any, other: Any) -> ColumnElement[bool]:
    mine = func.lower(one.name) if one is Student else name_key(one.name)
    same: ColumnElement[bool] = func.lower(other.name) == mine
    return same


def restricted_so(students: Sequence[Student], **values: Any) -> dict[int, int]:
    """Those students who have a restriction of exactly these values in force: student → restriction."""
    wanted = select(Restriction.student_id, Restriction.id).where(
        Restriction.student_id.in_([student.id for student in students]),
        Restriction.is_set,
        *(getattr(Restriction, name) == value for name, value in values.items()),
    )
    return dict(db.session.execute(wanted).tuples().all())
