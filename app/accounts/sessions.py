"""Beginning and ending a session: a row in the database, a secret in the cookie; who lost its password."""

from __future__ import annotations

from collections.abc import Callable

from flask import session
from flask_login import login_user, logout_user

from app.accounts import queries
from app.accounts.campus import proofs
from app.accounts.models import AppUser
from app.core.crypto import cipher
from app.core.db import db

SECRET = "secret"  # noqa: S105 (the name of a value in the cookie)
FORGOTTEN = "forgotten password"
LINKED = (
    "linked"  # a campus account was linked when the session began: pages ask the database no more
)


def sign_in(
    user: AppUser, way: str = "password", noted: Callable[[bytes], None] | None = None
) -> None:
    """Begin a session with a fresh cookie and commit; `way` says how the person came in.

    `noted` is called with the session's key, to keep in the same transaction what belongs to it.
    """
    language = session.get("locale")
    session.clear()
    if user.locale or language:
        session["locale"] = user.locale or language
    session[SECRET] = queries.open_session(user, way)
    if noted is not None:
        noted(queries.session_key(session[SECRET]))
    if proofs.is_linked(user):
        session[LINKED] = True
    login_user(user)
    db.session.commit()


def sign_out() -> None:
    """End this session in the database, so that a copied cookie is worth nothing; commit."""
    queries.end_session(session.get(SECRET, ""))
    language = session.get("locale")
    logout_user()
    session.clear()
    if language:
        session["locale"] = language
    db.session.commit()


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
