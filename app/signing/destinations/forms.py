"""The student's form, built from the tables; the administrator's forms of the tables themselves."""

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
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import DateInput

from app.codes.forms import RegionField
from app.codes.queries import names
from app.codes.shipped import TABLES
from app.core.db import db
from app.core.forms import MISSING, Ticks, line
from app.core.numbers import WholeField
from app.signing.destinations.checks import choices, fields_of, most_of
from app.signing.destinations.models import (
    FIELD_TYPES,
    LEVELS,
    NUMBERS,
    PLAN,
    TEXTS,
    Destination,
    DestinationField,
    DestinationKind,
    DestinationType,
    FieldType,
)

BEFORE = "f_"  # no key of a field may hide a name of WTForms


class _Star:
    """Marks a field as required; whether it is filled in is asked when the draft is previewed."""

    field_flags = {"required": True}  # noqa: RUF012 (WTForms' own convention)

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Nothing to check here."""


class DraftRegionField(RegionField):
    """A region that a draft may leave open, with what was typed kept."""

    def __init__(self, label: Any, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.validators = list(validators)


def form_of(draft: Destination) -> Any:
    """A form of the draft's kind with its values; posted texts count where there are any."""
    fields = fields_of(draft.kind, draft.student.graduation_year)
    made = {f"{BEFORE}{f.key}": _field(f) for f in fields}
    form_class = type("DestinationForm", (FlaskForm,), made)
    form = form_class(data={f"{BEFORE}{f.key}": draft.values.get(f.key, "") for f in fields})
    for field in fields:
        if field.type == FieldType.CODE:
            known = choices(field, draft.student.graduation_year).items()
            form[f"{BEFORE}{field.key}"].choices = [("", _("Please choose")), *known]
    return form


def typed(form: FlaskForm) -> dict[str, str]:
    """What was typed by the keys of the fields: of a region its code, where one is meant."""
    return {
        field.name.removeprefix(BEFORE): str(field.data or getattr(field, "typed", "") or "")
        for field in form
        if field.name.startswith(BEFORE)
    }


