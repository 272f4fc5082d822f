"""The search box of lists of students, or of what is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import aliased

from app.accounts.queries import actor
from app.core.text import clean_line
from app.fab.columns import ListColumn
from app.people.students import queries
from app.people.students.models import Student
from app.workflow.actor import Actor

# columns that lists about students have in common
STUDENT = ListColumn("student.name", _l("Student"), card="title")
STUDENT_NO = ListColumn("student.student_no", _l("Student number"), width="number", card="none")
COLLEGE = ListColumn("college.name", _l("College"))


class StudentSearch:
    """Mixin of SafeModelView, before it: student numbers, names, and personal numbers (AGR-01).

    A personal number stands in no address: a token that hides it does (ACC-02).
    """

    datamodel: Any
    search_hint = _l("Student number, name, ID number, phone")

    def finds(self, text: str) -> ColumnElement[bool]:
        """The rows that a typed text finds; override where it may be something else as well."""
        return self.of_students(queries.finds_student(text))

    def of_students(self, which: ColumnElement[bool]) -> ColumnElement[bool]:
        """The rows of the students of that condition."""
        model = self.datamodel.obj
        if model is Student:
            return which
        found: ColumnElement[bool] = model.student_id.in_(select(Student.id).where(which))
        return found

    def search_args(self, text: str) -> dict[str, str]:
        return queries.search_args(text, actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        if "x" in self.search_args(text):
            abort(400, description=_("Use the search box: a personal number stands in no address."))
        return self.finds(text)

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        found = queries.has_secret(token)
        return None if found is None else self.of_students(found)


def finds_student_or_class(
    text: str, who: Actor, more: Sequence[Select[Any]] = ()
) -> ColumnElement[bool]:
    """The same, and the students of a class with that in its name (ADM-01): a union of index-served parts.

    Who sees every school types the whole name of a class. `more` are further selects of ids.
    """
    mine, group = queries.students_for(who).with_only_columns(Student.id), clean_line(text)
    named = Student.class_name.in_(_classes(who.school_id, group))
    found = (queries.finds_student(text), named if who.school_id else Student.class_name == group)
    return Student.id.in_(union_all(*(mine.where(where) for where in found), *more))


def _classes(school_id: int | None, group: str) -> Select[Any]:
    """The classes of a school with that in their names: the index leaps from one name to the next."""
    here, other = (aliased(Student) for _n in range(2))
    first = select(func.min(here.class_name).label("name")).where(here.school_id == school_id)
    known = first.cte(recursive=True)
    following = (
        select(func.min(other.class_name))
        .where(other.school_id == school_id, other.class_name > known.c.name)
        .scalar_subquery()
    )
    known = known.union_all(select(following).where(known.c.name.is_not(None)))
    return select(known.c.name).where(known.c.name.icontains(group, autoescape=True))
