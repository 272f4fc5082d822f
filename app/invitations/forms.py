"""The forms of the employer's composer: the four-field search, the letter made from the terms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, ValidationError

from app.codes.forms import RegionField, options
from app.core import clock
from app.core.forms import MISSING, OnlyIf, line
from app.core.text import clean_name
from app.invitations.workflow import days_refused
from app.people.forms import NOT_FOR_EMPLOYERS, PHONE, POSTCODE, TEL
from app.people.models import Employer, School
from app.people.queries import active_schools
from app.terms.models import ARCHIVE, FIELDS, HOUSEHOLD, NOT_RECEIVED, OFFER, Field, Terms

DEFAULTS = {"reply_days": 5, "breach_penalty": 0, "household_kind": NOT_RECEIVED}
FROM_PROFILE = (*(f.name for f in FIELDS if f.group in (ARCHIVE, HOUSEHOLD)), "contact_name")


class SearchForm(FlaskForm):
    """The four fields that must all be right (INV-01)."""

    school = SelectField(_l("School"), [DataRequired(MISSING)])
    year = SelectField(_l("Graduation year"), [DataRequired(MISSING)])
    name = line(_l("Name of the student"), 60, clean=clean_name, render_kw={"autocomplete": "off"})
    number = line(_l("ID number or phone"), 30, render_kw={"autocomplete": "off"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        empty = ("", _("Please choose"))
        self.school.choices = [empty, *active_schools()]
        now = clock.today().year
        self.year.choices = [empty, *((str(y), str(y)) for y in range(now + 5, now - 4, -1))]


class Numbers(IntegerField):
    """A whole number; anything else is said in our words."""

    def __init__(self, label: Any, validators: Any, **kwargs: Any) -> None:
        super().__init__(
            label, validators, invalid_value_message=_l("Please enter a whole number."), **kwargs
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Nothing longer than any of our numbers is even tried."""
        super().process_formdata([text.strip()[:12] for text in valuelist])


def not_in_the_past(form: Any, field: Any) -> None:  # noqa: ARG001 (the shape of a validator)
    """Nobody can report for work yesterday; ten years ahead is a slip of the keyboard."""
    today = clock.today()
    if field.data and field.data < today:
        raise ValidationError(_("This day is in the past."))
    if field.data and field.data > today + timedelta(days=3653):
        raise ValidationError(_("This day is too far ahead."))


class _LetterForm(FlaskForm):
    """One letter for one or many students of one position; its fields are the terms' (INV-05)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in FIELDS:
            if field.kind == "code":
                leave_out = NOT_FOR_EMPLOYERS.get(field.table, frozenset())
                self[field.name].choices = options(field.table, leave_out)

    def values(self) -> dict[str, Any]:
        """The values of a version of the terms; details that do not count are None."""
        return {field.name: self[field.name].data for field in FIELDS}

    def posted(self) -> list[tuple[str, str]]:
        """Names and values as the form posted them: for the preview, which sends them again."""
        pairs = []
        for field in self:
            if field.name != "csrf_token" and field.data is not None:
                text = field._value() if hasattr(field, "_value") else field.data
                pairs.append((field.name, text))
                if field.type == "RegionField":
                    pairs.append((f"{field.name}_code", field.data))
        return pairs

    def group(self, name: str) -> list[tuple[Any, Field]]:
        """The form's fields of one group, each with what is declared of it."""
        return [(self[field.name], field) for field in FIELDS if field.group == name]

    def allowed_by(self, schools: Iterable[School]) -> bool:
        """Whether every school allows the days; what one does not stands at the field (ADM-05)."""
        asked = (days_refused(school, self.reply_days.data) for school in schools)
        problems = [sentence for sentence in asked if sentence]
        self.reply_days.errors = [*self.reply_days.errors, *problems]
        return not problems

    def split(self) -> dict[str, Any]:
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


def _field(field: Field) -> Any:
    """The form field of a declared term."""
    if field.kind == "code":
        return SelectField(field.label, [DataRequired(MISSING)])
    if field.kind == "region":
        return RegionField(field.label)
    if field.kind == "date":
        return DateField(
            field.label,
            [InputRequired(MISSING), not_in_the_past],
            invalid_value_message=_l("Please enter a day, such as 2027-07-01."),
        )
    if field.kind in ("int", "days", "money"):
        bounds = NumberRange(field.low, field.high, _l("Between %(min)s and %(max)s."))
        keys = {"inputmode": "numeric", "min": field.low, "max": field.high, "step": 1}
        return Numbers(
            field.label, [InputRequired(MISSING), bounds], description=field.hint, render_kw=keys
        )
    return _text(field)


def _text(field: Field) -> Any:
    checks: list[Any] = [OnlyIf(field.only_if, NOT_RECEIVED)] if field.only_if else []
    keys: dict[str, Any] = {}
    if field.kind == "phone":
        checks, keys = [*checks, PHONE], TEL
    elif field.kind == "postcode":
        checks, keys = [*checks, POSTCODE], {"inputmode": "numeric"}
    return line(
        field.label, field.length or 6, *checks, description=field.hint, render_kw=dict(keys)
    )


LetterForm: Any = type("LetterForm", (_LetterForm,), {f.name: _field(f) for f in FIELDS})


def beginning(employer: Employer, last: Terms | None) -> dict[str, Any]:
    """What a new letter begins with: the employer's profile, over it the last letter (ACC-08)."""
    found = {**DEFAULTS, **{name: getattr(employer, name) for name in FROM_PROFILE}}
    found |= {"workplace": employer.location, "report_place": employer.address}
    found["contact_phone"] = employer.contact_phone
    if last is not None:
        found |= {f.name: getattr(last, f.name) for f in FIELDS if f.group == OFFER}
        if last.report_by < clock.today():
            found.pop("report_by")
    return found
