"""Checks of what a field of a kind is given, for forms and files alike; nothing here asks for a person."""

from __future__ import annotations

import re
from datetime import date

from flask_babel import gettext as _

from app.codes import queries as codes
from app.codes import regions
from app.codes.models import Region
from app.core.checks import is_credit_code, is_phone, is_postcode
from app.core.db import db
from app.core.forms import MISSING, TOO_LONG
from app.core.names import clean_title
from app.core.numbers import MONEY, whole
from app.core.printable import refusal
from app.core.text import clean_code, clean_day, clean_line, clean_lines
from app.signing.destinations.field_types import NUMBERS, PLAN, TEXTS, FieldType
from app.signing.destinations.kind_models import DestinationField, DestinationKind

LONGEST = 2000  # characters of anything that a draft keeps
LENGTHS = {FieldType.LONG: 500, FieldType.NAME: 120, FieldType.PHONE: 20}
YEARS = (1990, 2100)
CODES = (FieldType.CREDIT_CODE, FieldType.POSTCODE, FieldType.PHONE, FieldType.CODE)


def most_of(field: DestinationField) -> int:
    """How many characters a text may have: never more than the plan row can take."""
    most = field.length or LENGTHS.get(FieldType(field.type), 100)
    return min(most, PLAN[field.plan_field][2]) if field.plan_field in PLAN else most


def choices(field: DestinationField, year: int) -> dict[str, str]:
    """The codes that the field offers to graduates of a year."""
    names = codes.names(field.table, year)
    return {c: names[c] for c in names if not field.only or c in field.only}


def fields_of(kind: DestinationKind, year: int) -> list[DestinationField]:
    """The fields that are asked for; a choice that has nothing to offer that year is not."""
    return [f for f in kind.fields if f.active and (f.type != FieldType.CODE or choices(f, year))]


def cleaned(field: DestinationField, text: str) -> str:
    """What was typed without what nobody sees; long texts keep their lines."""
    if field.type == FieldType.LONG:
        return clean_lines(text)
    if field.type in NUMBERS:
        number = whole(text, MONEY if field.type == FieldType.MONEY else ())
        return clean_code(text) if number is None else str(number)
    if field.type == FieldType.DATE:
        return clean_day(text)
    if field.type in CODES:
        return clean_code(text)
    return clean_title(text) if field.type == FieldType.NAME else clean_line(text)


def problem(field: DestinationField, text: str, year: int) -> str:
    """The sentence what is wrong with a cleaned value; empty when it is fine."""
    if not text:
        return str(MISSING) if field.required else ""
    kind = FieldType(field.type)
    if sentence := refusal(text):
        return sentence
    if kind in TEXTS:
        return str(TOO_LONG) % {"max": most_of(field)} if len(text) > most_of(field) else ""
    if kind in NUMBERS:
        return _number(field, text)
    if kind is FieldType.CODE:
        return "" if text in choices(field, year) else _("Choose one from the list.")
    return _SENTENCES[kind](text)


def _number(field: DestinationField, text: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
        return _("Please enter a whole number.")
    low = field.low if field.low is not None else 0
    high = field.high if field.high is not None else 999_999_999
    if low <= int(text) <= high:
        return ""
    return _("Between %(min)s and %(max)s.", min=low, max=high)


def _date(text: str) -> str:
    found = day(text)
    if found is None or not YEARS[0] <= found.year <= YEARS[1]:
        return _("Please enter a day, such as 2027-07-01.")
    return ""


def day(text: str) -> date | None:
    """A day written as 2027-07-01."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _region(text: str) -> str:
    if len(text) == 6 and db.session.get(Region, text) is not None:
        return ""
    return _("No single region has this name. Choose one from the list.")


def _said(good: bool, sentence: str) -> str:
    return "" if good else sentence


_SENTENCES = {
    FieldType.DATE: _date,
    FieldType.REGION: _region,
    FieldType.CREDIT_CODE: lambda text: _said(
        is_credit_code(text),
        _("This is not a valid credit code: 18 characters, and the last one must fit."),
    ),
    FieldType.PHONE: lambda text: _said(
        len(text) <= LENGTHS[FieldType.PHONE] and is_phone(text),
        _("This is not a telephone number: 11 digits, or with area code."),
    ),
    FieldType.POSTCODE: lambda text: _said(is_postcode(text), _("A postcode has six digits.")),
}


def shown(field: DestinationField, text: str, year: int) -> str:
    """A value as people read it."""
    if not text:
        return ""
    if field.type == FieldType.CODE:
        return codes.name(field.table, text, year)
    if field.type == FieldType.REGION:
        return regions.region_name(text)
    if field.type == FieldType.MONEY and text.lstrip("-").isdigit():
        return _("%(amount)s yuan", amount=f"{int(text):,}")
    return text
