"""Beginning and ending a session: a row in the database, a secret in the cookie; who lost its password."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import session
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import devices, freezing, kept, living_sessions, posted, queries, security_log
from app.accounts.campus import proofs
from app.accounts.log_models import KnownDevice
from app.accounts.models import AppUser
from app.accounts.reach import REMEMBERED
from app.accounts.warnings import warn
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.text import clean_code
from app.fab.list_state import LISTS

SECRET = "secret"  # noqa: S105 (the name of a value in the cookie)
FORGOTTEN = "forgotten password"
RESET, RESET_FOR = "reset", "reset_for"  # names of values in the cookie too
DEMO = "demo"  # one click on the demo's page: no person, so that nobody is told of a new device
LINKED = "linked"  # a campus account was linked when the session began: pages ask no more


def sign_in(
    user: AppUser, way: str = "password", noted: Callable[[bytes], None] | None = None
) -> None:
    """Begin a session with a fresh cookie and commit; `way` says how the person came in.

    Every contact is told of a device that is new to the account (INV-20). `noted` is called with the
    session's key, to keep in the same transaction what belongs to it. Raises Refused for a frozen account.
    """
    freezing.refuse_frozen(user, taken=True)
    language = session.get("locale")
    lists = session.get(LISTS) if kept.cookie_owner() == user.id else None
    session.clear()
    if lists:
        session[LISTS] = lists  # signed in again: the lists stand as they were left
    if user.locale or language:
        session["locale"] = user.locale or language
    session[SECRET] = living_sessions.open_session(user, way)
    session[posted.TOKEN] = kept.seal(user)
    if unsent := kept.waiting(user.id):
        session[posted.MARK] = unsent
    security_log.note("sign_in", user=user, who=queries.actor_of(user), way=way)
    if noted is not None:
        noted(living_sessions.session_key(session[SECRET]))
    if proofs.is_linked(user):
        session[LINKED] = True
    login_user(user)
    new = _device_is_new(user)
    if new and way != DEMO:
        _tell_of_device(user)
    db.session.commit()


def _device_is_new(user: AppUser) -> bool:
    """Whether this browser did not sign in to the account within 90 days; it is known from now on.

    The very first sign-in of an account is none: whatever opened it (a code, the first page) is told.
    """
    now, name = clock.now(), devices.current()
    mine = (KnownDevice.user_id == user.id, KnownDevice.device_id == name)
    first = (
        not (user.login_count or 0) > 1
        and db.session.scalar(
            select(KnownDevice.user_id).where(KnownDevice.user_id == user.id).limit(1)
        )
        is None
    )
    row = insert(KnownDevice).values(user_id=user.id, device_id=name, first_at=now, seen_at=now)
    made = db.session.scalar(row.on_conflict_do_nothing().returning(KnownDevice.user_id))
    stale = (
        made is None
        and db.session.scalar(
            update(KnownDevice)
            .where(*mine, KnownDevice.seen_at <= now - REMEMBERED)
            .values(seen_at=now)
            .returning(KnownDevice.user_id)
        )
        is not None
    )
    db.session.execute(update(KnownDevice).where(*mine).values(seen_at=now))
    return stale or (made is not None and not first)


def _tell_of_device(user: AppUser) -> None:
    who = queries.actor_of(user)
    now = clock.now()
    warn(
        user,
        f"device:{devices.current()[:8]}:{now.isoformat()}",
        _l("Your account was signed in to on a new device"),
        _l(
            "On %(at)s somebody signed in to your account with a device that was not used for it "
            "lately (address %(address)s).",
            at=clock.local(now).strftime("%Y-%m-%d %H:%M"),
            address=who.address or "–",
        ),
        who=who,
    )


def sign_out() -> None:
    """End this session in the database, so that a copied cookie is worth nothing; commit."""
    living_sessions.end_session(session.get(SECRET, ""))
    user = current_user._get_current_object()
    if user.is_authenticated:
        security_log.note("sign_out", user=user, who=queries.actor_of(user))
        kept.forget(user.id)
    language = session.get("locale")
    logout_user()
    session.clear()
    if language:
        session["locale"] = language
    db.session.commit()


def begin_reset(user: AppUser | None, typed: str) -> str:
    """Keep in the cookie who sets a password by code; returns the purpose of this browser's codes.

    Asked again for the same account the codes stay good: the last one sent counts.
    """
    asked = cipher().blind_index("reset-for", clean_code(typed)).hex()
    if session.get(RESET_FOR) != asked or RESET not in session:
        session[RESET], session[RESET_FOR] = sealed_for_reset(user), asked
    return reset_purpose()


def reset_purpose() -> str:
    """What this browser's codes for a forgotten password are for: no other browser can use them up."""
    return f"password:{hashlib.sha256(str(session.get(RESET, '')).encode()).hexdigest()[:32]}"


def end_reset() -> None:
    """The password is set."""
    session.pop(RESET, None)
    session.pop(RESET_FOR, None)


def sealed_for_reset(user: AppUser | None) -> str:
    """Who sets a password by code, for the cookie: of the same length for nobody, never the same twice."""
    return cipher().encrypt(f"{user.id if user else 0:010d}", FORGOTTEN).hex()


def opened_for_reset(sealed: object) -> AppUser | None:
    """The account of `sealed_for_reset`; None for nobody and for what was not sealed here."""
    try:
        key = int(cipher().decrypt(bytes.fromhex(str(sealed)), FORGOTTEN))
    except ValueError:
        return None
    return db.session.get(AppUser, key)
