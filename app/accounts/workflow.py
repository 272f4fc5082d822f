"""The rules of signing in: who may try how often, what a wrong try costs, setting passwords (ACC-09)."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import attempts, freezing, holds, one_time, passwords, queries, security_log
from app.accounts.models import AccountSession, AppUser
from app.accounts.one_time import Pool
from app.accounts.puzzle import PuzzleWanted
from app.accounts.warnings import warn
from app.core import clock, jobs, mail
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.workflow import trail
from app.workflow.actor import Actor, Role

RESET = "password"


def signed_in(
    typed: str, school_code: str, password: str, address: str, *, solved: bool = False
) -> AppUser:
    """The account, when identifier and password are right; each try is counted first (`attempts`).

    Raises Refused when locked out, PuzzleWanted where the address owes a sum (`solved`: it did it), Invalid
    (field ``who``) otherwise, the same for an unknown account and a wrong password. Costs one password
    check and the same statements in either case.
    """
    user = queries.account_for(typed, school_code)
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
    raise Invalid([("who", _("Account or password is wrong."))])


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
RESET_BY_CODE = (
    _l("The password of your account was set anew"),
    _l("A new password was set by a code. All devices are signed out."),
)


def set_password(user: AppUser, new: str, again: str) -> None:
    """Set a password and sign the account out everywhere. Not committed."""
    problem = passwords.weakness(new, user.username, user.last_name + user.first_name)
    if problem:
        raise Invalid([("password", problem)])
    if new != again:
        raise Invalid([("again", _("The two new passwords differ."))])
    user.password, user.must_change_password = passwords.hashed(new), False
    queries.end_all_sessions(user.id)


def may_ask(address: str, *, solved: bool = False) -> bool:
    """Whether that address may ask for a code without doing a sum; counted and committed (S-08)."""
    return attempts.ASKED.take(address) or solved


def ask_reset(typed: str, school_code: str, address: str, purpose: str) -> None:
    """Let the worker send a code for a forgotten password, if there is such an account; commit.

    The same statements whoever it is for: what differs is done by the worker. `purpose` names the
    browser's asking, so that nobody else's wrong tries use the code up.
    """
    user = queries.account_for(typed, school_code)
    device = attempts.known_device(user)
    seen = f"{one_time.KNOWN}{device}" if device else address
    asker = one_time.KNOWN * bool(device) + cipher().blind_index("asker", seen).hex()
    jobs.enqueue(send_code_for_reset, user_id=user.id if user else 0, purpose=purpose, asker=asker)
    security_log.note("reset_asked", user=user)
    db.session.commit()


@jobs.queue.task(name="accounts.send_reset", retry=jobs.BRIEF, queue=jobs.URGENT, priority=100)
def send_code_for_reset(user_id: int, purpose: str, asker: str) -> None:
    """The worker's part of `ask_reset`."""
    user = db.session.get(AppUser, user_id)
    if user is not None and user.active:
        with force_locale(user.locale or "zh"):
            send_reset(user, purpose, asker)


def send_reset(user: AppUser | None, purpose: str = RESET, asker: str = "") -> None:
    """Send a code to the account's phone or e-mail; silent where there is none, so nothing is told."""
    contact = holds.for_reset(user, contact_of(user)) if user else None
    if user is None or contact is None:
        db.session.commit()
        return
    if text := freezing.sentence(user.id):
        _say_frozen(user, contact, str(text))
        return
    try:
        one_time.send(f"user:{user.id}", purpose, *contact, pool=Pool.RESET, asker=asker)
    except Refused:
        db.session.rollback()  # asked too often: the answer stays the same for everybody


def _say_frozen(user: AppUser, contact: tuple[str, str], text: str) -> None:
    """Instead of a code the reason why none comes, once a day."""
    key = f"frozen:{user.id}:{clock.today():%Y%m%d}"
    mail.post(
        mail.Outgoing(
            key,
            *contact,
            _("Your account is frozen"),
            text,
            user_id=user.id,
            school_id=user.school_id,
        )
    )
    db.session.commit()


def contact_of(user: AppUser) -> tuple[str, str] | None:
    """Where a code reaches the account: (channel, address)."""
    found = stores().contacts.get(Role(user.role or ""))
    if found is not None:
        return found(user)
    return None if user.email.endswith("@invalid") else (mail.MAIL, user.email)


def reset(user: AppUser | None, code: str, new: str, again: str, purpose: str = RESET) -> None:
    """Set a new password by code, and commit. Raises Invalid: of a code that is not right one sentence.

    What is wrong with the password is said to whoever has the code; it stays good for another try.
    That a code was used already is said too: only who had it can read it, of its own asking.
    """
    typed = one_time.read(code)
    if user is not None and freezing.sentence(user.id):
        user = None  # answered like nobody's account
    try:
        one_time.check(f"user:{user.id if user else 0}", purpose, typed)
    except one_time.Used:
        raise
    except Invalid as error:
        security_log.note("reset", user=user, outcome=security_log.FAILED, reason="code")
        db.session.commit()
        wrong = _("This code is wrong, used up or too old. Check it, or ask for a new one.")
        raise Invalid([("code", wrong)]) from error
    if user is None:
        raise NotYours("reset")
    try:
        set_password(user, new, again)
    except Invalid:
        db.session.rollback()
        raise
    attempts.forget(user)
    security_log.note("reset", user=user)
    warn(user, f"reset:{user.id}:{clock.now().isoformat()}", *RESET_BY_CODE)
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
    if not active:
        queries.end_all_sessions(user.id)
    db.session.commit()


def sign_out_everywhere(user: AppUser, actor: Actor) -> None:
    """End every session of the account and commit (ACC-09)."""
    queries.end_all_sessions(user.id)
    trace(user, "sign_out", actor)
    db.session.commit()


def end_session(session: AccountSession, actor: Actor) -> None:
    """End one of one's own sessions on another device, and commit; twice is once (ACC-09)."""
    user = db.session.get_one(AppUser, session.user_id)
    device, address = session.device, session.address
    if queries.end_one(session):
        security_log.note("session_ended", user=user, who=actor, device=device, address=address)
    db.session.commit()


def end_others(user: AppUser, secret: str, actor: Actor) -> int:
    """End every other session of one's own account and commit; how many there were (ACC-09)."""
    count = queries.end_others(user.id, secret)
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
    "ask_reset",
    "change_password",
    "may_ask",
    "reset",
    "send_reset",
    "set_password",
    "sign_out_everywhere",
    "signed_in",
    "switch",
    "trace",
]
