"""The answer to a form that comes too late: keep it, ask for the sign-in, offer it again (ACC-14).

Three ways lead here: the session is over (`over`), the token is of another session (`stale`), and the
offered form is sent (`claimed`, `finished`). What is kept and for whom stands in `kept`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, flash, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import kept, posted
from app.accounts.kept_views import offered
from app.core.db import db
from app.core.http import IN_DIALOG, page
from app.fab.urls import came_from

WRONG = {"warning", "danger", "error"}  # messages of what was not done

# these have nothing to keep but secrets: their page is shown anew, or what they lead to
ANEW = {
    "AuthView.login",
    "AuthView.logout",
    "AuthView.demo",
    "PasswordView.change",
    "PasswordView.forgotten",
    "PasswordView.reset",
    "FactorView.index",
    "FactorView.options",
    "MyFactorsView.app",
    "MyFactorsView.key",
    "MyFactorsView.options",
    "MyFactorsView.contact",
    "CampusView.enter",
    "SessionView.go_on",
    "KeptView.discard",
    "VerificationView.file",  # one file, for everybody
}


def init(app: Flask) -> None:
    """See what becomes of a form that is sent again."""
    app.after_request(finished)


def by_script() -> bool:
    """Whether a script asks, which shows sentences and no pages."""
    json = request.accept_mimetypes.best == "application/json"
    return json or IN_DIALOG in request.headers


def signed_out() -> ResponseReturnValue:
    """What a script is told: it shows the sentence, or sends the form as a page of its own."""
    text = _("Your sign-in has ended. Please sign in again; what you entered is kept.")
    return jsonify(error=text, over=True), 401


def over() -> ResponseReturnValue | None:
    """The answer to a stranger at a page that needs a sign-in; None for one whom we never knew."""
    if by_script():
        return signed_out()
    if request.method != "POST":
        return None
    owner = kept.page_owner() or kept.cookie_owner()
    return _anew() if owner is None or request.endpoint in ANEW else _held(owner)


def stale() -> ResponseReturnValue | None:
    """The answer to a form whose token is not this session's; None: there is nothing to say but that."""
    user: Any = current_user if current_user.is_authenticated else None
    owner = kept.page_owner()
    if owner is None and not posted.from_here():
        return None  # it may come from anywhere: shown to nobody
    if by_script():
        if user is None or IN_DIALOG in request.headers:  # a dialog sends its form as a page then
            return signed_out()
        return jsonify(error=_("This page is out of date. Please reload it.")), 400
    if request.endpoint in ANEW:
        flash(_("This page was open too long. Please enter it once more."), "warning")
        return _anew()
    if owner is None and user is None:
        return offered(posted.posted()), 400  # a page for everybody: back to who typed it
    return _held(owner if owner is not None else user.id)


def _anew() -> ResponseReturnValue:
    """The page of the form by GET, or the sign-in that leads back to where it stood."""
    if request.endpoint in ANEW:
        rule = request.url_rule
        here = rule is not None and "GET" in (rule.methods or ())
        return redirect(request.full_path.rstrip("?") if here else "/", 303)
    return redirect(url_for("AuthView.login", next=came_from() or "/"), 303)


def _held(owner: int) -> ResponseReturnValue | None:
    """Keep it for its account, and lead there; to another account nothing of it is said."""
    key = kept.keep(owner)
    if current_user.is_authenticated and current_user.id != owner:
        text = _(
            "This page belongs to another account than the one that is signed in now. Nothing was "
            "sent, and nothing of it is shown here."
        )
        return page(409, text)
    if not key:
        flash(
            _("What you entered could not be kept: go back with your browser and copy it."),
            "warning",
        )
    onward = url_for("KeptView.show", key=key) if key else came_from() or "/"
    if current_user.is_authenticated:
        session[posted.MARK] = key
        return redirect(onward, 303)
    return redirect(url_for("AuthView.login", next=onward), 303)


def claimed(user_id: int) -> ResponseReturnValue | None:
    """A form that is offered again goes on to its view once; None lets it go on."""
    key = request.form.get(posted.FIELD, "") if request.method == "POST" else ""
    form = kept.opened(key, user_id) if key else None
    if not key or (form is not None and form.path != request.full_path.rstrip("?")):
        return None  # no form of ours, or one that only asks for its code
    if kept.claim(key, user_id):
        g.kept = key
        return None
    flash(_("This was sent already, and is not sent twice. See here what became of it."), "info")
    return redirect(url_for("KeptView.show", key=key), 303)


def finished(response: Response) -> Response:
    """What was done is forgotten; what was refused waits on, with all that was typed."""
    key, told = g.pop("kept", ""), {kind for kind, _text in session.get("_flashes") or []}
    done = response.status_code < 400 and not told & WRONG
    try:
        if not key and done:
            key = _overtaken()
        if key:
            db.session.rollback()  # what a refused act had begun is not written with it
            kept.settle(key, done=done)
    except SQLAlchemyError:
        db.session.rollback()
    if key and done:
        session.pop(posted.MARK, None)
    return response


def _overtaken() -> str:
    """The form that waits, where the person has corrected it on its page and sent that instead."""
    key, user = session.get(posted.MARK, ""), g.get("user")
    if request.method != "POST" or not key or user is None or not user.is_authenticated:
        return ""
    form = kept.opened(key, user.id)
    return key if form is not None and form.path == request.full_path.rstrip("?") else ""
