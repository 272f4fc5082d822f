"""Forms made from the declared settings; of a signing window; of a calendar day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation

from app.core import clock
from app.core.forms import MISSING, TOO_LONG, line
from app.core.numbers import WholeField
from app.settings.models import SETTINGS, Settings, Window

GROUPS = (
    (
        _l("Who reviews"),
        (
            "signing_review",
            "offline_review",
            "destination_review",
            "termination_review",
            "review_patience_days",
            "deputy_days",
        ),
    ),
    (
        _l("Inviting and answering"),
        ("cooling_off_hours", "reply_days", "reply_days_most", "amendment_days"),
    ),
    (
        _l("Terminations"),
        ("termination_days", "termination_chances", "forced_online", "forced_by_two"),
    ),
    (_l("The desk"), ("refusal_reasons",)),
    (_l("Proof of who acts"), ("employer_codes",)),
    (_l("Destinations"), ("destinations_open", "destination_name")),
    (
        _l("Full editions of documents"),
        (
            "full_students",
            "full_employers",
            "full_school",
            "full_college",
            "full_data",
            "full_province",
        ),
    ),
    (_l("Signing in"), ("contact_hold_hours",)),
    (_l("Notices"), ("sms_notices",)),
)


NEAR = 731  # days from today that a school corrects
NO_DAY = _l("Please enter a day, such as 2027-07-01.")


class ShortLines:
    """A text of few lines that each fit a button."""

    def __init__(self, most: int, length: int = 100) -> None:
        self.most, self.length = most, length

    def __call__(self, _form: object, field: Field) -> None:
        lines = field.data.splitlines()
        if len(lines) > self.most or any(len(line) > self.length for line in lines):
            raise StopValidation(
                _(
                    "At most %(most)s lines of %(length)s characters each.",
                    most=self.most,
                    length=self.length,
                )
            )


def _field(name: str) -> object:
    about = SETTINGS[name].metadata
    if about["choices"]:
        return SelectField(about["label"], description=about["about"])
    least, most = about["least"], about["most"]
    if about["lines"]:
        length = Length(max=most, message=TOO_LONG)
        return TextAreaField(about["label"], [Optional(), length, ShortLines(about["lines"])],
                             description=about["about"], render_kw={"rows": 5})  # fmt: skip
    in_range = NumberRange(least, most, _l("A whole number from %(min)s to %(max)s."))
    return WholeField(
        about["label"],
        [InputRequired(MISSING), in_range],
        description=about["about"],
    )


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


class SettingsForm(FlaskForm):
    """One field a declared setting; `seen` is the newest change that the person had before it."""

    seen = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, item in SETTINGS.items():
            if item.metadata["choices"]:
                choices = item.metadata["choices"].items()
                self[name].choices = [(_text(value), label) for value, label in choices]

    def seen_before(self) -> int:
        """The newest change that the person had before it; 0 for whatever is no number."""
        text = str(self.seen.data)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    @classmethod
    def of(cls, current: Settings, seen: int) -> SettingsForm:
        """The form with these values, whatever was posted."""
        values = {name: getattr(current, name) for name in SETTINGS}
        return cls(
            formdata=None,
            seen=seen,
            **{
                name: _text(v) if SETTINGS[name].metadata["choices"] else v
                for name, v in values.items()
            },
        )

    def values(self) -> dict[str, Any]:
        """What was chosen, as the settings' own types."""
        found = {}
        for name, item in SETTINGS.items():
            data = self[name].data
            found[name] = data == "1" if isinstance(item.default, bool) else data
            if item.metadata["lines"]:
                found[name] = "\n".join(
                    line.strip() for line in (data or "").splitlines() if line.strip()
                )
        return found

    def validate_reply_days(self, field: Field) -> None:
        """The proposal lies within the bound."""
        most = self["reply_days_most"].data
        if isinstance(field.data, int) and isinstance(most, int) and field.data > most:
            raise StopValidation(_("Not more than the most days to answer."))


for _name in SETTINGS:
    setattr(SettingsForm, _name, _field(_name))


class WindowForm(FlaskForm):
    """From and to of a graduation year; both empty: open at any time."""

    year = SelectField(_l("Graduation year"), [InputRequired(MISSING)])
    opens = DateField(_l("From"), [Optional()], invalid_value_message=NO_DAY)
    closes = DateField(_l("To (this day included)"), [Optional()], invalid_value_message=NO_DAY)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        this = clock.today().year
        self.year.choices = [(str(year), str(year)) for year in range(this + 4, this - 4, -1)]

    @classmethod
    def of(cls, year: str, known: Mapping[int, Window]) -> WindowForm:
        """The form that begins with this year's window; with next year's where none is asked."""
        year = year if year.isascii() and year.isdecimal() else str(clock.today().year + 1)
        found = known.get(int(year[:4]))
        days = {"opens": found.opens, "closes": found.closes} if found else {}
        return cls(formdata=None, year=year, **days)

    def validate(self, extra_validators: Any = None) -> bool:
        """Both days or none, in order."""
        if not super().validate(extra_validators):
            return False
        opens, closes = self.opens.data, self.closes.data
        problem = ""
        if bool(opens) != bool(closes):
            problem = _("Give both days, or none to keep signing open at any time.")
        elif opens and closes < opens:
            problem = _("The window would close before it opens.")
        if problem:
            self.closes.errors = [problem]
        return not problem


class DayForm(FlaskForm):
    """A day against the public calendar."""

    day = DateField(_l("Day"), [InputRequired(MISSING)], invalid_value_message=NO_DAY)
    works = SelectField(_l("This day is"))
    note = line(_l("Note"), 60, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.works.choices = [("0", _l("a free day")), ("1", _l("a working day"))]

    def validate_day(self, field: Field) -> None:
        """A slip of the keyboard would never be noticed."""
        if field.data and abs((field.data - clock.today()).days) > NEAR:
            raise StopValidation(_("This day is too far away: at most two years."))
