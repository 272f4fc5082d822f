"""The search box of lists of students, or of what is theirs."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from app.accounts.queries import actor
from app.people import queries
from app.people.models import Student


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
