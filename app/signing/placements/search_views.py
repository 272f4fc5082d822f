"""The search box of an employer's lists: anybody by name, by a number only whom it has signed (S-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, or_, select

from app.accounts.queries import actor
from app.core.db import db
from app.core.limits import Limit
from app.core.named import name_has
from app.people.students.models import Student
from app.people.students.queries import looks_like_number, student_no_begins
from app.people.students.search_views import StudentSearch

# numbers of an employer's search that find no student of its own; one budget for all its lists (S-10)
NUMBERS = Limit("number-search", 10, timedelta(days=1))


class SignedStudentSearch(StudentSearch):
    """Mixin of SafeModelView, before it: who has not signed is found by name alone.

    The number of anybody else would be guessed at here: the list would say which guess is right.
    """

    search_hint = _l("Name; of signed students also numbers")

    def signed(self) -> SQLColumnExpression[bool]:
        """The rows of the list whose student has signed with this employer."""
        raise NotImplementedError

    def finds(self, text: str) -> ColumnElement[bool]:
        named = self.of_students(name_has(Student.name, text))
        if not looks_like_number(text):
            return named
        return or_(named, and_(self.signed(), self.of_students(student_no_begins(text))))

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        """By the number of a student of one's own (TRM-07); a few that find nobody are all (S-10)."""
        found = super().token_clause(token)
        if found is None:
            return None
        view: Any = self
        firm, mine = actor().employer_id, and_(self.signed(), found)
        if NUMBERS.used_up(firm):
            return false()
        if not db.session.scalar(select(view.scoped().where(mine).exists())):
            NUMBERS.take(firm)
        return mine
