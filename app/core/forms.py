"""What forms share: bringing a rule's sentence to its field, cleaned lines, fields that depend.

Every text field of every form is cleaned and asked whether documents can print it (DOC-07), and every
number and day is read as a Chinese keyboard writes it (F-11): `install` sees to that, not the forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, g, has_request_context, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    Field,
    HiddenField,
    PasswordField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    Optional,
    StopValidation,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from app.core import checks, emails, printable
from app.core.errors import Invalid, Refused
from app.core.text import clean_code, clean_day, clean_line, clean_lines

MISSING = _l("Please fill this in.")
TOO_LONG = _l("At most %(max)d characters.")


def show_problems(form: FlaskForm, error: Invalid | Refused) -> None:
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

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if (form[self.other].data or "") in self.unless:
            field.data, field.errors = None, []
            raise StopValidation
        if not field.data:
            raise StopValidation(str(MISSING))


class Checked:
    """The text passes a pure check; `sentence` says what it should look like, `clean` how it is folded."""

    def __init__(
        self,
        check: Callable[[str], bool],
        sentence: object,
        clean: Callable[[str], str] | None = None,
    ) -> None:
        self.check, self.sentence, self.clean = check, sentence, clean

    def __call__(self, form: FlaskForm, field: Field) -> None:  # noqa: ARG002
        if field.data and not self.check(field.data):
            raise ValidationError(str(self.sentence))


class Email(Checked):
    """An e-mail address; where a slip is likely it asks once, and takes what is sent again (F-11)."""

    ASKED = "email_asked"  # in the session: the address that was doubted last

    def __init__(self) -> None:
        super().__init__(emails.is_email, NO_EMAIL, emails.clean_email)

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Refuse what is none; doubt what is probably another."""
        super().__call__(form, field)
        sentence = doubt(field.data or "")
        if sentence and has_request_context() and session.get(self.ASKED) != field.data:
            session[self.ASKED] = field.data
            raise ValidationError(sentence)


NO_EMAIL = _l("This is not an e-mail address: letters and digits only, such as name@example.com.")


def doubt(text: str) -> str:
    """What is asked before an address is taken that is probably a slip; empty for all others."""
    if not text:
        return ""
    if instead := emails.meant(text):
        return _(
            "Did you mean %(meant)s? If %(typed)s is right, send it once more.",
            meant=instead,
            typed=text,
        )
    if not emails.known_end(text):
        return _(
            "No address on the internet ends in .%(end)s. If it is right all the same, send it once more.",
            end=text.rpartition(".")[2],
        )
    return ""


class Ticks(SelectMultipleField):
    """Some of a short list, as boxes to tick; its data is a list."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Line(StringField):
    """A line that still shows what was typed into it where `OnlyIf` says that it does not count.

    The form may be refused for another reason: without script everything is visible, and no word is lost.
    """

    def _value(self) -> str:
        typed = self.raw_data[0] if self.data is None and self.raw_data else self.data
        return str(typed or "")


def line(
    label: Any,
    most: int,
    *checks: Any,
    required: bool = True,
    clean: Callable[[str], str] | None = None,
    **more: Any,
) -> Any:
    """A line of text without control or invisible characters, of at most `most` characters.

    It is folded as its checks say, unless `clean` does. Whether it is required is left to `checks`
    where they begin with an `OnlyIf`.
    """
    depends = [check for check in checks if isinstance(check, OnlyIf)]
    first = depends or [DataRequired(MISSING) if required else Optional()]
    rest = [check for check in checks if check not in depends]
    ways = (getattr(check, "clean", None) for check in rest)
    fold = clean or next((way for way in ways if way), clean_line)
    keys = {"maxlength": most, **more.pop("render_kw", {})}
    return Line(
        label,
        [*first, Length(max=most, message=TOO_LONG), *rest],
        filters=[lambda text: fold(text) if text else ""],
        render_kw=keys,
        **more,
    )


# -- what holds for every field of every form -------------------------------------------------------

FIRST = (DataRequired, InputRequired, Optional, OnlyIf)  # whether the field counts at all
SIGN_IN = (
    "username",
    "one-time-code",
    "current-password",
)  # what no document carries: left as typed


class Printable:
    """The text can be printed; what was mended on the way is said (DOC-07)."""

    def __call__(self, form: FlaskForm, field: Field) -> None:  # noqa: ARG002
        """Name the field, the character, and what to write instead."""
        text = field.data
        if not isinstance(text, str):
            return
        say_mended(str(field.label.text), (field.raw_data or [""])[0], text)
        if sentence := printable.refusal(text):
            raise StopValidation(sentence)


LONGEST_SAID = 7  # digits that are repeated: messages lie in the browser, personal numbers must not


def say_mended(label: str, typed: object, kept: str) -> None:
    """Tell the person once that something else is kept than was typed; blanks and case are not said."""
    if not isinstance(typed, str) or not kept or _bare(typed) == _bare(kept):
        return
    said = _("“%(field)s” was read as: %(text)s", field=label, text=kept[:80])
    if sum(char.isdigit() for char in kept) > LONGEST_SAID:
        said = _("“%(field)s” was read in plain letters and digits, without blanks.", field=label)
    if pairs := printable.replaced(typed):
        said = _(
            "“%(field)s”: the private character %(code)s was replaced by “%(char)s”.",
            field=label,
            code=printable.code_of(pairs[0][0]),
            char=pairs[0][1],
        )
    if has_request_context() and said not in g.setdefault("mended", []):
        g.mended.append(said)
        flash(said, "info")


def say_all_mended(form: FlaskForm) -> None:
    """As `say_mended` for each text of a posted form that is kept half-filled, without its checks."""
    for field in form:
        if printed(field) and isinstance(field.data, str):
            say_mended(str(field.label.text), (field.raw_data or [""])[0], field.data)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()


def printed(field: Field) -> bool:
    """Whether what is typed into a field may come to stand in a document."""
    if not isinstance(field, StringField) or isinstance(field, HiddenField | PasswordField):
        return False
    return (field.render_kw or {}).get("autocomplete") not in SIGN_IN


def install() -> None:
    """Ask every text of every form, whoever declares it; read its numbers and days as they are typed."""
    FlaskForm.Meta.bind_field = _bound


def _bound(_meta: object, form: FlaskForm, unbound: Any, options: Mapping[str, object]) -> object:
    field = unbound.bind(form=form, **options)
    if printed(field):
        _ask(field)
    elif isinstance(field, DateField):
        read = field.process_formdata
        field.process_formdata = lambda texts: read([clean_day(text[:200]) for text in texts])
    return field


def _ask(field: Field) -> None:
    """Clean the text where the form does not; ask before its own checks, after whether it counts."""
    if not field.filters:
        clean = clean_lines if isinstance(field, TextAreaField) else clean_line
        field.filters = [lambda text: clean(text) if text else text]
    checks = list(field.validators)
    place = next((n for n, c in enumerate(checks) if not isinstance(c, FIRST)), len(checks))
    field.validators = [*checks[:place], Printable(), *checks[place:]]


PHONE = Checked(
    checks.is_phone,
    _l("This is not a telephone number: 11 digits, or with area code."),
    clean_code,
)
POSTCODE = Checked(checks.is_postcode, _l("A postcode has six digits."), clean_code)
EMAIL = Email()

ONE_TIME = {"inputmode": "numeric", "autocomplete": "one-time-code"}
TEL = {"inputmode": "tel", "autocomplete": "tel"}
