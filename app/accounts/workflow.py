"""The rules of signing in: who may try how often, what a wrong try costs, setting passwords (ACC-09)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts import one_time, passwords, queries, security_log
from app.accounts.hooks import CONTACTS
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.core.text import clean_code
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

QUARTER = timedelta(minutes=15)
WRONG_HERE = Limit("sign-in", 5, QUARTER)  # one identifier from one address
WRONG_ANYWHERE = Limit("sign-in-id", 30, QUARTER)  # one identifier from all addresses
WRONG_ADDRESS = Limit("sign-in-address", 300, QUARTER)  # one address: a campus shares one
FORGOTTEN_HERE = Limit("forgotten-id", 5, QUARTER)  # one identifier from one address
FORGOTTEN_ADDRESS = Limit("forgotten", 300, QUARTER)  # one address: a campus shares one

RESET = "password"


def signed_in(typed: str, school_code: str, password: str, address: str) -> AppUser:
    """The account, when identifier and password are right; failures are counted and committed.

    Raises Refused when locked out, Invalid (field ``who``) otherwise, the same for an unknown
    account and a wrong password. Costs one password check in either case.
    """
    key = clean_code(typed)
    if (
        WRONG_HERE.used_up(key, school_code, address)
        or WRONG_ANYWHERE.used_up(key, school_code)
        or WRONG_ADDRESS.used_up(address)
    ):
        raise Refused(_("Too many wrong tries. Wait 15 minutes, or set a new password by code."))
    user = queries.account_for(typed, school_code)
    if passwords.matches(user.password if user else None, password) and user is not None:
        WRONG_HERE.forget(key, school_code, address)
        user.last_login, user.login_count = clock.local_naive(), (user.login_count or 0) + 1
        db.session.commit()
        return user
    for limit, who in (
        (WRONG_HERE, (key, school_code, address)),
        (WRONG_ANYWHERE, (key, school_code)),
        (WRONG_ADDRESS, (address,)),
    ):
        limit.take(*who)
    raise Invalid([("who", _("Account or password is wrong."))])


def change_password(user: AppUser, old: str, new: str, again: str) -> None:
    """Set a new password after the old one was given; ends every session. Not committed."""
    if not passwords.matches(user.password, old):
        raise Invalid([("old", _("This is not your old password."))])
    set_password(user, new, again)


def set_password(user: AppUser, new: str, again: str) -> None:
    """Set a password and sign the account out everywhere. Not committed."""
    problem = passwords.weakness(new, user.username, user.last_name + user.first_name)
    if problem:
        raise Invalid([("password", problem)])
    if new != again:
        raise Invalid([("again", _("The two new passwords differ."))])
    user.password, user.must_change_password = passwords.hashed(new), False
    queries.end_all_sessions(user.id)


def may_ask(typed: str, school_code: str, address: str) -> bool:
    """Whether a code for a forgotten password may be asked for once more; counted and committed."""
    here = FORGOTTEN_HERE.take(clean_code(typed), school_code, address)
    return FORGOTTEN_ADDRESS.take(address) and here


def send_reset(user: AppUser | None) -> None:
    """Send a code to the account's phone or e-mail; silent where there is none, so nothing is told."""
    contact = contact_of(user) if user else None
    if user is None or contact is None:
        return
    try:
        one_time.send(f"user:{user.id}", RESET, *contact)
    except Refused:
        db.session.rollback()  # asked too often: the answer stays the same for everybody


def contact_of(user: AppUser) -> tuple[str, str] | None:
    """Where a code reaches the account: (channel, address)."""
    found = CONTACTS.get(Role(user.role or ""))
    if found is not None:
        return found(user)
    return None if user.email.endswith("@invalid") else (mail.MAIL, user.email)


def reset(user: AppUser | None, code: str, new: str, again: str) -> None:
    """Set a new password by code, and commit. Raises Invalid: of a code that is not right one sentence.

    What is wrong with the password is said to whoever has the code; it stays good for another try.
    """
    wrong = Invalid(
        [("code", _("This code is wrong, used up or too old. Check it, or ask for a new one."))]
    )
    if user is None:
        raise wrong
    try:
        one_time.check(f"user:{user.id}", RESET, code)
    except Invalid as error:
        raise wrong from error
    try:
        set_password(user, new, again)
    except Invalid:
        db.session.rollback()
        raise
    db.session.commit()


def switch(user: AppUser, active: bool, actor: Actor) -> None:
    """Let the account sign in, or no longer, and commit; ended sessions are ended at once (ADM-01).

    Raises Refused for one's own account: an installation always keeps an administrator.
    """
    if user.id == actor.user_id:
        raise Refused(_("You cannot switch off your own account."))
    if user.active == active:
        return
    user.active = active
    trace(user, "activate" if active else "deactivate", actor)
    security_log.note("activate" if active else "deactivate", user=user, who=actor)
    if not active:
        queries.end_all_sessions(user.id)
    db.session.commit()


def sign_out_everywhere(user: AppUser, actor: Actor) -> None:
    """End every session of the account and commit (ACC-09)."""
    queries.end_all_sessions(user.id)
    trace(user, "sign_out", actor)
    security_log.note("sign_out_everywhere", user=user, who=actor)
    db.session.commit()


def trace(user: AppUser, step: str, actor: Actor, details: dict[str, Any] | None = None) -> None:
    """An administrator's act on an account leaves its row (ADM-07)."""
    db.session.add(
        Trail(
            kind="account", record_id=user.id, school_id=user.school_id, step=step, from_state=None,
            to_state="active" if user.active else "inactive", actor_id=actor.user_id,
            actor_role=actor.role, actor_name=actor.name, address=actor.address,
            device=actor.device[:200], device_id=actor.device_id, details=details or {}, at=clock.now(),
        )
    )  # fmt: skip


__all__ = ["change_password", "may_ask", "reset", "send_reset", "set_password",
           "sign_out_everywhere", "signed_in", "switch", "trace"]  # fmt: skip
