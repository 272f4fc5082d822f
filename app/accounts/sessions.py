"""Beginning and ending a session: a row in the database and a secret in the cookie."""

from __future__ import annotations

from flask import session
from flask_login import login_user, logout_user

from app.accounts import queries
from app.accounts.models import AppUser
from app.core.db import db

SECRET = "secret"  # noqa: S105 (the name of a value in the cookie)


def sign_in(user: AppUser) -> None:
    """Begin a session with a fresh cookie and commit."""
    language = session.get("locale")
    session.clear()
    if user.locale or language:
        session["locale"] = user.locale or language
    session[SECRET] = queries.open_session(user)
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
