"""The account of an employer: what it signs in by, and whose these are already (ACC-03)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import passwords
from app.accounts.identifiers import email_taken, identify, identify_if_free
from app.accounts.models import AppUser
from app.core.db import db
from app.core.errors import Invalid
from app.people.employers.models import Employer, EmployerState
from app.workflow.actor import Role

S = EmployerState


SAME_CODE = _l(
    "This credit code is registered already. Sign in with it; if your organisation did not "
    "register, ask the employment office of a school."
)

SAME_EMAIL = _l("This e-mail belongs to another account. Please use another one.")


def credit_code_taken(code: str, *, but: int | None = None) -> bool:
    """Whether another employer has this code; one on the register bars only a record that exists, `but`."""
    wanted = select(Employer.id).where(Employer.credit_code == code, Employer.id != (but or 0))
    if but is None:
        wanted = wanted.where(Employer.state != S.LISTED)
    return db.session.scalar(wanted) is not None


def check_new(values: dict[str, Any], password: str, again: str) -> None:
    """Raise Invalid with all that is wrong of a new account: code and mail of another, a weak password."""
    problems = []
    if credit_code_taken(values["credit_code"]):
        problems.append(("credit_code", str(SAME_CODE)))
    if email_taken(values["email"]):
        problems.append(("email", str(SAME_EMAIL)))
    weak = passwords.weakness(password, values["credit_code"], values["name"])
    if weak:
        problems.append(("password", weak))
    elif password != again:
        problems.append(("again", _("The two new passwords differ.")))
    if problems:
        raise Invalid(problems)


def open_account(values: dict[str, Any], password: str) -> AppUser:
    """The account, not yet signed in; it signs in by its credit code first. Not committed."""
    user = AppUser(
        username=values["credit_code"],
        first_name="",
        last_name=values["name"][:60],
        email=values["email"],
        role=Role.EMPLOYER,
        active=True,
        password=passwords.hashed(password),
    )
    db.session.add(user)
    db.session.flush()
    return user


def keep_identifiers(user: AppUser, values: dict[str, Any]) -> None:
    """Credit code, phone and e-mail sign in (ACC-03); what another account has stays its own."""
    identify(user, "username", user.username)
    identify(user, "credit_code", values["credit_code"])
    identify_if_free(user, "phone", values["contact_phone"])
    identify_if_free(user, "email", values["email"])
