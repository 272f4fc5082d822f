"""The rules of signing in: who may try how often, what a wrong try costs, setting passwords (ACC-09)."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import (
    attempts,
    freezing,
    identifiers,
    living_sessions,
    own_sessions,
    passwords,
    queries,
    security_log,
)
from app.accounts.models import AccountSession, AppUser
from app.accounts.puzzle import PuzzleWanted
from app.accounts.warnings import warn
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import clean_code
from app.workflow import trail
from app.workflow.actor import Actor


def signed_in(
    typed: str, school_code: str, password: str, address: str, *, solved: bool = False
) -> AppUser:
    """The account, when identifier and password are right; each try is counted first (`attempts`).

    Raises Refused when locked out, PuzzleWanted where the address owes a sum (`solved`: it did it), Invalid
    (field ``who``) otherwise, the same for an unknown account and a wrong password. Costs one password
    check and the same statements in either case.
    """
    user = identifiers.account_for(typed, school_code)
    key = user.id if user is not None else 0
    try:
        attempt = attempts.count(user, typed, address, solved=solved)
    except Refused as refusal:
        why = "puzzle" if isinstance(refusal, PuzzleWanted) else "locked"
        security_log.note("sign_in", user=user, outcome=security_log.DENIED, reason=why)
        db.session.commit()
        raise
    user = db.session.get(AppUser, key, populate_existing=True)  # read anew, or looked for in vain
    if passwords.matches(user.password if user else None, password) and user is not None:
        attempt.was_right()
        freezing.refuse_frozen(user)  # said to whoever knows the password only
        user.last_login, user.login_count = clock.local_naive(), (user.login_count or 0) + 1
        db.session.commit()
        return user
    why = "password" if user is not None else "account"
    security_log.note("sign_in", user=user, outcome=security_log.FAILED, reason=why)
    db.session.commit()
    raise Invalid(
        [("who", _("Account or password is wrong.")), *_school_missing(typed, school_code)]
    )


def _school_missing(typed: str, school_code: str) -> list[tuple[str, str]]:
    """What looks like a student number opens nothing without a school; said by its looks alone (S-18)."""
    number = clean_code(typed)
    other = len(number) > 17 or re.fullmatch(r"1[3-9]\d{9}", number)
    if school_code or other or not re.fullmatch(r"[0-9A-Z]{0,6}\d{4,}[0-9A-Z]{0,3}", number):
        return []
    return [("school", _("Is this a student number? Then choose your school, too."))]


def change_password(user: AppUser, old: str, new: str, again: str) -> None:
    """Set a new password after the old one was given; ends every session. Not committed.

    Raises Refused after too many wrong old ones: a session left open opens no password (S-18).
    """
    if not attempts.OLD_PASSWORD.take(user.id):
        raise Refused(_("Too many wrong tries. Wait 15 minutes, or set a new password by code."))
    db.session.refresh(user, with_for_update={"key_share": True})  # none that was taken away counts
    if not passwords.matches(user.password, old):
        security_log.note(
            "password",
            user=user,
            who=queries.actor_of(user),
            outcome=security_log.FAILED,
            reason="old password",
        )
        db.session.commit()
        raise Invalid([("old", _("This is not your old password."))])
    set_password(user, new, again)
    attempts.OLD_PASSWORD.forget(user.id)
    security_log.note("password", user=user, who=queries.actor_of(user))
    warn(user, f"password:{user.id}:{clock.now().isoformat()}", *CHANGED)


CHANGED = (
    _l("The password of your account was changed"),
    _l("The password was changed by somebody who was signed in and knew the old one."),
)


def set_password(user: AppUser, new: str, again: str) -> None:
    """Set a password and sign the account out everywhere. Not committed."""
    problem = passwords.weakness(new, user.username, user.last_name + user.first_name)
    if problem:
        raise Invalid([("password", problem)])
    if new != again:
        raise Invalid([("again", _("The two new passwords differ."))])
    user.password, user.must_change_password = passwords.hashed(new), False
    living_sessions.end_all_sessions(user.id)


def may_ask(address: str, *, solved: bool = False) -> bool:
    """Whether that address may ask for a code without doing a sum; counted and committed (S-08)."""
    return attempts.ASKED.take(address) or solved


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
    if not active:
        living_sessions.end_all_sessions(user.id)
    db.session.commit()


def sign_out_everywhere(user: AppUser, actor: Actor) -> None:
    """End every session of the account and commit (ACC-09)."""
    living_sessions.end_all_sessions(user.id)
    trace(user, "sign_out", actor)
    db.session.commit()


def end_session(session: AccountSession, actor: Actor) -> None:
    """End one of one's own sessions on another device, and commit; twice is once (ACC-09)."""
    user = db.session.get_one(AppUser, session.user_id)
    device, address = session.device, session.address
    if own_sessions.end_one(session):
        security_log.note("session_ended", user=user, who=actor, device=device, address=address)
    db.session.commit()


def end_others(user: AppUser, secret: str, actor: Actor) -> int:
    """End every other session of one's own account and commit; how many there were (ACC-09)."""
    count = own_sessions.end_others(user.id, secret)
    security_log.note("sign_out_elsewhere", user=user, who=actor, count=count)
    db.session.commit()
    return count


def trace(user: AppUser, step: str, actor: Actor, details: dict[str, Any] | None = None) -> None:
    """An administrator's act on an account leaves its row, and a line in the security log (ADM-07)."""
    security_log.note(f"account_{step}", user=user, who=actor, **(details or {}))
    trail.write(
        "account",
        user.id,
        step,
        actor,
        clock.now(),
        school_id=user.school_id,
        after="active" if user.active else "inactive",
        details=details,
    )


__all__ = [
    "change_password",
    "may_ask",
    "set_password",
    "sign_out_everywhere",
    "signed_in",
    "switch",
    "trace",
]
