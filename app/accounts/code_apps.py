"""The app that shows a code of 30 seconds: its secret, its codes, each counting once (CHN-09)."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
from sqlalchemy import update

from app.accounts.factor_models import CodeApp
from app.accounts.models import AppUser
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db

STEP = 30  # seconds of a code of the app


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


def use_app_code(user_id: int, code: str) -> bool:
    """Use up the code of the app: each 30 seconds count once, also for two at the same moment."""
    app = db.session.get(CodeApp, user_id)
    if app is None:
        return False
    step = step_of(secret_of(user_id, app.secret), code, clock.now())
    if step is None:
        return False
    used = update(CodeApp).where(CodeApp.user_id == user_id, CodeApp.last_step < step)
    return db.session.scalar(used.values(last_step=step).returning(CodeApp.user_id)) is not None


def address_of(user: AppUser, secret: str) -> str:
    """What the QR code says: otpauth://…"""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="青签 Qingqian")


def app_context(user_id: int) -> str:
    """What the sealed secret is bound to."""
    return f"code_app:{user_id}"


def secret_of(user_id: int, sealed: bytes) -> str:
    """The secret that the app was set up with, opened."""
    return cipher().decrypt(sealed, app_context(user_id))
