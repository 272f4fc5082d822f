"""Asking for the second factor anew, and taking the act up again with everything that was typed (CHN-09).

Whatever raises `FactorNeeded` ends here: a page that holds the whole form of the act, hidden, beside
the field for the proof. Sent again, the proof is checked before the act runs as if nothing had been.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import factors, passkeys, queries
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import FactorNeeded, Invalid, Refused
from app.fab.urls import came_from, local_path

CODE, ANSWER, ACT = "_factor_code", "_factor_answer", "_factor_act"
OURS = {CODE, ANSWER, ACT, "csrf_token"}
SECRET = "secret"  # noqa: S105 (the name of a value in the cookie)


def init(app: Flask) -> None:
    """Any act, whatever view it lies in, may ask for the factor."""
    app.register_error_handler(FactorNeeded, asked)


def asked(error: FactorNeeded) -> Any:
    """The page that asks; a script is told in one sentence."""
    db.session.rollback()
    if not queries.proof().enrolled:
        flash(_("This needs a second factor: please set one up first."), "warning")
        return redirect(url_for("MyFactorsView.index"), 303)
    sentence = _("Please confirm with your second factor first.")
    if request.accept_mimetypes.best == "application/json":
        return jsonify(error=sentence), 403
    return page(str(error))


def taken_up(user: AppUser) -> ResponseReturnValue | None:
    """Check the proof that comes with a form; None lets the form go on to its view."""
    if request.method != "POST" or not {CODE, ANSWER} & set(request.form):
        return None
    if not queries.proof().enrolled:
        return None
    try:
        prove(user)
    except (Invalid, Refused) as problem:
        return page(request.form.get(ACT, "")[:200], problem)
    return None


def prove(user: AppUser) -> None:
    """The proof of this request's form, kept with the session. Raises Invalid, Refused."""
    way = factors.prove(
        user, session.get(SECRET, ""), request.form.get(CODE, ""), request.form.get(ANSWER, "")
    )
    g.proof = queries.Proof(enrolled=True, at=clock.now(), way=way)


def page(act: str, problem: Invalid | Refused | None = None) -> Any:
    """The act's own form, hidden, with the field for the proof; of a page that is only read, its address."""
    again = request.method == "POST" and not any(f.filename for f in request.files.values())
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in OURS]
    action = request.full_path.rstrip("?")
    if not again:
        onward = action if request.method == "GET" else came_from() or "/"
        action, fields = url_for("FactorView.index", next=local_path(onward) or "/"), []
    shown = render_template(
        "accounts/step_up.html",
        act=act,
        action=action,
        fields=fields,
        back=came_from() or "/",
        file_lost=request.method == "POST" and not again,
        **choices(g.user, problem),
    )
    return shown, 422 if problem else 403


def choices(user: AppUser, problem: Invalid | Refused | None = None) -> dict[str, object]:
    """What the page needs to ask this person: by which means, and what was wrong."""
    mine = factors.own(user.id)
    sentences = [text for _place, text in problem.problems] if isinstance(problem, Invalid) else []
    return {
        "keys": bool(mine.keys) and passkeys.site() is not None,
        "app": mine.app_since is not None,
        "codes_left": mine.codes_left,
        "wrong": " ".join(sentences) or (str(problem) if problem else ""),
        "options_url": url_for("FactorView.options"),
        "elsewhere": elsewhere(),
    }


def elsewhere() -> str:
    """The name under which passkeys work, where this page has another one."""
    name, host = passkeys.site(), request.host.rpartition(":")[0] or request.host
    return name if name and host != name else ""
