"""Archive forwarding letters (档案转递单): numbered without gaps, printed in bulk, tracked (PLN-10)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, exists, func, select, update

from app.core import clock
from app.core.db import db, one_at_a_time, tuples
from app.core.registry import stores
from app.core.statements import Statements
from app.files.documents.counter import take_numbers
from app.people.schools.queries import at_school
from app.plan.letters.models import ForwardingLetter
from app.plan.rows.models import PlanEntry
from app.workflow.actor import Actor, Role

if TYPE_CHECKING:
    from app.plan.letters.differing import Beside

LETTERS, COURIER, BESIDE = "letters", "courier", "beside"  # the kinds of papers
COUNTER = 3  # the kind of the counter; 1 and 2 are the agreements
L = ForwardingLetter


def letters_for(who: Actor) -> Select[ForwardingLetter]:
    """The letters of the asking staff's school; a student reads its own."""
    if who.role is Role.STUDENT:
        return select(L).where(L.student_id == who.student_id, L.void_at.is_(None))
    return select(L).where(at_school(who, L.school_id, L.college_id))


def has_letter(who: Actor) -> Any:
    """Whether a letter was ever made for the student asking, as `beside` asks it."""
    return select(L.id).where(L.student_id == who.student_id).exists()


def letter_of(student_id: int) -> ForwardingLetter | None:
    """The letter that counts for a student; one not sent yet only while the plan has its receiver."""
    still = exists().where(
        PlanEntry.student_id == L.student_id, PlanEntry.archive_to == L.archive_to
    )
    wanted = select(L).where(L.student_id == student_id, L.void_at.is_(None))
    wanted = wanted.where(L.tracking_number.is_not(None) | still)
    return db.session.scalars(wanted).one_or_none()


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the letters; None: all."""
    tabs = {
        "waiting": L.tracking_number.is_(None) & L.void_at.is_(None),
        "sent": L.tracking_number.is_not(None) & L.void_at.is_(None),
        "void": L.void_at.is_not(None),
    }
    return tabs.get(name)


def numbered(said: str) -> ColumnElement[bool]:
    """The letter of that number, or of that tracking number."""
    return (L.number == said) | (L.tracking_number == said)


def ready(school_id: int, wish: dict[str, Any]) -> tuple[int, int]:
    """How many plan rows of a wish have a receiver of the archive, and how many have none."""
    has = func.coalesce(PlanEntry.archive_to, "") != ""
    counted = select(func.count().filter(has), func.count().filter(~has))
    found = db.session.execute(counted.where(*_wanted(school_id, wish))).one()
    return found[0], found[1]


def _wanted(school_id: int, wish: dict[str, Any]) -> list[ColumnElement[bool]]:
    """The plan rows that are meant: the ticked ones, or a year's, perhaps of one college."""
    found = [PlanEntry.school_id == school_id]
    if wish.get("entries") is not None:
        return [*found, PlanEntry.id.in_(wish["entries"])]
    found.append(PlanEntry.graduation_year == wish.get("year"))
    if wish.get("college"):
        found.append(PlanEntry.college_id == wish["college"])
    return found


SQL = Statements(__file__, "letters.sql", terms=lambda: stores().terms_of_entry)


def beside(school_id: int, wish: dict[str, Any]) -> Beside:
    """The letters of a wish beside its plan rows, as they are now."""
    from app.plan.letters import differing  # brings pandas: see docs/plan.md

    entries = select(PlanEntry.id).where(*_wanted(school_id, wish))
    at = {"entries": list(db.session.scalars(entries))}
    return differing.beside(tuples(SQL["beside"], at))


def number_them(school_id: int, wish: dict[str, Any]) -> list[int]:
    """Give each row with a receiver its letter; the ids of all letters of the wish. Commits.

    A letter that was made stays; one whose receiver changed or went away before it was sent is void,
    and the student gets a new one where there is a receiver; one that was sent stands, whatever changes. The
    counter rolls back with the transaction: no number is lost.
    """
    one_at_a_time("forwarding", school_id)
    now, found = clock.now(), beside(school_id, wish)
    db.session.execute(update(L).where(L.id.in_(found.void())).values(void_at=now))
    for year, rows in groupby(found.numbered(), key=lambda row: row["graduation_year"]):
        some = list(rows)
        numbers = take_numbers(COUNTER, year, school_id, len(some))
        db.session.add_all(
            L(school_id=school_id, number=f"{year}-{n:05d}", made_at=now, **row)
            for n, row in zip(numbers, some, strict=True)
        )
    db.session.flush()
    of_students = select(PlanEntry.student_id).where(*_wanted(school_id, wish))
    wanted = select(L.id).where(L.school_id == school_id, L.void_at.is_(None))
    ids = db.session.scalars(
        wanted.where(L.student_id.in_(of_students)).order_by(L.college_id, L.number)
    ).all()
    db.session.commit()
    return list(ids)
