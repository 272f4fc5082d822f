"""The forms by which a person proves itself and changes its own mail."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.core.forms import EMAIL, MISSING, ONE_TIME, line


class OwnProofForm(FlaskForm):
    """The person itself, by its password or by a code to its present contact (`own_contacts.proved`)."""

    password = PasswordField(
        _l("Your password"), [Length(max=128)], render_kw={"autocomplete": "current-password"}
    )
    old_code = StringField(
        _l("Code from the present contact"), [Length(max=60)], render_kw=ONE_TIME
    )


class MailForm(OwnProofForm):
    """Another e-mail of the person's own, with the code sent to it."""

    email = line(
        _l("New e-mail"), 120, EMAIL, render_kw={"inputmode": "email", "autocomplete": "email"}
    )
    code = StringField(
        _l("Code from the new address"), [DataRequired(MISSING), Length(max=60)], render_kw=ONE_TIME
    )
