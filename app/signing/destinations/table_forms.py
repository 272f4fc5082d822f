"""The administrators' forms of the tables of destinations: types, kinds, fields, proofs."""

from __future__ import annotations

import re
from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import (
    BooleanField,
    Field,
    SelectField,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from app.codes.queries import names
from app.core.db import db
from app.core.forms import MISSING, Ticks, line
from app.core.numbers import WholeField
from app.signing.destinations.field_types import NUMBERS, FieldType
from app.signing.destinations.kind_models import (
    LEVELS,
    DestinationType,
)

KEYS: dict[FieldType, dict[str, Any]] = {
    **{kind: {"inputmode": "numeric", "maxlength": 24, "autocomplete": "off"} for kind in NUMBERS},
    FieldType.CREDIT_CODE: {"maxlength": 18, "autocapitalize": "characters", "autocomplete": "off"},
    FieldType.PHONE: {"inputmode": "tel", "maxlength": 20},
    FieldType.POSTCODE: {"inputmode": "numeric", "maxlength": 6},
    FieldType.NAME: {"autocomplete": "organization"},
}


def whole_number(label: Any, least: int, most: int, *, required: bool = False, **more: Any) -> Any:
    """A whole number between the two, or nothing."""
    bounds = NumberRange(least, most, _l("Between %(min)s and %(max)s."))
    first = InputRequired(MISSING) if required else Optional()
    return WholeField(label, [first, bounds], **more)


def key_field(form: FlaskForm, field: Field) -> None:  # noqa: ARG001 (the shape of a validator)
    """Validator: a key of letters, digits and underscores."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", field.data or ""):
        raise ValidationError(_("Letters, digits and _ only, beginning with a letter."))


class NamedForm(DynamicForm):
    """What types, kinds, fields and proofs have in common."""

    name = line(_l("Title"), 40)
    name_en = line(_l("English name"), 80, required=False)
    hint = line(_l("Explanation"), 200, required=False)
    hint_en = line(_l("English explanation"), 300, required=False)
    sort = whole_number(_l("Place in the list"), 0, 9999, required=True, default=500)
    active = BooleanField(_l("In use"), default=True)


class TypeForm(NamedForm):
    """A type of destinations."""


class NewTypeForm(TypeForm):
    """A new one, with the key that stays."""

    code = line(_l("Key"), 20, key_field)


class KindForm(NamedForm):
    """A kind of destinations."""

    type_id = SelectField(_l("Type"), [DataRequired(MISSING)], coerce=int)
    plan_code = SelectField(_l("Plan code since 2021"), [DataRequired(MISSING)])
    plan_code_legacy = SelectField(_l("Plan code before 2021"), [DataRequired(MISSING)])
    settles = BooleanField(
        _l("Settles"),
        default=True,
        description=_l("Unticked: it occupies no place and gives way by itself."),
    )
    modes = Ticks(_l("Training modes"), description=_l("Nothing ticked: open to all."))
    levels = Ticks(_l("Levels of education"), description=_l("Nothing ticked: open to all."))
    from_year = whole_number(_l("From graduation year"), 1990, 2100)
    to_year = whole_number(_l("To graduation year"), 1990, 2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = select(DestinationType).order_by(DestinationType.sort, DestinationType.id)
        self.type_id.choices = [(t.id, str(t)) for t in db.session.scalars(types)]
        for field, year in ((self.plan_code, 2021), (self.plan_code_legacy, 2020)):
            field.choices = [("", _("Please choose")), *_coded(names("byqx", year))]
        self.modes.choices = list(names("pyfs").items())
        self.levels.choices = list(LEVELS.items())

    def validate_to_year(self, field: Field) -> None:
        """The years run forwards."""
        if field.data and self.from_year.data and field.data < self.from_year.data:
            raise ValidationError(_("The last year is before the first."))


class NewKindForm(KindForm):
    """A new one, with the key that stays; it comes into use once its fields and proofs are there (F-61)."""

    code = line(_l("Key"), 20, key_field)
    active = None


def _coded(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in table.items()]
