"""What follows when students are entered or corrected: their accounts, many at once (ACC-01, ACC-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Integer, any_, literal, select, text

from app.accounts import contacts
from app.accounts.identifiers import identify, identify_all, identify_if_free
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid
from app.core.forms import MISSING
from app.core.registry import stores
from app.core.statements import Statements
from app.core.text import mask_email
from app.people.schools.models import School
from app.people.students import fields, ways_in
from app.people.students.models import Student
from app.people.students.queries import account_of
from app.workflow.actor import SYSTEM, Actor
from app.workflow.steps import Change

SQL = Statements(__file__, "effects.sql", which="s.id = :id")


def open_accounts(
    which: str, *, most: int = 1, who: Actor = SYSTEM, source: str = contacts.FILE, **values: object
) -> int:
    """Open accounts for students `s` of the condition that have none; how many. Not committed.

    An e-mail of the record is the account's; `who` entered it, by which `source`, stands beside it: the
    person has not said yet that it is its own (ACC-15).
    """
    values["most"] = most
    statement = text(SQL.sql("open", which=which))
    rows = db.session.execute(statement, values).tuples().all()
    users = {student: user for user, student in rows}
    if users:
        identify_by_records(users)
        _note_mails(list(users.values()), who, source)
    return len(users)


def _note_mails(users: Sequence[int], who: Actor, source: str) -> None:
    having = (
        AppUser.id == any_(literal(list(users), ARRAY(Integer))),
        AppUser.email.not_like("%@invalid"),
    )
    found = db.session.scalars(select(AppUser).where(*having)).all()
    identify_all("email", {user.id: user.email for user in found})
    now = clock.now()
    db.session.add_all(
        contacts.changed(user, mail.MAIL, None, user.email, source, who, at=now) for user in found
    )
    db.session.flush()


def forget_accounts(which: str, **values: object) -> None:
    """Delete the accounts, of the students `s` of the condition, that nobody has used. Not committed."""
    db.session.execute(text(SQL.sql("forget", which=which)), values)


def identify_by_records(users: Mapping[int, int]) -> None:
    """Student number with school, ID number and phone sign in; what another has stays the other's.

    `users`: student id → account. Nothing else of these kinds opens the accounts. Not committed.
    """
    numbers: dict[str, dict[int, str | None]] = {"id_number": {}, "phone": {}}
    of_school: dict[str, dict[int, str | None]] = {}
    for row in db.session.execute(SQL["numbers"], {"ids": list(users)}):
        user = users[row.id]
        of_school.setdefault(row.code, {})[user] = row.student_no
        for kind, known in (("id_number", row.id_number_sealed), ("phone", row.phone_sealed)):
            opened = vars(Student)[kind].opened
            numbers[kind][user] = opened(bytes(known), "Student", row.uid) if known else None
    for school, known_nos in of_school.items():
        identify_all("student_no", known_nos, school)
    for kind, found in numbers.items():
        if found:
            identify_all(kind, found)


def open_account(change: Change) -> None:
    """A student entered by hand has its account at once."""
    db.session.flush()
    open_accounts("s.id = :id", id=change.record.id, who=change.actor, source=contacts.STAFF)
    if change.record.email:
        change.details["changed"] = {"email": [None, mask_email(change.record.email)]}


# What carries college and major beside the student, for the scope of each reader, moves with it, by SQL and
# for one student or a whole file (ADM-09); the plan's row follows by its own sync.
_OTHERS = """
UPDATE {table} t SET college_id = s.college_id FROM student s
  WHERE t.student_id = s.id AND {which} AND t.college_id <> s.college_id"""


def follow_student(which: str, actor: Actor, **values: object) -> None:
    """Bring what carries a college to that of the students `s` of the condition. Not committed.

    The students are locked by the caller. What the session had read is read anew.
    """
    db.session.flush()
    for follow in stores().student_moved:
        follow(which, actor, **values)
    for model in stores().with_college:
        moved = _OTHERS.format(table=model.__tablename__, which=which)
        db.session.execute(text(moved), values)
    db.session.expire_all()


SECRETS = ("id_number", "phone", *fields.SECRETS)
MASKS = {"email": lambda text: mask_email(text) if text else None}  # shown in the trail


def _as_text(value: object) -> object:
    """A day as the trail keeps it; everything else as it is."""
    return value.isoformat() if isinstance(value, date) else value


def write_record(change: Change) -> None:
    """Write what differs, keep old and new in the trail (numbers masked), let the sign-in follow."""
    student: Student = change.record
    changed: dict[str, list[Any]] = {}
    phone, email = student.phone, student.email
    for name, value in change.data.get("values", {}).items():
        old = getattr(student, name)
        if (old or None) == (value or None):
            continue
        shown = f"{name}_masked" if name in SECRETS else name
        before = getattr(student, shown)
        setattr(student, name, value)
        mask = MASKS.get(name, _as_text)
        changed[name] = [mask(before), mask(getattr(student, shown))]
    db.session.flush()
    change.details["changed"] = changed
    if "major_id" in changed or "college_id" in changed:
        follow_student("s.id = :id", change.actor, id=student.id)
    user = account_of(student)
    if user is not None:
        _follow(user, student, changed)
        if "phone" in changed:
            ways_in.phone_changed(change, user, student, phone)
        if "email" in changed:
            ways_in.mail_changed(change, user, student, email or None)


def _follow(user: AppUser, student: Student, changed: Mapping[str, object]) -> None:
    """The account signs in by what the record says now (ACC-03)."""
    if "name" in changed:
        user.last_name = student.name
    if "student_no" in changed:
        identify(user, "student_no", student.student_no, student.school.code)
        db.session.execute(SQL["rename"], {"student": student.id, "user": user.id})
        db.session.expire(user, ["username"])
    if "id_number" in changed:
        identify_if_free(user, "id_number", student.id_number or "")


def keep_phone(change: Change) -> None:
    """Another phone; the trail has both, masked. Raises Invalid where none is said."""
    if not change.data.get("phone"):
        raise Invalid([("phone", str(MISSING))])
    open_accounts("s.id = :id", id=change.record.id)
    change.data["values"] = {"phone": change.data["phone"]}
    write_record(change)


def write_mail_of(change: Change) -> None:
    """Another e-mail, or none; the trail has both, masked (ACC-15)."""
    open_accounts("s.id = :id", id=change.record.id)
    change.data["values"] = {"email": change.data["email"] or None}
    write_record(change)


def begin_anew(change: Change) -> None:
    """As before the first sign-in: no password, no session, no code; an account in any case (ACC-04)."""
    student: Student = change.record
    open_accounts("s.id = :id", id=student.id)
    user = account_of(student)
    if user is not None:
        ways_in.first_sign_in_reset(change, user, student)


def note_gone(change: Change) -> None:
    """The trail of the kept record says what the second one was."""
    change.details |= {"gone": change.data["gone"], "proof": change.data["proof"]}


def studied(major_id: int) -> bool:
    """Whether anybody studies the major."""
    mine = select(Student.id).where(Student.major_id == major_id)
    return db.session.scalar(mine.limit(1)) is not None


def sign_in_follows(school: School) -> None:
    """A student number counts with the code of its school (ACC-03)."""
    mine = select(AppUser.id, Student.student_no).join(Student, Student.id == AppUser.student_id)
    numbers = db.session.execute(mine.where(Student.school_id == school.id)).tuples()
    identify_all("student_no", dict(numbers.all()), school.code)
