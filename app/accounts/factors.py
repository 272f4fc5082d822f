"""The second factor: who needs one, proving it, setting it up, losing it (CHN-09). No HTTP.

A proof stands in the row of the session (`factor_at`): until it is there the session opens nothing,
and acts marked `step_up` want it to be at most five minutes old.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import factor_notices as notices
from app.accounts import passkeys, security_log
from app.accounts.factor_models import CodeApp, FactorChallenge, Passkey, RecoveryCode
from app.accounts.models import AccountSession, AppUser
from app.accounts.queries import actor_of, proof, session_key
from app.core import clock, jobs
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.core.text import clean_code, clean_line
from app.workflow.actor import Actor, Role

QUARTER = timedelta(minutes=15)
CODES = Limit("factor-code", 5, QUARTER)  # codes typed for one account: a million can be guessed
CODES_A_DAY = Limit("factor-code-day", 20, timedelta(days=1))
KEYS = Limit("factor-key", 30, QUARTER)  # answers of keys: nobody guesses one, they cost time only
CHALLENGE_LIFE = timedelta(minutes=5)
SETTING_UP = timedelta(minutes=30)  # how long the secret of a new code app waits for its first code
STEP = 30  # seconds of a code of the app
PASSKEY, APP, RECOVERY = "passkey", "app", "recovery"
HOW_MANY = 10
MOST_KEYS = 10
_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no I, L, O, 0, 1


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


# -- challenges of a session ---------------------------------------------------------------------


def _keep(session: bytes, purpose: str, value: bytes) -> None:
    row = insert(FactorChallenge).values(
        session=session, purpose=purpose, value=value, created_at=clock.now()
    )
    fresh = {"value": row.excluded.value, "created_at": row.excluded.created_at}
    db.session.execute(row.on_conflict_do_update(index_elements=["session", "purpose"], set_=fresh))
    db.session.commit()


def _take(session: bytes, purpose: str) -> bytes | None:
    """The challenge, gone for good whatever becomes of its answer; None for an old one. Commits."""
    taken = db.session.execute(
        delete(FactorChallenge)
        .where(FactorChallenge.session == session, FactorChallenge.purpose == purpose)
        .returning(FactorChallenge.value, FactorChallenge.created_at)
    ).one_or_none()
    db.session.commit()
    if taken is None or clock.now() - taken.created_at > CHALLENGE_LIFE:
        return None
    value: bytes = taken.value
    return value


def key_options(user: AppUser, session: str, purpose: str) -> str:
    """What the browser is told to make (``register``) or to use (``prove``) a key; JSON. Commits."""
    ceremony = {"register": passkeys.registering, "prove": passkeys.proving}[purpose]
    challenge, options = ceremony(user)
    _keep(session_key(session), purpose, challenge)
    return options


# -- proving -------------------------------------------------------------------------------------


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
    challenge = _take(session_key(session), "prove")
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
        if _app_code(user.id, code):
            return APP
        raise _failed(
            user, APP, _("This code is wrong, or was used already. Wait for the next one.")
        )
    if _recovery_code(user.id, code):
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


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30 seconds for which the code is right: now, the ones before or the ones after."""
    if not (len(code) == 6 and code.isascii() and code.isdecimal()):
        return None
    here = int(now.timestamp()) // STEP
    clockwork = pyotp.TOTP(secret)
    found = None
    for step in (here - 1, here, here + 1):
        if hmac.compare_digest(clockwork.at(step * STEP), code):
            found = step
    return found


def _app_code(user_id: int, code: str) -> bool:
    """Use up the code of the app: each 30 seconds count once, also for two at the same moment."""
    app = db.session.get(CodeApp, user_id)
    if app is None:
        return False
    step = step_of(_opened(user_id, app.secret), code, clock.now())
    if step is None:
        return False
    used = update(CodeApp).where(CodeApp.user_id == user_id, CodeApp.last_step < step)
    return db.session.scalar(used.values(last_step=step).returning(CodeApp.user_id)) is not None


def _recovery_code(user_id: int, code: str) -> bool:
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    used = (
        update(RecoveryCode)
        .where(*mine, RecoveryCode.digest == _recovery_digest(user_id, code))
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    return db.session.scalar(used) is not None


def _recovery_digest(user_id: int, code: str) -> bytes:
    return cipher().blind_index(f"recovery:{user_id}", code)


# -- setting up ----------------------------------------------------------------------------------


def new_secret(user: AppUser, session: str) -> str:
    """The secret of the code app that this session is setting up; the same until it is confirmed."""
    token = session_key(session)
    waiting = db.session.get(FactorChallenge, (token, APP))
    if waiting is not None and clock.now() - waiting.created_at < SETTING_UP:
        return _opened(user.id, waiting.value)
    secret = pyotp.random_base32()
    _keep(token, APP, cipher().encrypt(secret, _context(user.id)))
    return secret


def address_of(user: AppUser, secret: str) -> str:
    """What the QR code says: otpauth://…"""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="青签 Qingqian")


