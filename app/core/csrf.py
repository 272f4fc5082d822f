"""The token of forms: what the session has, masked anew for each page.

Pages are compressed, and one that repeats what others typed beside a secret that never changes gives that
secret away by its length (BREACH). So the random half of the session's value stands in a page under a mask
made for this page; what follows it (whose session it is, see accounts.kept) is no secret. Flask-WTF's own
spelling, the signed value, is taken too: pages that were open when the product was renewed go on.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from typing import Any

from flask import Flask, g, session
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect, _FlaskFormCSRF, generate_csrf, validate_csrf
from itsdangerous import URLSafeTimedSerializer
from wtforms import ValidationError

NAME = "csrf_token"  # of the field, and of the value in the session
LONGEST = 1_000


def token() -> str:
    """The token of this page; several forms have the same, unless the session became another meanwhile."""
    if not isinstance(session.get(NAME), str):
        g.pop(NAME, None)  # what Flask-WTF made for a session that was cleared since
        generate_csrf()  # gives the session its value
    value, text = g.get("qq_csrf", ("", ""))
    if value != session[NAME]:
        text = _masked(session[NAME]) or generate_csrf()
        g.qq_csrf = session[NAME], text
    return str(text)


def value_of(text: str) -> object:
    """The session's value that a token stands for, whether it is right or not; None where it is no token."""
    if "." in text:
        return URLSafeTimedSerializer("").loads_unsafe(text[:LONGEST])[1]
    return _unmasked(text)


def _masked(value: str) -> str:
    """Length of the secret, mask, masked secret, the rest; "" where the value has another shape."""
    secret, _dot, rest = value.partition(".")
    try:
        kept, open_part = bytes.fromhex(secret), bytes.fromhex(rest)
    except ValueError:
        return ""
    mask = os.urandom(len(kept))
    return _text(bytes([len(kept)]) + mask + _xor(mask, kept) + open_part)


def _unmasked(text: str) -> str | None:
    try:
        data = base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text[:LONGEST]) % 4))
    except (binascii.Error, ValueError):
        return None
    size = data[0] if data else 0
    mask, hidden, rest = data[1 : 1 + size], data[1 + size : 1 + 2 * size], data[1 + 2 * size :]
    if not size or len(hidden) != size:
        return None
    return _xor(mask, hidden).hex() + (f".{rest.hex()}" if rest else "")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def check(text: str | None) -> None:
    """Raise ValidationError unless it is a token of this session."""
    if not text or "." in text:
        validate_csrf(text)
        return
    known, said = session.get(NAME), value_of(text)
    if not isinstance(known, str) or not isinstance(said, str):
        raise ValidationError("The CSRF token is invalid.")
    if not hmac.compare_digest(known.encode(), said.encode()):
        raise ValidationError("The CSRF tokens do not match.")


class FormToken(_FlaskFormCSRF):
    """The hidden field of forms."""

    def generate_csrf_token(self, csrf_token_field: object) -> str:  # noqa: ARG002 (WTForms' name)
        return token()

    def validate_csrf_token(self, form: object, field: Any) -> None:  # noqa: ARG002
        if not g.get("csrf_valid", False):
            check(field.data)


class Protection(CSRFProtect):
    """Flask-WTF's protection of all that is posted."""

    def init_app(self, app: Flask) -> None:
        """As the library's; pages get our token."""
        super().init_app(app)
        app.jinja_env.globals[NAME] = token
        app.context_processor(lambda: {NAME: token})
        FlaskForm.Meta.csrf_class = FormToken

    def _get_csrf_token(self) -> str | None:
        """The token as the library checks it: signed where it is right, else what nothing fits."""
        text: str | None = super()._get_csrf_token()
        if not text or "." in text:
            return text
        try:
            check(text)
        except ValidationError:
            return text
        return generate_csrf()  # type: ignore[no-any-return]