def show(form: FlaskForm, problems: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Put each problem beside its field; gives those of proofs by their key."""
    proofs: dict[str, list[str]] = {}
    for key, sentence in problems:
        field = form._fields.get(f"{BEFORE}{key}")
        if field is not None:
            field.errors = [*field.errors, sentence]
        elif key.startswith("proof:"):
            proofs.setdefault(key.removeprefix("proof:"), []).append(sentence)
            form.form_errors.append(sentence)
        else:
            form.form_errors.append(sentence)
    return proofs


def _field(field: DestinationField) -> Any:
    """The form field of a declared field."""
    kind, keys = FieldType(field.type), dict(KEYS.get(FieldType(field.type), {}))
    stars = [_Star()] if field.required else []
    common = {"validators": stars, "description": field.explained}
    if kind is FieldType.CODE:
        return SelectField(str(field), validate_choice=False, **common)
    if kind is FieldType.REGION:
        return DraftRegionField(str(field), **common)
    if kind is FieldType.DATE:
        return StringField(str(field), widget=DateInput(), **common)
    if kind in TEXTS:
        keys["maxlength"] = most_of(field)
    if kind is FieldType.LONG:
        return TextAreaField(str(field), render_kw={**keys, "rows": 4}, **common)
    return StringField(str(field), render_kw=keys, **common)


KEYS: dict[FieldType, dict[str, Any]] = {
    **{kind: {"inputmode": "numeric", "maxlength": 24, "autocomplete": "off"} for kind in NUMBERS},
    FieldType.CREDIT_CODE: {"maxlength": 18, "autocapitalize": "characters", "autocomplete": "off"},
    FieldType.PHONE: {"inputmode": "tel", "maxlength": 20},
    FieldType.POSTCODE: {"inputmode": "numeric", "maxlength": 6},
    FieldType.NAME: {"autocomplete": "organization"},
}


def _whole(label: Any, least: int, most: int, *, required: bool = False, **more: Any) -> Any:
    bounds = NumberRange(least, most, _l("Between %(min)s and %(max)s."))
    first = InputRequired(MISSING) if required else Optional()
    return WholeField(label, [first, bounds], **more)


def _key(form: FlaskForm, field: Field) -> None:  # noqa: ARG001 (the shape of a validator)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", field.data or ""):
        raise ValidationError(_("Letters, digits and _ only, beginning with a letter."))


class _Named(DynamicForm):
    """What types, kinds, fields and proofs have in common."""

    name = line(_l("Title"), 40)
    name_en = line(_l("English name"), 80, required=False)
    hint = line(_l("Explanation"), 200, required=False)
    hint_en = line(_l("English explanation"), 300, required=False)
    sort = _whole(_l("Place in the list"), 0, 9999, required=True, default=500)
    active = BooleanField(_l("In use"), default=True)


class TypeForm(_Named):
    """A type of destinations."""


class NewTypeForm(TypeForm):
    """A new one, with the key that stays."""

    code = line(_l("Key"), 20, _key)


class KindForm(_Named):
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
    from_year = _whole(_l("From graduation year"), 1990, 2100)
    to_year = _whole(_l("To graduation year"), 1990, 2100)

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

    code = line(_l("Key"), 20, _key)
    active = None


class ProofForm(_Named):
    """A proof that a kind asks for."""

    required = BooleanField(_l("Required"), default=True)
    most = _whole(_l("Most files"), 1, 20, required=True, default=3)


class FieldForm(_Named):
    """A field that a kind asks for."""

    type = SelectField(_l("What it asks for"))
    required = BooleanField(_l("Required"), default=True)
    length = _whole(_l("Most characters"), 1, 500, description=_l("Of texts"))
    low = _whole(_l("Least"), -999_999_999, 999_999_999, description=_l("Of numbers"))
    high = _whole(_l("Most"), -999_999_999, 999_999_999, description=_l("Of numbers"))
    table = SelectField(_l("Code table"), description=_l("Of choices"))
    only_text = line(
        _l("Only these codes"),
        200,
        required=False,
        description=_l("Of choices: codes with blanks between them; empty for the whole table"),
    )
    plan_field = SelectField(_l("Fills in the plan row"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type.choices = list(FIELD_TYPES.items())
        self.table.choices = [("", "–"), *((k, f"{v} {k}") for k, v in TABLES.items())]
        labels = plan_labels()
        self.plan_field.choices = [("", "–"), *((name, labels[name]) for name in PLAN)]

    def validate_table(self, field: Field) -> None:
        """A choice names its table."""
        if self.type.data == FieldType.CODE and not field.data:
            raise ValidationError(_("Choose the table."))

    def validate_plan_field(self, field: Field) -> None:
        """A column of the plan takes only what fits it."""
        types, table, _most = PLAN.get(field.data, ((), "", 0))
        if field.data and (self.type.data not in types or (table and self.table.data != table)):
            raise ValidationError(_("This column takes another sort of value."))

    def validate_only_text(self, field: Field) -> None:
        """Only codes of the table."""
        unknown = [code for code in (field.data or "").split() if not self._has(code)]
        if unknown:
            raise ValidationError(_("The table has no code %(code)s.", code=unknown[0][:20]))

    def validate_high(self, field: Field) -> None:
        """The bounds have something between them."""
        if None not in (field.data, self.low.data) and field.data < self.low.data:
            raise ValidationError(_("The most is less than the least."))

    def _has(self, code: str) -> bool:
        table = self.table.data
        return bool(table) and (code in names(table) or code in names(table, 2020))


class NewPart:
    """Mixin: the kind that a new field or proof belongs to, and the key that stays."""

    kind_id = SelectField(_l("Kind of destination"), [DataRequired(MISSING)], coerce=int)
    key = line(_l("Key"), 30, _key)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = select(DestinationKind).order_by(DestinationKind.sort, DestinationKind.id)
        self.kind_id.choices = [(k.id, str(k)) for k in db.session.scalars(kinds)]  # type: ignore[attr-defined]


class NewFieldForm(NewPart, FieldForm):
    """A new field."""


class NewProofForm(NewPart, ProofForm):
    """A new proof."""


def _coded(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in table.items()]


def plan_labels() -> dict[str, object]:
    """The columns of the plan row in words."""
    return {
        "employer_name": _("Employer"),
        "credit_code": _("Credit code"),
        "employer_kind": _("Nature"),
        "industry": _("Industry"),
        "location": _("Region"),
        "position_kind": _("Kind of position"),
        "contact_name": _("Contact"),
        "contact_phone": _("Telephone"),
        "address": _("Address"),
        "postcode": _("Postcode"),
        "archive_to": _("Forward the archive to"),
        "archive_address": _("Forwarding address"),
        "archive_postcode": _("Forwarding postcode"),
        "household_address": _("Household address"),
        "destination_code": _("Destination"),
    }