def add_app(user: AppUser, session: str, typed: str) -> list[str]:
    """Take the code app into use by its first code, and commit; new recovery codes, or none.

    Raises Invalid (field ``code``).
    """
    secret, now = new_secret(user, session), clock.now()
    step = step_of(secret, clean_code(typed[:40]), now)
    if step is None:
        sentence = _("This is not the code of this secret. Is the clock of your telephone right?")
        raise Invalid([("code", sentence)])
    sealed = cipher().encrypt(secret, _context(user.id))
    row = insert(CodeApp).values(user_id=user.id, secret=sealed, last_step=step, created_at=now)
    fresh = {name: row.excluded[name] for name in ("secret", "last_step", "created_at")}
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=fresh))
    db.session.execute(
        delete(FactorChallenge).where(
            FactorChallenge.session == session_key(session), FactorChallenge.purpose == APP
        )
    )
    return _added(user, session, APP)


def add_key(user: AppUser, session: str, answer: str, name: str) -> list[str]:
    """Take a passkey into use, and commit; new recovery codes, or none. Raises Invalid, Refused."""
    challenge = _take(session_key(session), "register")
    _lock(user)
    here = len(passkeys.keys_of(user.id))
    if here >= MOST_KEYS:
        raise Refused(_("You have %(n)s keys already. Remove one first.", n=here))
    called = clean_line(name)[:40] or _("Passkey %(n)s", n=here + 1)
    try:
        if challenge is None:
            raise passkeys.WrongKey("too late")
        passkeys.registered(user, challenge, answer, called)
    except passkeys.WrongKey as wrong:
        db.session.rollback()
        raise Invalid([("name", _("The key was not added. Please try again."))]) from wrong
    return _added(user, session, PASSKEY)


def _added(user: AppUser, session: str, way: str) -> list[str]:
    """The session has proved it by setting it up; every other session is asked."""
    db.session.execute(
        update(AccountSession)
        .where(AccountSession.token == session_key(session))
        .values(factor_at=clock.now(), factor=way)
    )
    _tell(user, "factor_added", way)
    codes = _new_codes(user) if own(user.id).codes_left == 0 else []
    db.session.commit()
    return codes


def renew_codes(user: AppUser) -> list[str]:
    """Ten new recovery codes, the old ones void; commits."""
    _lock(user)
    codes = _new_codes(user)
    _tell(user, "recovery_renewed", RECOVERY)
    db.session.commit()
    return codes


def _new_codes(user: AppUser) -> list[str]:
    codes = ["".join(secrets.choice(_SIGNS) for _sign in range(10)) for _n in range(HOW_MANY)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    now = clock.now()
    db.session.add_all(
        RecoveryCode(user_id=user.id, digest=_recovery_digest(user.id, code), created_at=now)
        for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


# -- taking away ---------------------------------------------------------------------------------


def remove(user: AppUser, key_id: int | None) -> None:
    """Remove one key, or the code app (None), and commit. Raises Refused for the last one required."""
    _lock(user)
    mine = own(user.id)
    known = mine.app_since is not None if key_id is None else key_id in {k.id for k in mine.keys}
    if not known:
        return
    last = len(mine.keys) + (mine.app_since is not None) == 1
    if last and required(user):
        raise Refused(
            _("Staff need a second factor here. Set up another one before you remove this.")
        )
    gone: Any = delete(CodeApp).where(CodeApp.user_id == user.id)
    if key_id is not None:
        gone = delete(Passkey).where(Passkey.user_id == user.id, Passkey.id == key_id)
    db.session.execute(gone)
    if last:
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    _tell(user, "factor_removed", APP if key_id is None else PASSKEY)
    db.session.commit()


def reset(user: AppUser, who: Actor) -> None:
    """Take every second factor away: the person lost it, and a second person has looked. Not committed."""
    for model in (Passkey, CodeApp, RecoveryCode):
        db.session.execute(delete(model).where(model.user_id == user.id))
    for limit in (CODES, CODES_A_DAY, KEYS):
        limit.forget(user.id)
    security_log.note("factor_reset", user=user, who=who)


def _tell(user: AppUser, event: str, way: str) -> None:
    security_log.note(event, user=user, who=actor_of(user), way=way)
    notices.changed(user, event, way)


def _lock(user: AppUser) -> None:
    db.session.execute(select(AppUser.id).where(AppUser.id == user.id).with_for_update())


def _context(user_id: int) -> str:
    return f"code_app:{user_id}"


def _opened(user_id: int, sealed: bytes) -> str:
    return cipher().decrypt(sealed, _context(user_id))
