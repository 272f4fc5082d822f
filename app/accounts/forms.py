"""The forms of sign-in and passwords."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

MISSING = _l("Please fill this in.")


class SignInForm(FlaskForm):
    """Who, and the password; the school only with a student number."""

    who = StringField(
        _l("Account"),
        [DataRequired(MISSING), Length(max=120)],
        description=_l("User name, student number, ID number, credit code, phone or e-mail"),
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )
    school = SelectField(
        _l("School"),
        choices=[],
        validate_choice=False,
        description=_l("Only with a student number"),
    )


class ForgottenForm(FlaskForm):
    """Whose password is to be set anew."""

    who = StringField(_l("Account"), [DataRequired(MISSING), Length(max=120)])
    school = SelectField(
        _l("School"),
        choices=[],
        validate_choice=False,
        description=_l("Only with a student number"),
    )


class NewPasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _l("New password"),
        [DataRequired(MISSING), Length(max=128)],
        description=_l("At least 10 characters, with letters and digits"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password again"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "new-password"},
    )


class ResetForm(NewPasswordForm):
    """The code that was sent, and the new password."""

    code = StringField(
        _l("Code"),
        [DataRequired(MISSING), Length(max=12)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


class ChangeForm(NewPasswordForm):
    """The old password, and the new one twice."""

    old = PasswordField(
        _l("Old password"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )
