"""One search for everything: students, employers and signings of the person's scope, all years (AGR-16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import joinedload

from app.core.db import db
from app.core.text import clean_code
from app.fab.columns import Item
from app.fab.declared import Link
from app.fab.presentation import chip
from app.fab.security import manager
from app.people.employers.models import EMPLOYER_CHIPS, EMPLOYER_STATES, Employer, EmployerState
from app.people.employers.queries import employers_for, finds_employer
from app.people.students.models import Student
from app.people.students.queries import (
    finds_student,
    has_secret,
    looks_like_number,
    students_for,
)
from app.signing.placements.labels import review_of
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placements_for
from app.workflow.actor import Actor

MOST = 8  # of a kind; all of them stand in the list that the last line leads to
SHORTEST = 2  # characters; a single sign finds too much to say anything


@dataclass(frozen=True)
class Hits:
    """What was found of one kind; `more` leads to the list with the same search where there is more."""

    title: Any
    rows: list[Item]
    more: Link | None


def found(who: Actor, text: str, token: str) -> list[Hits]:
    """The first hits of each kind that the person may open; a token stands for a personal number.

    Raises nothing: what is too short, or finds nothing, gives no hits.
    """
    parts = (_students, _employers, _signings)
    groups = (part(who, text.strip(), token) for part in parts)
    return [group for group in groups if group is not None and group.rows]


def _may(view: str) -> bool:
    return bool(manager().has_access("can_show", view))


def _students(who: Actor, text: str, token: str) -> Hits | None:
    where = has_secret(token) if token else _at_least(text, finds_student)
    if where is None or not _may("Students"):
        return None
    slot = and_(Placement.student_id == Student.id, Placement.settles, Placement.stands)
    wanted = (
        students_for(who)
        .where(where)
        .outerjoin(Placement, slot)
        .add_columns(Placement.kind, Placement.state, Placement.employer_name)
        .options(joinedload(Student.college), joinedload(Student.major))
        .order_by(Student.graduation_year.desc(), Student.name_order, Student.id)
        .limit(MOST + 1)
    )
    rows = [_student(*row) for row in db.session.execute(wanted)]
    return _hits(_l("Students"), rows, "StudentsView.list", text, token)


def _student(student: Student, kind: str | None, state: str, employer: str) -> Item:
    facts = (
        student.student_no,
        student.college.name,
        student.major.name,
        student.class_name,
        _("class of %(year)s", year=student.graduation_year),
        employer,
    )
    end = chip(*review_of(kind, state)) if kind else chip(_("Not signed yet"))
    url = url_for("StudentsView.show", pk=student.id)
    return Item(student.name, url, " · ".join(filter(None, facts)), end=end)


def _employers(who: Actor, text: str, token: str) -> Hits | None:
    where = None if token else _at_least(text, finds_employer)
    if where is None or not _may("Employers"):
        return None
    wanted = employers_for(who).where(where).order_by(Employer.name_order, Employer.id)
    rows = [
        Item(
            employer.name,
            url_for("EmployersView.show", pk=employer.id),
            employer.credit_code,
            end=chip(
                EMPLOYER_STATES[EmployerState(employer.state)],
                EMPLOYER_CHIPS[EmployerState(employer.state)],
            ),
        )
        for employer in db.session.scalars(wanted.limit(MOST + 1))
    ]
    return _hits(_l("Employers"), rows, "EmployersView.list", text, token)


def _signings(who: Actor, text: str, token: str) -> Hits | None:
    """By the number of the agreement; by name they stand with the student or in the desk's own list."""
    if token or not looks_like_number(text) or len(text) < SHORTEST or not _may("Desk"):
        return None
    wanted = (
        placements_for(who)
        .where(Placement.agreement_no.startswith(clean_code(text), autoescape=True))
        .options(joinedload(Placement.student))
        .order_by(Placement.agreement_no)
        .limit(MOST + 1)
    )
    rows = [
        Item(
            f"{placement.agreement_no} · {placement.student.name}",
            url_for("DeskView.show", pk=placement.id),
            placement.employer_name,
            end=chip(*review_of(Kind(placement.kind), placement.state)),
        )
        for placement in db.session.scalars(wanted)
    ]
    return _hits(_l("Signings"), rows, "DeskView.list", text, token)


def _at_least(text: str, finds: Callable[[str], ColumnElement[bool]]) -> ColumnElement[bool] | None:
    return finds(text) if len(text) >= SHORTEST else None


def _hits(title: object, rows: list[Item], page: str, text: str, token: str) -> Hits:
    """At most MOST rows, and where there are more, the way to all of them in every tab."""
    args: dict[str, Any] = {"x": token} if token else {"q": text}
    all_of_them = url_for(page, tab="all", **args)
    more = Link(all_of_them, _("All hits in the list")) if len(rows) > MOST else None
    return Hits(title, rows[:MOST], more)
