"""Out to a campus's service: our own address, the browser that was sent, the way's button (ACC-11)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from app.accounts import sessions
from app.accounts.campus import (
    attempts,
    campus_sessions,
    cas,
    net,
    oidc_sign_out,
    workflow,
)
from app.accounts.campus.models import (
    CampusSession,
    SignInWay,
    WayKind,
)
from app.accounts.living_sessions import session_key, way_of
from app.core import jobs
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit

LARGEST_KEY = 2**31 - 1
BROWSER = "campus"  # the name of a value in the cookie

QUARTER = timedelta(minutes=15)
BEGUN = Limit("campus-begin", 3000, QUARTER)  # one address: a campus shares one


def our_address() -> str:
    """Our own address as others reach us: the setting; without one, that of this request."""
    return (jobs.config().base_url or request.host_url).rstrip("/")


def label_of(way: SignInWay) -> str:
    """The text of the way's button."""
    chinese = (get_locale() or "zh") and str(get_locale()).startswith("zh")
    return way.label_zh if chinese else way.label_en


def way_at(pk: int, *kinds: str) -> SignInWay:
    """The active way of this key; anything else is not there."""
    found = db.session.get(SignInWay, pk)
    if found is None or not found.active or (kinds and found.kind not in kinds):
        abort(404)
    return found


def _browser() -> str:
    """The secret that ties what was begun to this browser's cookie."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return str(session[BROWSER])


def send(way: SignInWay, fallback: str, **more: Any) -> Any:
    """Send the browser to the way's service, or back with the sentence why that is impossible."""
    if not BEGUN.take(request.remote_addr or ""):
        abort(429)
    try:
        return redirect(attempts.begin(way, _browser(), our_address(), **more), 303)
    except Refused as problem:
        workflow.refused(way, problem)
        flash(_("%(name)s: %(text)s", name=label_of(way), text=str(problem)), "warning")
        flash(_("The other ways of signing in still work."), "info")
        return redirect(fallback, 303)


def came_by_campus() -> bool:
    """Whether the session of this request was begun by a campus's service."""
    found = way_of(session.get(sessions.SECRET, ""))
    return found.partition(":")[0] in list(WayKind)


def leaving() -> str | None:
    """Where the person signs out at the campus too, asked before the session here ends; None: nowhere."""
    kept = db.session.get(CampusSession, session_key(session.get(sessions.SECRET, "")))
    way = db.session.get(SignInWay, kept.way_id) if kept is not None else None
    if way is None or kept is None:
        return None
    home = our_address() + url_for("AuthView.login")
    try:
        if way.kind == WayKind.OIDC:
            return oidc_sign_out.way_out(way, campus_sessions.hint_of(kept), home)
        return cas.way_out(way, home) if way.kind == WayKind.CAS else None
    except (net.Unreachable, ValueError):
        return None
