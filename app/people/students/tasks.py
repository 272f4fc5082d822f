"""What the worker does for people: accounts for students who were brought by files."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import AppUser
from app.core import jobs
from app.core.db import db
from app.files.imports import writing
from app.people.schools.models import School
from app.people.students import effects
from app.people.students.models import Student

PORTION = 5_000  # students of one transaction


@jobs.queue.task(name="people.open_accounts", retry=jobs.BRIEF, queue="bulk", priority=10)
def open_accounts(school_id: int) -> int:
    """Open the accounts of the school's students who have none; how many.

    An import of the school that is being written or undone comes first, or afterwards.
    """
    total = 0
    while True:
        writing.lock(Student, "school", school_id)
        done = effects.open_accounts("s.school_id = :school", school=school_id, most=PORTION)
        db.session.commit()
        total += done
        if done < PORTION:
            return total


def schools_without_accounts() -> list[int]:
    """The schools with a student who has no account."""
    has = select(AppUser.id).where(AppUser.student_id == Student.id)
    missing = select(Student.id).where(Student.school_id == School.id, ~has.exists())
    return list(db.session.scalars(select(School.id).where(missing.exists())))


@jobs.queue.periodic(cron="40 19 * * *")  # 03:40 in China
@jobs.queue.task(name="people.open_all_accounts", queueing_lock="people.open_all_accounts")
def open_all_accounts(timestamp: int = 0) -> int:
    """Nobody stays without an account, however the record came to be (ACC-01); how many were opened."""
    return sum(open_accounts.func(school_id) for school_id in schools_without_accounts())
