"""A forgotten password: a code to the account's contact, a new one set by it (ACC-09)."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import (
    attempts,
    code_budgets,
    freezing,
    holds,
    identifiers,
    one_time,
    security_log,
)
from app.accounts.code_budgets import Pool
from app.accounts.models import AppUser
from app.accounts.warnings import warn
from app.accounts.workflow import set_password
from app.core import clock, jobs, mail
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.workflow.actor import Role

RESET = "password"


RESET_BY_CODE = (
    _l("The password of your account was set anew"),
    _l("A new password was set by a code. All devices are signed out."),
)


def ask_reset(typed: str, school_code: str, address: str, purpose: str) -> None:
    """Let the worker send a code for a forgotten password, if there is such an account; commit.

    The same statements whoever it is for: what differs is done by the worker. `purpose` names the
    browser's asking, so that nobody else's wrong tries use the code up.
    """
    user = identifiers.account_for(typed, school_code)
    device = attempts.known_device(user)
    seen = f"{code_budgets.KNOWN}{device}" if device else address
    asker = code_budgets.KNOWN * bool(device) + cipher().blind_index("asker", seen).hex()
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
