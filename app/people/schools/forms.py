"""The forms by which staff keep schools, colleges and majors."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired

from app.accounts.queries import actor
from app.core.db import db
from app.core.forms import MISSING, Checked, line
from app.core.text import clean_code
from app.people.schools.models import College
from app.people.schools.queries import colleges_for


class CollegeForm(DynamicForm):
    """A college: its code within the school, and its name."""

    code = line(_l("Code"), 20, clean=clean_code)
    name = line(_l("College name"), 60)

    def values(self) -> dict[str, Any]:
        """What is to be written."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}


class MajorForm(CollegeForm):
    """A major of a college."""

    code = line(_l("Code"), 10, clean=clean_code)
    name = line(_l("Major name"), 60)
    college_id = SelectField(_l("College"), [DataRequired(MISSING)], coerce=int)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rows = db.session.scalars(colleges_for(actor()).order_by(College.code))
        self.college_id.choices = [(0, _l("Please choose")), *((c.id, c.name) for c in rows)]


class SchoolForm(CollegeForm):
    """A school: the official code stands in every agreement's number."""

    code = line(
        _l("Code"),
        6,
        Checked(lambda text: text.isdecimal() and len(text) in (5, 6), _l("Five or six digits.")),
        clean=clean_code,
    )
    name = line(_l("School name"), 60)
    contact = line(_l("Contact"), 120, required=False)
    active = BooleanField(_l("Takes part"), default=True)
