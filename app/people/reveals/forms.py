"""What a whole number is needed for."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from app.accounts.log_words import PURPOSES
from app.core.forms import line
from app.people.reveals.workflow import PURPOSE


class PurposeForm(FlaskForm):
    """One of the usual purposes, or another in words."""

    purpose = SelectField(
        _l("What for"), choices=lambda: [(k, str(v)) for k, v in PURPOSES.items()]
    )
    words = line(_l("In words, where it is another purpose"), PURPOSE, required=False)
