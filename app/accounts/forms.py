"""The forms of sign-in and passwords."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.accounts.models import ROLE_NAMES
from app.core.forms import Email, line
from app.core.names import clean_contact
from app.core.registry import stores
from app.workflow.actor import STAFF

MISSING = _l("Please fill this in.")


def _school_field() -> SelectField:
    """Which school a student number is of; the page fills in the schools."""
    return SelectField(
        _l("School"),
        choices=[],
        validate_choice=False,
        description=_l("Only with a student number"),
    )


class SignInForm(FlaskForm):
    """Who, and the password; the school only with a student number."""

    who = StringField(
        _l("Account"),
        [DataRequired(MISSING), Length(max=120)],
        description=_l(
            "User name, student number, number of the identity document, credit code, phone or e-mail"
        ),
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )
    school = _school_field()


class ForgottenForm(FlaskForm):
    """Whose password is to be set anew."""

    who = StringField(
        _l("Account"),
        [DataRequired(MISSING), Length(max=120)],
        render_kw={"autocomplete": "username"},
    )
    school = _school_field()


class NewPasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _l("New password"),
        [DataRequired(MISSING), Length(max=128)],
        description=_l(
            "At least 10 characters with letters and digits, or 15 of any kind: a sentence of your own"
        ),
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
        _l("Verification code"),
        [DataRequired(MISSING), Length(max=60)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


class ChangeForm(NewPasswordForm):
    """The old password, and the new one twice."""

    old = PasswordField(
        _l("Old password"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )


class StaffForm(DynamicForm):
    """A member of staff: whom the account is for, and how far it sees (ADM-01)."""

    name = line(_l("Name"), 60, clean=clean_contact)
    email = line(
        _l("E-mail"),
        120,
        Email(),
        description=_l("Codes for setting a password are sent to it."),
        render_kw={"inputmode": "email"},
    )
    role = SelectField(_l("Role"), [DataRequired(MISSING)])
    school_id = SelectField(
        _l("School"),
        coerce=int,
        description=_l("Data staff without a school see all schools."),
    )
    college_id = SelectField(_l("College"), coerce=int)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [("", _l("Please choose"))] + [
            (role.value, name) for role, name in ROLE_NAMES.items() if role in STAFF
        ]
        schools = {int(key): name for key, name in stores().all_schools()}
        self.school_id.choices = [(0, "—"), *schools.items()]
        self.college_id.choices = [(0, "—")] + [
            (key, f"{schools.get(school, '')} {name}")
            for school, key, name in stores().all_colleges()
        ]

    @classmethod
    def refresh(cls, obj: Any = None) -> StaffForm:
        """The form of an account as it stands."""
        if obj is None:
            return cls()
        facts = {"name": obj.display_name, "email": obj.email, "role": obj.role}
        return cls(
            data=facts | {"school_id": obj.school_id or 0, "college_id": obj.college_id or 0}
        )

    def values(self) -> dict[str, Any]:
        """What is to be written."""
        names = ("username", "name", "email", "role", "school_id", "college_id")
        return {name: self[name].data for name in names if name in self}


class NewStaffForm(StaffForm):
    """The same with the user name, which stays."""

    username = line(
        _l("User name"),
        32,
        description=_l("The person signs in with it; it cannot be changed."),
        render_kw={"autocapitalize": "none", "autocomplete": "off"},
    )
