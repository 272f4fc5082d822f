"""What an export is asked with: format, columns, whole numbers, purpose."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField

from app.core.forms import OnlyIf, line
from app.files.exports.models import FORMATS, HINTS, Format

LISTS = (Format.XLSX, Format.CSV, Format.DBF, Format.ANALYSIS)


class ExportForm(FlaskForm):
    """The part that every export has; `uid` is the form's own name: sent twice it asks once."""

    uid = HiddenField()
    format = RadioField(_l("Format"), default=Format.XLSX)
    clear = BooleanField(_l("With whole ID and phone numbers"))
    purpose = line(
        _l("Purpose"),
        200,
        OnlyIf("clear"),
        description=_l("It is kept with your name, the time and the number of rows."),
    )

    def __init__(
        self, *args: object, formats: tuple[Format, ...] = LISTS, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)
        self.format.choices = [(form.value, FORMATS[form]) for form in formats]
        self.uid.data = self.uid.data or uuid4().hex

    def hints(self) -> list[object]:
        """What is true of the formats to choose from."""
        return [HINTS[Format(form)] for form, _label in self.format.choices]


class ListForm(ExportForm):
    """A list: the columns it shows, or all that there are."""

    list = HiddenField()
    query = HiddenField()
    columns = RadioField(_l("Which columns"), default="shown")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns.choices = [
            ("shown", _l("Those that the list shows now")),
            ("all", _l("All")),
        ]
