"""Who may see which people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from app.accounts import contacts
from app.accounts.models import AppUser, ContactChange
from app.core import mail, sms
from app.core.db import db
from app.core.identity import clean, id_number_mark, spellings
from app.core.names import same_name
from app.core.phones import folded, is_mobile
from app.core.text import clean_code
from app.people.checks import is_credit_code
from app.people.models import (
    College,
    Employer,
    EmployerState,
    Major,
    Restriction,
    RestrictionState,
    School,
    Student,
    merged,
)
from app.people.naming import employer_called, student_called
from app.workflow.actor import Actor, Role

SHARED = (EmployerState.APPROVED, EmployerState.BLOCKED, EmployerState.LISTED)
EVERYWHERE = (Role.PROVINCE,)


def at_school(who: Actor, school: Any, college: Any = None) -> ColumnElement[bool]:
    """The staff's condition on a model's school and college columns; nobody else sees a row.

    No administrator does: accounts and codes are their work, not the people (S-12).
    """
    if who.role in EVERYWHERE or (who.role is Role.DATA and who.school_id is None):
        return true()
    if who.role in (Role.SCHOOL, Role.DATA):
        return school == who.school_id
    if who.role is Role.COLLEGE and college is not None:
        return (school == who.school_id) & (college == who.college_id)
    return false()


def _parts(who: Actor, school: Any, college: Any = None) -> ColumnElement[bool]:
    """Schools, colleges and majors hold no person: who keeps the accounts sees all of them."""
    return true() if who.role is Role.ADMIN else at_school(who, school, college)


def schools_for(who: Actor) -> Select[School]:
    """A school sees itself, the province all."""
    if who.role is Role.COLLEGE:
        return select(School).where(School.id == who.school_id)
    return select(School).where(_parts(who, School.id))


def colleges_for(who: Actor) -> Select[College]:
    """The colleges of the asking staff's scope."""
    return select(College).where(_parts(who, College.school_id, College.id))


def majors_for(who: Actor) -> Select[Major]:
    """The majors of the asking staff's scope."""
    return select(Major).where(_parts(who, Major.school_id, Major.college_id))


def students_for(who: Actor) -> Select[Student]:
    """Staff see their scope, a student itself; an employer finds students by the four fields only."""
    if who.role is Role.STUDENT:
        return select(Student).where(Student.id == who.student_id)
    return select(Student).where(at_school(who, Student.school_id, Student.college_id))


def employers_for(who: Actor) -> Select[Employer]:
    """The checking school sees its employers; those approved or on the register, every school."""
    if who.role is Role.EMPLOYER:
        return select(Employer).where(Employer.id == who.employer_id)
    if who.role in (Role.SCHOOL, Role.COLLEGE, Role.DATA) and who.school_id is not None:
        return select(Employer).where(
            or_(Employer.school_id == who.school_id, Employer.state.in_(SHARED))
        )
    return select(Employer).where(true() if who.role in (*EVERYWHERE, Role.DATA) else false())


def changes_for(who: Actor) -> Select[ContactChange]:
    """The changed ways in of the students and employers that the office answers for (ACC-15)."""
    if who.role not in (Role.SCHOOL, Role.PROVINCE):
        return select(ContactChange).where(false())
    parties = select(AppUser.id).where(
        AppUser.student_id.in_(students_for(who).with_only_columns(Student.id))
        | AppUser.employer_id.in_(select(Employer.id).where(at_school(who, Employer.school_id)))
    )
    return select(ContactChange).where(
        ContactChange.source != "self", ContactChange.held_until.is_not(None),
        ContactChange.user_id.in_(parties),
    )  # fmt: skip


def change_tab(name: str, now: datetime) -> ColumnElement[bool] | None:
    """The rows of a tab of the changed ways in; None: all."""
    answered = or_(ContactChange.confirmed_at.is_not(None), ContactChange.undone_at.is_not(None))
    held = ContactChange.held_until > now
    return {"held": held & ~answered, "answered": answered, "over": ~held & ~answered}.get(name)


def changes_of(user: AppUser, since: datetime) -> Sequence[ContactChange]:
    """What was changed of an account's ways in since then, the newest first."""
    mine = (ContactChange.user_id == user.id, ContactChange.at >= since)
    return db.session.scalars(
        select(ContactChange).where(*mine).order_by(ContactChange.id.desc()).limit(20)
    ).all()


def users_of(*, student_id: int | None = None, employer_id: int | None = None) -> list[AppUser]:
    """The accounts that belong to a student or an employer."""
    mine = AppUser.student_id == student_id if student_id else AppUser.employer_id == employer_id
    return list(db.session.scalars(select(AppUser).where(mine, AppUser.active == true())))


def code_contact(student: Student, user: AppUser | None) -> tuple[str, str] | None:
    """Where a student's codes go: (channel, address), or None (ACC-13).

    The phone on record where the gateway reaches it, else the mail: the account's own, before there is
    one that of the record.
    """
    if student.phone and sms.reaches(student.phone):
        return mail.SMS, student.phone
    email = user.email if user is not None and contacts.has_mail(user) else student.email
    return (mail.MAIL, email) if email else None


