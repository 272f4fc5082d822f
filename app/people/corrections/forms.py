"""The student's form for one field of its origin record."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange

from app.codes.forms import RegionField, options
from app.core import identity, phones
from app.core.db import db
from app.core.forms import MISSING, line
from app.core.names import clean_name
from app.core.numbers import YEARS, WholeField
from app.core.text import clean_code
from app.people.corrections.models import FIELDS, TABLES
from app.people.corrections.queries import document
from app.people.schools.models import College, Major
from app.people.students import fields
from app.people.students.forms import country_choices, origin_field
from app.people.students.models import Student

LENGTHS = {"name": 60, "id_number": 18, "phone": 20, "examinee_no": 14, "class_name": 40}
CLEAN = {
    "name": clean_name,
    "class_name": None,
    "phone": phones.folded,
    "id_number": identity.clean,
}
YEAR = _l("A year between 2000 and 2100.")


def form_for(field: str, student: Student) -> Any:
    """A form with the one field, made for its kind."""
    parts: dict[str, Any] = {"value": _field(field)}
    if field == "id_number":
        parts["id_kind"] = SelectField(
            _l("Kind of document"), [DataRequired(MISSING)], default=student.id_kind
        )
        parts["id_country"] = SelectField(
            _l("Passport issued by"),
            default=student.id_country,
            description=_l("Of passports only: country or region."),
        )
    form = type("CorrectionForm", (_Form,), parts)()
    if field == "id_number":
        form.id_kind.choices = list(identity.NAMES.items())
        form.id_country.choices = country_choices()
    if field in TABLES:
        form.value.choices = options(TABLES[field], years=[student.graduation_year])
    elif field == "major_id":
        form.value.choices = _majors(student)
    return form


def text_of(form: FlaskForm) -> str:
    """What was typed, as text."""
    value = form.value.data
    if "id_kind" in form and value:
        return document(form.id_kind.data, form.id_country.data or "", value)
    return "" if value is None else str(value)


class _Form(FlaskForm):
    """What every field asks: why."""

    reason = line(_l("What is wrong"), 200, description=_l("The school reads it with your proof."))


def _field(field: str) -> Any:
    if field in fields.BY_NAME:
        return origin_field(fields.BY_NAME[field], required=True)
    label = _l("Document number") if field == "id_number" else FIELDS[field]
    if field in TABLES or field == "major_id":
        return SelectField(label, [DataRequired(MISSING)])
    if field == "graduation_year":
        return WholeField(label, [InputRequired(MISSING), NumberRange(2000, 2100, YEAR)], YEARS)
    if field == "origin":
        return RegionField(label)
    clean = CLEAN.get(field, clean_code)
    more: dict[str, Any] = {"clean": clean} if clean else {}
    return line(label, LENGTHS[field], **more)


def _majors(student: Student) -> list[tuple[str, str]]:
    rows = db.session.execute(
        select(Major.id, College.name, Major.name)
        .join(College, Major.college_id == College.id)
        .where(Major.school_id == student.school_id)
        .order_by(College.code, Major.code)
    ).tuples()
    return [("", _l("Please choose")), *((str(key), f"{c} {name}") for key, c, name in rows)]
