"""The second factor: who needs one, proving it, setting it up, losing it (CHN-09). No HTTP.

A proof stands in the row of the session (`factor_at`): until it is there the session opens nothing,
and acts marked `step_up` want it to be at most five minutes old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from app.accounts import factor_notices as notices
from app.accounts import passkeys, security_log
from app.accounts.code_apps import use_app_code
from app.accounts.factor_challenges import take_challenge
from app.accounts.factor_models import CodeApp, Passkey, RecoveryCode
from app.accounts.living_sessions import session_key
from app.accounts.models import AccountSession, AppUser
from app.accounts.queries import actor_of, proof
from app.accounts.recovery_codes import use_recovery_code
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.core.text import clean_code
from app.workflow.actor import Actor, Role

QUARTER = timedelta(minutes=15)
CODES = Limit("factor-code", 5, QUARTER)  # codes typed for one account: a million can be guessed
CODES_A_DAY = Limit("factor-code-day", 20, timedelta(days=1))
KEYS = Limit("factor-key", 30, QUARTER)  # answers of keys: nobody guesses one, they cost time only
PASSKEY, APP, RECOVERY = "passkey", "app", "recovery"


@dataclass(frozen=True)
class Own:
    """What a person has: the keys, whether a code app, how many recovery codes are left."""

    keys: list[Passkey]
    app_since: datetime | None
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether the person is asked for a second factor."""
        return bool(self.keys) or self.app_since is not None


def policy() -> str:
    """``required``, ``offered`` or ``off``: the installation's setting for staff."""
    return jobs.config().staff_factor


def required(user: AppUser) -> bool:
    """Whether the account must have a second factor."""
    return user.is_staff and policy() == "required"


def offered(user: AppUser) -> bool:
    """Whether the account may set one up; employers may always (S-16)."""
    return user.role == Role.EMPLOYER or (user.is_staff and policy() != "off")


def waiting(user: AppUser) -> bool:
    """Whether this session still has to prove, or to set up, its second factor: it is shown nothing."""
    known = proof()
    return known.at is None if known.enrolled else required(user)


def own(user_id: int) -> Own:
    """What the account has."""
    left = select(func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    since = select(CodeApp.created_at).where(CodeApp.user_id == user_id)
    return Own(passkeys.keys_of(user_id), db.session.scalar(since), db.session.scalar(left) or 0)


def prove(user: AppUser, session: str, code: str, answer: str) -> str:
    """Prove the second factor for this session, and commit; returns the way: passkey, app, recovery.

    `code` is what was typed, `answer` what a key said (JSON). Each try is counted before it is looked
    at, so that many at once are no way round. Raises Refused when too often, Invalid (field ``code``).
    """
    way = _by_key(user, session, answer) if answer.strip() else _by_code(user, code)
    db.session.execute(
        update(AccountSession)
        .where(AccountSession.token == session_key(session))
        .values(factor_at=clock.now(), factor=way)
    )
    security_log.note("second_factor", user=user, who=actor_of(user), way=way)
    for limit in (CODES, CODES_A_DAY, KEYS):
        limit.forget(user.id)
    if way == RECOVERY:
        notices.recovery_used(user, own(user.id).codes_left)
    db.session.commit()
    return way


def _by_key(user: AppUser, session: str, answer: str) -> str:
    if not KEYS.take(user.id):
        raise _too_often(user)
    challenge = take_challenge(session_key(session), "prove")
    sentence = _("The key did not answer as it should. Try again, or use a code.")
    if challenge is None:
        raise _failed(user, PASSKEY, _("That took more than five minutes. Please try again."))
    try:
        passkeys.proved(user, challenge, answer)
    except passkeys.WrongKey as wrong:
        db.session.rollback()
        if wrong.cloned:
            notices.key_cloned(user)
        raise _failed(user, "cloned key" if wrong.cloned else PASSKEY, sentence) from wrong
    return PASSKEY


def _by_code(user: AppUser, typed: str) -> str:
    if not typed.strip():
        raise Invalid([("code", _("Please enter the code."))])
    if not (CODES.take(user.id) and CODES_A_DAY.take(user.id)):
        raise _too_often(user)
    code = clean_code(typed[:40]).replace("-", "")
    if code.isdecimal():
        if use_app_code(user.id, code):
            return APP
        raise _failed(
            user, APP, _("This code is wrong, or was used already. Wait for the next one.")
        )
    if use_recovery_code(user.id, code):
        return RECOVERY
    raise _failed(user, RECOVERY, _("This recovery code is wrong, or was used already."))


def _failed(user: AppUser, way: str, sentence: str) -> Invalid:
    security_log.note(
        "second_factor", user=user, who=actor_of(user), outcome=security_log.FAILED, way=way
    )
    db.session.commit()
    return Invalid([("code", sentence)])


def _too_often(user: AppUser) -> Refused:
    """The person is told once a quarter of an hour: somebody has the password and guesses."""
    security_log.note(
        "second_factor", user=user, who=actor_of(user), outcome=security_log.DENIED, way="limit"
    )
    notices.guessed(user)
    db.session.commit()
    return Refused(_("Too many wrong tries. Wait 15 minutes, use a passkey, or ask for a reset."))


def reset(user: AppUser, who: Actor) -> None:
    """Take every second factor away: the person lost it, and a second person has looked. Not committed."""
    for model in (Passkey, CodeApp, RecoveryCode):
        db.session.execute(delete(model).where(model.user_id == user.id))
    for limit in (CODES, CODES_A_DAY, KEYS):
        limit.forget(user.id)
    security_log.note("factor_reset", user=user, who=who)
