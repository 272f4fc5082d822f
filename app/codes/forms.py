"""The field for a region: one box to search in, with a hidden code that a script fills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput, html_params

from app.codes import labels
from app.codes.queries import names_for
from app.codes.regions import region_code, region_name
from app.core.forms import MISSING
from app.core.printable import refusal
from app.core.text import clean_line

MOST = 80


class RegionInput(TextInput):
    """The box and its hidden code; without a script the name alone is enough."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        target = f"{field.name}_code"
        kwargs.setdefault("data-qq-region", url_for("RegionView.find"))
        kwargs |= {"data-qq-target": target, "maxlength": MOST, "autocomplete": "off"}
        code = html_params(type="hidden", name=target, value=field.data or "")
        box = super().__call__(field, **kwargs)
        return Markup("{}<input {}>").format(box, Markup(code))  # noqa: S704 (html_params escapes)


class RegionField(Field):
    """A region: its data is the six-digit code. What is typed counts where no code came with it."""

    widget = RegionInput()
    data: Any

    def __init__(self, label: object, *, required: bool = True, **kwargs: object) -> None:
        super().__init__(label, [_Known() if required else _KnownIfTyped()], **kwargs)
        self.typed = ""

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Take name and code; a code whose name was changed by hand no longer counts."""
        super().process(formdata, *args, **kwargs)
        if formdata is None:
            self.typed = region_name(self.data) if self.data else ""
            return
        self.typed = clean_line(formdata.get(self.name) or "")[:MOST]
        code = clean_line(formdata.get(f"{self.name}_code") or "")[:6]
        known = bool(code) and region_name(code) == self.typed != code
        self.data = code if known else region_code(self.typed)

    def process_formdata(self, valuelist: list[str]) -> None:
        """`process` has both values."""

    def _value(self) -> str:
        return self.typed


class _Known:
    field_flags = {"required": True}  # noqa: RUF012 (WTForms' own convention)

    def __call__(self, form: FlaskForm, field: RegionField) -> None:  # noqa: ARG002
        if field.data:
            return
        if not field.typed:
            raise ValidationError(str(MISSING))
        unprintable = refusal(field.typed)
        raise ValidationError(
            unprintable or _("No single region has this name. Choose one from the list.")
        )


class _KnownIfTyped(_Known):
    field_flags = {}  # noqa: RUF012 (WTForms' own convention)

    def __call__(self, form: FlaskForm, field: RegionField) -> None:
        if field.typed:
            super().__call__(form, field)


def options(
    table: str, leave_out: frozenset[str] = frozenset(), years: Collection[int] = ()
) -> list[tuple[str, str]]:
    """The choices of a select field of one code table, an empty one first.

    They are those that count for graduates of all these years; without one, of the next (PLN-11).
    """
    found = names_for(table, years)
    known = [pair for pair in labels.choices(found, table) if pair[0] not in leave_out]
    return [("", _("Please choose")), *known]


class OpenRegion(RegionField):
    """A region that may be left open; what is typed must be known."""

    validators: Any

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        [known] = self.validators
        self.validators = [lambda form, field: known(form, field) if field.typed else None]
        self.flags.required = False
