"""The form of a paper agreement: the employer's facts and the terms (OFF-01)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import SelectField
from wtforms.validators import DataRequired

from app.codes.forms import RegionField, options
from app.core.errors import Invalid
from app.core.forms import EMAIL, MISSING, POSTCODE, line, show_problems
from app.core.named import a_title
from app.core.names import clean_title
from app.core.text import clean_code, clean_line
from app.files.documents.errors import Unprintable
from app.people.employers.forms import CREDIT_CODE
from app.signing.terms.forms import TermsPart, fields_of
from app.signing.terms.models import OFFER, ON_PAPER

LONGEST = 300  # characters of one field that a draft keeps
CONTACT = ("contact_name", "contact_phone")  # terms that stand with the employer's facts


class _EntryForm(TermsPart):
    """Four groups: the terms, the employer, the archive, the household registration."""

    asks = ON_PAPER

    employer_credit_code = line(
        _l("Unified social credit code"),
        18,
        CREDIT_CODE,
        clean=lambda text: clean_code(text)[:40],
        description=_l("18 characters, as on the business licence of the employer."),
        render_kw={"autocapitalize": "characters", "autocomplete": "off"},
    )
    employer_name = line(
        _l("Name of the employer"),
        120,
        a_title,
        clean=clean_title,
        description=_l("The full name as on the business licence"),
    )
    employer_kind = SelectField(_l("Nature"), [DataRequired(MISSING)])
    employer_industry = SelectField(_l("Industry"), [DataRequired(MISSING)])
    employer_location = RegionField(_l("Location"))
    employer_address = line(_l("Postal address"), 200)
    employer_postcode = line(_l("Postcode"), 6, POSTCODE, render_kw={"inputmode": "numeric"})
    employer_email = line(
        _l("E-mail"), 120, EMAIL, required=False, render_kw={"inputmode": "email"}
    )

    def __init__(self, *args: object, years: Collection[int] = (), **kwargs: object) -> None:
        super().__init__(*args, years=years, **kwargs)
        self.employer_kind.choices = options("dwxz", years=years)
        self.employer_industry.choices = options("dwhy", years=years)

    def facts(self) -> dict[str, str]:
        """The employer's facts, named as the placement keeps them."""
        return {name: self[name].data or "" for name in EMPLOYER}

    def employer_group(self) -> list[object]:
        """The fields of the employer, its contact with them."""
        return [self[name] for name in (*EMPLOYER, *CONTACT)]

    def terms_group(self) -> list[tuple[object, object]]:
        """The terms but for the contact, each with what is declared of it."""
        return [(field, known) for field, known in self.group(OFFER) if known.name not in CONTACT]

    def show_unprintable(self, error: Unprintable) -> None:
        """Put each character that no font has beside the field it was typed into."""
        show_problems(self, Invalid([(field_of(at), text) for at, text in error.problems]))


EMPLOYER = (
    "employer_credit_code",
    "employer_name",
    "employer_kind",
    "employer_industry",
    "employer_location",
    "employer_address",
    "employer_postcode",
    "employer_email",
)
NAMES = (*EMPLOYER, *(field.name for field in ON_PAPER))
REGIONS = ("employer_location", *(field.name for field in ON_PAPER if field.kind == "region"))
EntryForm: Any = type("EntryForm", (_EntryForm,), fields_of(ON_PAPER))


def typed(posted: Mapping[str, str]) -> dict[str, str]:
    """What a draft keeps of a posted form: our fields as texts, empty ones left out."""
    keys = (*NAMES, *(f"{name}_code" for name in REGIONS))
    texts = {key: clean_line(posted.get(key) or "")[:LONGEST] for key in keys}
    return {key: text for key, text in texts.items() if text}


def form_of(values: Mapping[str, str], year: int) -> object:
    """The form of a graduate of that year as it was saved; it can be validated like a posted one."""
    return EntryForm(MultiDict(values), years=[year], meta={"csrf": False})


def field_of(place: str) -> str:
    """The form's field from which a place of the printed agreement comes; empty for others."""
    part, _dot, name = place.partition(".")
    if part == "employer":
        return (
            name if name in CONTACT else f"employer_{name}" if f"employer_{name}" in NAMES else ""
        )
    return next((field.name for field in ON_PAPER if field.place == place), "")
