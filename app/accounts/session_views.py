"""By HTTP: how long the session lives, for the script of the pages (ACC-14)."""

from __future__ import annotations

import os

from flask import (
    g,
    jsonify,
    session,
)
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts import living_sessions
from app.accounts.sessions import SECRET
from app.core import clock, csrf
from app.core.crypto import cipher
from app.fab.access import has_access
from app.fab.builder import SafeView


class SessionView(SafeView):
    """How long the session lives by the server's clock; asking does not lengthen it, «go on» does."""

    route_base = "/session"
    class_permission_name = "Session"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return jsonify(**state())

    @expose("/", methods=["POST"])
    @has_access
    def go_on(self) -> ResponseReturnValue:
        g.ends = living_sessions.go_on(session.get(SECRET, "")) or g.ends
        return jsonify(**state())


def state() -> dict[str, object]:
    """What the page's script goes by: the server's time, the end, whose session, the token of its forms."""
    return {
        "now": clock.now().isoformat(),
        "ends": g.ends.isoformat(),
        "last": g.last,
        "account": account_mark(g.user.id),
        "csrf": csrf.token(),
    }


def account_mark(user_id: int) -> str:
    """A name for the account that tells a page nothing but whether it is the same one."""
    return cipher().blind_index("page", str(user_id)).hex()[:16]


def masked_key(user_id: int) -> str:
    """The same as a page has it: under a mask made for that page, which stands before it (core.compress)."""
    key, mask = bytes.fromhex(draft_key(user_id)), os.urandom(32)
    return mask.hex() + bytes(a ^ b for a, b in zip(key, mask, strict=True)).hex()


def draft_key(user_id: int) -> str:
    """The key by which this account's pages seal their drafts in the browser: 32 bytes in hex."""
    return cipher().blind_index("draft", str(user_id)).hex()
