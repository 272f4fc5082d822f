"""Wrong numbers that employers try on one student: a few a day, whether or not there is one (S-10, INV-01).

Counted by what was typed — school, year, name —, so that the count says nothing of who exists. Once
it is used up the right number gets the answer of a wrong one until the next day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from app.accounts.models import AppUser
from app.accounts.security_log import DENIED, note
from app.core.db import db
from app.core.limits import Limit
from app.core.names import name_key
from app.people.schools.models import School
from app.people.students.models import Student
from app.workflow.actor import Actor

# whoever copies a number wrongly sees it within a few tries; 167 candidates would take a month
MISSES = Limit("guess-student", 5, timedelta(days=1))
# several employers on one student: who has missed already stops; a first try that is right passes
OF_ALL = Limit("guess-student-all", 20, timedelta(days=1))
Typed = tuple[str, int, str]  # code of the school, graduation year, name


def spend(who: Actor, typed: Typed, misses: int = 1) -> bool:
    """Count so many tries before anybody looks, and commit; False where no answer may be given.

    Before: forty searches at one moment find the budget of one.
    """
    key = _key(typed)
    first = MISSES.left(who.employer_id, *key) == MISSES.most
    allowed = MISSES.take_many(misses, who.employer_id, *key)
    in_all = OF_ALL.take(*key)
    if allowed and (in_all or first):
        return True
    MISSES.take_many(MISSES.left(who.employer_id, *key), who.employer_id, *key)  # no more of it
    _tell(who, typed)
    return False


def give_back(who: Actor, typed: Typed) -> None:
    """A right number was no guess. Commits."""
    MISSES.give_back(who.employer_id, *_key(typed))
    OF_ALL.give_back(*_key(typed))
    db.session.commit()


def used_up(who: Actor, typed: Typed) -> bool:
    """Whether nothing more is answered to this employer on this name today."""
    return MISSES.left(who.employer_id, *_key(typed)) == 0


def _key(typed: Typed) -> tuple[str, int, str]:
    school, year, name = typed
    return school, year, name_key(name)


def _tell(who: Actor, typed: Typed) -> None:
    """The offices of students of that name read it in the security log; once an hour is enough."""
    if not _TOLD.take(who.employer_id, *_key(typed)):
        return
    for user in _students(typed):
        note("number_guessed", user=user, who=who, outcome=DENIED)
    db.session.commit()


_TOLD = Limit("guess-student-told", 1, timedelta(hours=1))


def _students(typed: Typed) -> Sequence[AppUser]:
    school, year, name = _key(typed)
    wanted = (
        select(AppUser)
        .join(Student, Student.id == AppUser.student_id)
        .join(School, School.id == Student.school_id)
        .where(
            School.code == school, Student.graduation_year == year, func.lower(Student.name) == name
        )
    )
    return db.session.scalars(wanted.limit(20)).all()
