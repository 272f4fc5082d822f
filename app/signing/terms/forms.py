"""The form fields of the declared terms, for the invitation letter and the paper agreement alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from app.codes.forms import RegionField, options
from app.core import clock
from app.core.forms import MISSING, PHONE, POSTCODE, TEL, OnlyIf, line
from app.core.names import clean_contact, clean_title
from app.core.numbers import DAYS, MONEY, WholeField
from app.core.text import clean_line
from app.people.employers.forms import NOT_FOR_EMPLOYERS
from app.signing.terms.models import ARCHIVE, FIELDS, HOUSEHOLD, NOT_RECEIVED, OFFER, TermField

CLEAN = {"contact_name": clean_contact, "archive_contact": clean_contact, "archive_to": clean_title}


def not_in_the_past(form: FlaskForm, field: Field) -> None:  # noqa: ARG001 (the shape of a validator)
    """Nobody can report for work yesterday; ten years ahead is a slip of the keyboard."""
    today = clock.today()
    if field.data and field.data < today:
        raise ValidationError(_("This day is in the past."))
    if field.data and field.data > today + timedelta(days=3653):
        raise ValidationError(_("This day is too far ahead."))


class TermsPart(FlaskForm):
    """The part of a form that is made from the terms; `asks` are those of them that it asks for.

    Its codes are those that count for the graduation years of whom the terms are for (PLN-11).
    """

    asks: tuple[TermField, ...] = FIELDS

    def __init__(self, *args: object, years: Collection[int] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.asks:
            if field.kind == "code":
                leave_out = NOT_FOR_EMPLOYERS.get(field.table, frozenset())
                self[field.name].choices = options(field.table, leave_out, years)

    def values(self) -> dict[str, Any]:
        """The values of a version of the terms; what does not count or was left empty is None."""
        return {
            field.name: self[field.name].data if field.required else self[field.name].data or None
            for field in self.asks
        }

    def group(self, name: str) -> list[tuple[Any, TermField]]:
        """The form's fields of one group, each with what is declared of it."""
        return [(self[field.name], field) for field in self.asks if field.group == name]

    def split(self) -> dict[str, object]:
        """What the page shows: the offer, and each conditional group with its head and details."""
        found: dict[str, Any] = {OFFER: self.group(OFFER)}
        for name in (ARCHIVE, HOUSEHOLD):
            (head, _declared), *details = self.group(name)
            wanted = [code for code, _name in head.choices if code not in ("", NOT_RECEIVED)]
            found[name] = {
                "head": head,
                "details": details,
                "when": f"{head.name}={'|'.join(wanted)}",
            }
        return found


def fields_of(asks: Iterable[TermField]) -> dict[str, object]:
    """The form fields of these terms, by name."""
    return {field.name: _field(field) for field in asks}


def _field(field: TermField) -> object:
    """The form field of a declared term."""
    must: Any = InputRequired(MISSING) if field.required else Optional()
    if field.kind == "code":
        return SelectField(field.label, [DataRequired(MISSING)] if field.required else [])
    if field.kind == "region":
        return RegionField(field.label, required=field.required)
    if field.kind == "date":
        return DateField(
            field.label,
            [must, not_in_the_past],
            invalid_value_message=_l("Please enter a day, such as 2027-07-01."),
        )
    if field.kind in ("int", "days", "money"):
        bounds = NumberRange(field.low, field.high, _l("Between %(min)s and %(max)s."))
        units = {"money": MONEY, "days": DAYS}.get(field.kind, ())
        return WholeField(field.label, [must, bounds], units, description=field.hint)
    return _text(field)


def _text(field: TermField) -> object:
    checks: list[Any] = [OnlyIf(field.only_if, NOT_RECEIVED)] if field.only_if else []
    keys: dict[str, Any] = {}
    if field.kind == "phone":
        checks, keys = [*checks, PHONE], TEL
    elif field.kind == "postcode":
        checks, keys = [*checks, POSTCODE], {"inputmode": "numeric"}
    return line(
        field.label,
        field.length or 6,
        *checks,
        clean=CLEAN.get(field.name, clean_line),
        required=field.required,
        description=field.hint,
        render_kw=dict(keys),
    )
