"""A person's own mail, changed by itself: proved, told to old and new, traced (ACC-12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import contacts, holds, one_time, passwords, reach, security_log, warnings
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import SELF
from app.accounts.identifiers import email_taken
from app.accounts.models import AppUser
from app.accounts.one_mail import write_mail
from app.accounts.queries import actor_of
from app.accounts.resetting import contact_of
from app.core import clock, mail
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.workflow.actor import Actor
from app.workflow.engine import committed
from app.workflow.locks import lock_row

GUESSES = Limit("own-password", 5, timedelta(minutes=15))  # of one account, on its own pages
MAILS = Limit(
    "own-mail", 10, timedelta(hours=1)
)  # codes that one account has sent to new addresses

# what a person proves itself for by its password, or by a code to its present contact
WHYS = {"mail": _l("To change your e-mail"), "copy": _l("To download a copy of your data")}


def ask_mail_code(user: AppUser, email: str) -> tuple[str, str]:
    """Send the code that proves a new address to it, and commit; where it goes. Raises Invalid, Refused."""
    _may_change_mail(user, email)
    if not MAILS.take(user.id):
        raise Refused(_("Too many codes were sent. Please try again in an hour."))
    one_time.send(
        f"user:{user.id}", _mail_purpose(email), mail.MAIL, email, act=_("To confirm this address")
    )
    return mail.MAIL, email


def ask_own_code(user: AppUser, why: str) -> tuple[str, str]:
    """Send a code for one of WHYS to the contact that the account has, and commit; where it went."""
    contact = contact_of(user)
    if contact is None:
        raise Refused(_("No phone or e-mail is on record. Ask the employment office."))
    one_time.send(f"user:{user.id}", f"{why}:old", *contact, act=str(WHYS[why]))
    return contact


def masked_contact(user: AppUser) -> str:
    """Where such a code goes; empty where nothing is on record."""
    contact = contact_of(user)
    return str(vars(ContactChange)["old"].mask(contact[1])) if contact else ""


def change_mail(user: AppUser, email: str, code: str, password: str, old_code: str) -> None:
    """Another mail of the person's own, and commit (ACC-12, ACC-15).

    The new address is proved by its code, the person by password or by a code to its present contact.
    Raises Invalid, Refused.
    """

    def act() -> None:
        flow, key = holds.record_of(user)
        lock_row(flow.model, key)
        _may_change_mail(user, email)
        _checked("code", _mail_purpose(email), user, code)
        keep_mail(user, db.session.get_one(flow.model, key), email, actor_of(user))

    proved(user, "mail", password, old_code, act)


def proved(user: AppUser, why: str, password: str, code: str, act: Callable[[], None]) -> None:
    """Do and commit `act`, one of WHYS, for who has the password or the code sent to the present contact.

    Raises Invalid naming `password` or `old_code`, Refused after too many wrong passwords.
    """

    def once() -> None:
        if code.strip():
            _checked("old_code", f"{why}:old", user, code)
        elif not passwords.matches(user.password, password):
            raise Invalid([("password", _("This is not your password."))])
        act()

    if not code.strip() and not GUESSES.take(user.id):
        raise Refused(_("Too many wrong tries. Please wait 15 minutes."))
    committed(once)
    GUESSES.forget(user.id)
    db.session.commit()


def _mail_purpose(email: str) -> str:
    return f"mail:{cipher().blind_index('new-mail', email.lower()).hex()[:32]}"


def _checked(field: str, purpose: str, user: AppUser, code: str) -> None:
    try:
        one_time.check(f"user:{user.id}", purpose, code)
    except Invalid as error:
        raise Invalid([(field, text) for _place, text in error.problems]) from error


def _may_change_mail(user: AppUser, email: str) -> None:
    refusal = holds.not_held(actor_of(user), clock.now())
    if refusal:
        raise Refused(refusal)
    if email.lower() == user.email.lower():
        raise Invalid([("email", _("This is the address on record already."))])
    if email_taken(email, but=user.id):
        raise Invalid([("email", _("Another account uses this e-mail address."))])


def keep_mail(user: AppUser, record: Any, email: str, who: Actor) -> None:
    """Write another mail address of the person's own, told to the old and the new. Not committed.

    `email` is nobody else's, and proved by its own code unless it is the first one.
    """
    old = user.email if reach.has_mail(user) else None
    if old == email:
        write_mail(user, record, email)
        contacts.adopt(user, clock.now())
        return
    write_mail(user, record, email)
    contacts.note_change(contacts.changed(user, mail.MAIL, old, email, SELF, who))
    security_log.note("mail_changed" if old else "mail_set", user=user, who=who)
    if old is None:
        return
    flow, key = holds.record_of(user)
    flow.apply("change_mail", key, who)
    now = clock.now()
    warnings.warn(
        user,
        f"mail:{user.id}:{now.isoformat()}",
        _("The e-mail of your account was changed"),
        _(
            "The e-mail of %(name)s was changed on its own page to %(email)s. If it was not you, call the "
            "employment office of your school at once.",
            name=record.name,
            email=vars(ContactChange)["new"].mask(email),
        ),
    )
