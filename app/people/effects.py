"""What follows when people are entered: their accounts, many at once (ACC-01, ACC-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from app.accounts.models import AppUser
from app.accounts.queries import identify_all
from app.core.db import db
from app.people.models import Student

# without a password: the student sets one by a code to the phone on record, at its first sign-in
_OPEN = """
INSERT INTO ab_user (id, username, first_name, last_name, email, active, role, school_id, student_id,
    demo, must_change_password, login_count, fail_login_count, created_on, changed_on)
  SELECT nextval('ab_user_id_seq'), c.code || '-' || s.student_no, '', s.name, s.uid || '@invalid',
    true, 'student', s.school_id, s.id, false, false, 0, 0,
    app_now() AT TIME ZONE 'Asia/Shanghai', app_now() AT TIME ZONE 'Asia/Shanghai'
  FROM student s JOIN school c ON c.id = s.school_id
  WHERE NOT EXISTS (SELECT 1 FROM ab_user u WHERE u.student_id = s.id) AND {which}
  ORDER BY s.id LIMIT :most ON CONFLICT (username) DO NOTHING RETURNING id, student_id
"""
_NUMBERS = """
SELECT s.id, s.uid, c.code, s.student_no, s.id_number_sealed, s.phone_sealed
  FROM student s JOIN school c ON c.id = s.school_id WHERE s.id = ANY(:ids)
"""
_UNUSED = """
DELETE FROM ab_user u USING student s
  WHERE u.student_id = s.id AND u.password IS NULL AND u.last_login IS NULL
    AND s.verified_at IS NULL AND {which}
"""


def open_accounts(which: str, *, most: int = 1, **values: Any) -> int:
    """Open accounts for students `s` of the condition that have none; how many. Not committed."""
    values["most"] = most
    rows = db.session.execute(text(_OPEN.format(which=which)), values).tuples().all()
    users = {student: user for user, student in rows}
    if users:
        _identify(users)
    return len(users)


def forget_accounts(which: str, **values: Any) -> None:
    """Delete the accounts, of the students `s` of the condition, that nobody has used. Not committed."""
    db.session.execute(text(_UNUSED.format(which=which)), values)


def _identify(users: Mapping[int, int]) -> None:
    """Student number with school, ID number and phone sign in; what another has stays the other's."""
    numbers: dict[str, dict[int, str | None]] = {"id_number": {}, "phone": {}}
    of_school: dict[str, dict[int, str | None]] = {}
    for row in db.session.execute(text(_NUMBERS), {"ids": list(users)}):
        user = users[row.id]
        of_school.setdefault(row.code, {})[user] = row.student_no
        for kind, known in (("id_number", row.id_number_sealed), ("phone", row.phone_sealed)):
            if known is not None:
                secret = vars(Student)[kind]
                numbers[kind][user] = secret.opened(bytes(known), "Student", row.uid)
    for school, known_nos in of_school.items():
        identify_all("student_no", known_nos, school)
    for kind, found in numbers.items():
        if found:
            identify_all(kind, found)


def account_of(student: Student) -> AppUser | None:
    """The account of a student; the younger one would be a mistake."""
    mine = db.select(AppUser).where(AppUser.student_id == student.id).order_by(AppUser.id)
    return db.session.scalars(mine.limit(1)).first()
