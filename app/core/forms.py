"""What forms share: bringing a rule's sentence to its field, cleaned lines, fields that depend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional, StopValidation, ValidationError

from app.core.errors import Invalid, Refused
from app.core.text import clean_line

MISSING = _l("Please fill this in.")
TOO_LONG = _l("At most %(max)d characters.")


def show_problems(form: Any, error: Invalid | Refused) -> None:
    """Put each problem beside its field; what belongs to no field stands above the form."""
    problems = error.problems if isinstance(error, Invalid) else [("", str(error))]
    for place, sentence in problems:
        field = form._fields.get(place)
        if field is None:
            form.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]


class OnlyIf:
    """The field counts only while another field's value is none of `unless`; else it becomes None.

    Where it counts it is required; a page without script always shows it, with its star.
    """

    field_flags = {"required": True}  # noqa: RUF012 (WTForms' own convention)

    def __init__(self, other: str, *unless: str) -> None:
        self.other, self.unless = other, ("", *unless)

    def __call__(self, form: Any, field: Any) -> None:
        if (form[self.other].data or "") in self.unless:
            field.data, field.errors = None, []
            raise StopValidation
        if not field.data:
            raise StopValidation(str(MISSING))


class Checked:
    """The text passes a pure check; `sentence` says what it should look like."""

    def __init__(self, check: Callable[[str], bool], sentence: Any) -> None:
        self.check, self.sentence = check, sentence

    def __call__(self, form: Any, field: Any) -> None:  # noqa: ARG002
        if field.data and not self.check(field.data):
            raise ValidationError(str(self.sentence))


def line(
    label: Any,
    most: int,
    *checks: Any,
    required: bool = True,
    clean: Callable[[str], str] = clean_line,
    **more: Any,
) -> Any:
    """A line of text without control or invisible characters, of at most `most` characters.

    Whether it is required is left to `checks` where they begin with an `OnlyIf`.
    """
    depends = [check for check in checks if isinstance(check, OnlyIf)]
    first = depends or [DataRequired(MISSING) if required else Optional()]
    rest = [check for check in checks if check not in depends]
    keys = {"maxlength": most, **more.pop("render_kw", {})}
    return StringField(
        label,
        [*first, Length(max=most, message=TOO_LONG), *rest],
        filters=[lambda text: clean(text) if text else ""],
        render_kw=keys,
        **more,
    )
