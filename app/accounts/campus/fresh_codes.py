"""The fresh code that linking and unlinking a campus account asks for (CHN-08)."""

from __future__ import annotations

from flask_babel import gettext as _

from app.accounts import one_time
from app.accounts.models import AppUser
from app.core import mail
from app.core.errors import Invalid, Refused
from app.core.registry import stores
from app.workflow.actor import Role

RELEASE = "campus-release"
BIND = "campus-bind"


def send_code(user: AppUser, purpose: str) -> tuple[str, str]:
    """A fresh code for binding or releasing; the own contact it went to. Commits. Raises Refused."""
    found = stores().contacts.get(Role(user.role or ""))
    contact = found(user) if found else (mail.MAIL, user.email)
    if contact is None or contact[1].endswith("@invalid"):
        raise Refused(_("No phone or e-mail is on record to which a code could be sent."))
    act = _("Campus sign-in")
    one_time.send(f"user:{user.id}", purpose, *contact, act=act)
    return contact


def check_code(user: AppUser, purpose: str, code: str) -> None:
    """Use the code up. Not committed. Raises Invalid for the field ``code``."""
    if not code.strip():
        raise Invalid([("code", _("Please ask for a code and enter it."))])
    one_time.check(f"user:{user.id}", purpose, code)