def staff_of(school_id: int, college_id: int | None = None) -> list[AppUser]:
    """The reviewers of a college, or of the school's employment office."""
    mine = AppUser.role == Role.SCHOOL if college_id is None else AppUser.college_id == college_id
    here = (AppUser.school_id == school_id, AppUser.active == true(), mine)
    return list(db.session.scalars(select(AppUser).where(*here)))


def account_spoken_to(employer: Employer, who: Actor) -> int | None:
    """The employer's account for those who speak to it: the school that checks it, and the province."""
    if who.role is not Role.PROVINCE and (who.role, who.school_id) != (
        Role.SCHOOL,
        employer.school_id,
    ):
        return None
    return next((user.id for user in users_of(employer_id=employer.id)), None)


def provincial_staff() -> list[AppUser]:
    """The people of the provincial centre."""
    here = (AppUser.role == Role.PROVINCE, AppUser.active == true())
    return list(db.session.scalars(select(AppUser).where(*here)))


def restriction_reason(student_id: int, day: date, kind: str = "online") -> Any:
    """The reason of the bar in force on that day against this kind of signing (ADM-03): a subquery."""
    return (
        select(Restriction.reason)
        .where(
            Restriction.student_id == student_id,
            Restriction.kind.in_(("all", kind)),
            Restriction.since <= day,
            or_(Restriction.until.is_(None), Restriction.until >= day),
            Restriction.state == RestrictionState.SET,
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
    still = Restriction.state == RestrictionState.SET
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
        Restriction.state == RestrictionState.SET,
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


def active_schools() -> list[tuple[str, str]]:
    """Code and name of every school that takes part, for select fields."""
    wanted = select(School.code, School.name).where(School.active == true())
    rows = db.session.execute(wanted.order_by(School.code))
    return [(row.code, row.name) for row in rows]


def school_ids() -> dict[str, int]:
    """Code → id of every school that takes part."""
    wanted = select(School.code, School.id).where(School.active == true())
    return dict(db.session.execute(wanted).tuples().all())


def accounts_by_number(school_id: int, number: str) -> list[AppUser]:
    """The accounts of the school's record with exactly this student number (CHN-08)."""
    mine = select(Student.id).where(
        Student.school_id == school_id, Student.student_no == clean_code(number)
    )
    return list(db.session.scalars(select(AppUser).where(AppUser.student_id.in_(mine)).limit(2)))


def school_by_code(code: str) -> School | None:
    """The school of that code that takes part."""
    return db.session.scalars(
        select(School).where(School.code == code, School.active == true())
    ).first()


def employer_of(user: AppUser) -> Employer | None:
    """The employer that an account acts for."""
    if user.role != Role.EMPLOYER or user.employer_id is None:
        return None
    return db.session.get(Employer, user.employer_id)


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
    return or_(student_no_begins(text), Student.id.in_(merged("student", text)))


def college_choices(who: Actor) -> list[tuple[str, str]]:
    """The colleges of the scope for a filter, with the school's name where there are several."""
    rows = db.session.execute(
        colleges_for(who)
        .join(School, College.school_id == School.id)
        .order_by(School.code, College.code)
        .with_only_columns(College.id, College.name, College.school_id, School.name)
    ).all()
    several = len({row[2] for row in rows}) > 1
    return [(str(row[0]), f"{row[3]} {row[1]}" if several else row[1]) for row in rows]


def major_choices(who: Actor, asked: int | None = None) -> list[tuple[str, str]]:
    """The majors of the scope, for a list: as many as one can choose from, and the one asked for."""
    rows = majors_for(who).with_only_columns(Major.id, Major.name).order_by(Major.id)
    found = dict(db.session.execute(rows.limit(1000)).tuples().all())
    if asked is not None and asked not in found:
        found |= dict(db.session.execute(rows.where(Major.id == asked)).tuples().all())
    return [(str(key), name) for key, name in found.items()]


def licence_of(employer: Employer) -> Any | None:
    """What pages show of the employer's licence scan (the table lies in a package above)."""
    if employer.licence_id is None:
        return None
    [key] = Employer.__table__.c.licence_id.foreign_keys
    file = key.column.table.c
    shown = (file[name] for name in ("uid", "mime", "original_name", "size", "pages", "thumb_key"))
    return db.session.execute(select(*shown).where(file.id == employer.licence_id)).first()


def employer_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the employers' list; None: all."""
    states = {s.value: s for s in EmployerState}
    return Employer.state == states[name] if name in states else None


def finds_employer(text: str) -> ColumnElement[bool]:
    """The employers whose credit code begins with the text, or whose present or former name has it."""
    code = clean_code(text)
    return or_(
        Employer.credit_code.startswith(code, autoescape=True),
        Employer.id.in_(merged("employer", code)),
        employer_called(text),
    )
