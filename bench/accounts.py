"""Accounts for a file's new students, opened and taken back, as ratios to the hashing they do without.

The floor: one argon2 hash times the students, as if each got an initial password. `python -m bench accounts`.
"""

from __future__ import annotations

import statistics
import time

from flask_migrate import upgrade
from sqlalchemy import text

from app.accounts import passwords
from app.codes.queries import load_shipped
from app.core.db import db
from app.people.students import tasks
from app.people.students.effects import forget_accounts
from app.people.students.models import Student
from bench import batches
from bench.server import server
from tests import factories as make

STUDENTS = 10_000


def main(rows: int = STUDENTS) -> None:
    """Make the students by SQL, open their accounts by the worker's task, take them back."""
    with server() as (url, folder), batches.load(url, folder).app_context():
        upgrade()
        load_shipped()
        _measure(rows)
        db.session.remove()
        db.engine.dispose()


def _hash() -> float:
    start = time.perf_counter()
    passwords.hashed("one password")
    return time.perf_counter() - start


def _measure(rows: int) -> None:
    college = make.make_college(make.make_school("10999", "青山大学"), "01", "计算机学院")
    for n in range(rows):
        student = make.make_student(college, f"学生{n}", account=False, verified_at=None)
        student.phone = f"139{n:08d}"
    db.session.commit()
    floor = statistics.median(_hash() for _n in range(9)) * rows
    start = time.perf_counter()
    opened = tasks.open_accounts.func(college.school_id)
    took = time.perf_counter() - start
    start = time.perf_counter()
    forget_accounts("s.school_id = :school", school=college.school_id)
    db.session.execute(text("DELETE FROM student"))
    db.session.commit()
    back = time.perf_counter() - start
    assert opened == rows
    assert db.session.query(Student).count() == 0
    print(
        f"{rows} accounts opened in {took:.2f} s: {took / floor:.3f} of hashing a password each ({floor:.0f} s)"
    )
    print(f"taken back with their students in {back:.2f} s")
