"""Setting up and taking away the second factors of an account (CHN-09)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import factor_notices as notices
from app.accounts import passkeys, security_log
from app.accounts.code_apps import app_context, secret_of, step_of
from app.accounts.factor_challenges import keep_challenge, take_challenge
from app.accounts.factor_models import CodeApp, FactorChallenge, Passkey, RecoveryCode
from app.accounts.factors import APP, PASSKEY, RECOVERY, own, required
from app.accounts.living_sessions import session_key
from app.accounts.models import AccountSession, AppUser
from app.accounts.queries import actor_of
from app.accounts.recovery_codes import new_codes
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import clean_code, clean_line

SETTING_UP = timedelta(minutes=30)  # how long the secret of a new code app waits for its first code

MOST_KEYS = 10


def new_secret(user: AppUser, session: str) -> str:
    """The secret of the code app that this session is setting up; the same until it is confirmed."""
    token = session_key(session)
    waiting = db.session.get(FactorChallenge, (token, APP))
    if waiting is not None and clock.now() - waiting.created_at < SETTING_UP:
        return secret_of(user.id, waiting.value)
    secret = pyotp.random_base32()
    keep_challenge(token, APP, cipher().encrypt(secret, app_context(user.id)))
    return secret


def add_app(user: AppUser, session: str, typed: str) -> list[str]:
    """Take the code app into use by its first code, and commit; new recovery codes, or none.

    Raises Invalid (field ``code``).
    """
    secret, now = new_secret(user, session), clock.now()
    step = step_of(secret, clean_code(typed[:40]), now)
    if step is None:
        sentence = _("This is not the code of this secret. Is the clock of your telephone right?")
        raise Invalid([("code", sentence)])
    sealed = cipher().encrypt(secret, app_context(user.id))
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
    challenge = take_challenge(session_key(session), "register")
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
    tell(user, "factor_added", way)
    codes = new_codes(user) if own(user.id).codes_left == 0 else []
    db.session.commit()
    return codes


def renew_codes(user: AppUser) -> list[str]:
    """Ten new recovery codes, the old ones void; commits."""
    _lock(user)
    codes = new_codes(user)
    tell(user, "recovery_renewed", RECOVERY)
    db.session.commit()
    return codes


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
    tell(user, "factor_removed", APP if key_id is None else PASSKEY)
    db.session.commit()


def tell(user: AppUser, event: str, way: str) -> None:
    """A line of the security log, and the person is told. Not committed."""
    security_log.note(event, user=user, who=actor_of(user), way=way)
    notices.changed(user, event, way)


def _lock(user: AppUser) -> None:
    db.session.execute(select(AppUser.id).where(AppUser.id == user.id).with_for_update())
