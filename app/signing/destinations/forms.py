"""The student's form, built from the tables; the administrator's forms of the tables themselves."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    Field,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import DateInput

from app.codes.forms import RegionField
from app.signing.destinations.checks import choices, fields_of, most_of
from app.signing.destinations.field_types import TEXTS, FieldType
from app.signing.destinations.kind_models import (
    DestinationField,
)
from app.signing.destinations.models import Destination
from app.signing.destinations.table_forms import KEYS

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
    made = {f"{BEFORE}{f.key}": field_of(f) for f in fields}
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


def field_of(field: DestinationField) -> Any:
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
