"""Which browser this is: a random name in a cookie of two years, set by the first answer to it.

It proves nothing and opens nothing; it lets the security log and the signs of surrogate signing say
«the same device». The cookie holds 32 hex digits and no personal data.
"""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

from app.core.assets import FILES

COOKIE = "device"
_NAME = re.compile(r"[0-9a-f]{32}")
_SECONDS = 2 * 365 * 86_400


def current() -> str:
    """The name of the browser that asks; a new one gets its name with the answer."""
    known: str | None = g.get("device_id")
    if known is None:
        sent = request.cookies.get(COOKIE, "")
        known = g.device_id = sent if _NAME.fullmatch(sent) else secrets.token_hex(16)
    return known


def init(app: Flask) -> None:
    """Give every browser its name, static files apart."""
    app.after_request(_name)


def _name(response: Response) -> Response:
    if request.endpoint in (*FILES, "healthz"):
        return response
    if request.cookies.get(COOKIE) != current():
        response.set_cookie(
            COOKIE,
            current(),
            max_age=_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response
