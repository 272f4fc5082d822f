"""Before the first factor: the mail on record proves the person, since a password may be stolen (CHN-09)."""

from __future__ import annotations

from flask_babel import gettext as _

from app.accounts import one_time, security_log
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.resetting import contact_of
from app.core.db import db
from app.core.text import mask_email

CONTACT = "second factor"


def reached(user: AppUser) -> str | None:
    """Where the code goes, masked; None where the account has no address yet."""
    contact = contact_of(user)
    return mask_email(contact[1]) if contact else None


def send(user: AppUser) -> None:
    """Send the code, and commit. Raises Refused when asked too often."""
    contact = contact_of(user)
    if contact is not None:
        one_time.send(f"user:{user.id}", CONTACT, *contact, act=str(_("Set up a second factor")))


def check(user: AppUser, code: str) -> None:
    """Use the code up, and commit. Raises Invalid."""
    one_time.check(f"user:{user.id}", CONTACT, code)
    security_log.note("factor_contact", user=user, who=actor_of(user))
    db.session.commit()
