"""Sign-in as Flask-AppBuilder sees it: our users, sessions kept in the database, gates behind the door."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import factors, late, living_sessions, queries, step_up
from app.accounts.models import AppUser
from app.accounts.sessions import SECRET
from app.accounts.views import AuthView
from app.core import page
from app.core.assets import FILES
from app.core.registry import stores
from app.fab.security import CodeRoleManager

CHALLENGE = "FactorView"

# what a session may do whose second factor is not proved yet: sign out, change the language
BEFORE_FACTOR = {
    "healthz",
    "LocaleView.index",
    "AuthView.logout",
    "AuthView.demo",  # leaves this session for another; exists in the demo only
}
ALWAYS_OPEN = {
    "healthz",
    "LocaleView.index",
    "AuthView.logout",
    "SessionView.index",  # says when it ends, and lengthens it: no page of its own
    "SessionView.go_on",
    "RegionView.find",  # the first page of an employer asks for regions
    "SignInView.mail",  # a rejected registration may need another address
    "SignInView.mail_code",
    "SignInView.old_code",
}


class AccountManager(CodeRoleManager):
    """Accounts of `ab_user` with our columns; a session is a row that can be ended (ACC-09)."""

    user_model = AppUser
    auth_view_class = AuthView

    def create_login_manager(self, app: object) -> object:
        """Strangers are led to our sign-in page, without a message."""
        manager = super().create_login_manager(app)
        manager.login_view, manager.login_message = "AuthView.login", None
        return manager

    def load_user(self, pk: int) -> AppUser | None:
        """The account of the cookie, if its session still lives; one query."""
        asks_only = request.endpoint == "SessionView.index"
        found = living_sessions.session_user(session.get(SECRET, ""), touch=not asks_only)
        if found is None or found.user.id != int(pk):
            return None
        g.now = found.now  # one reading of the clock serves the whole page
        g.record = found.record  # held, so that the session knows it
        if (reading := page.begin(found.now)) is not None:
            reading.answers.update(found.answers)
        g.proof = found.proof
        g.ends, g.last = found.ends, found.last
        return found.user

    def turned_away(self) -> Any:
        """A form that comes after the session's end waits for its account (ACC-14)."""
        answer = None if current_user.is_authenticated else late.over()
        return answer if answer is not None else super().turned_away()

    @staticmethod
    def before_request() -> ResponseReturnValue | None:
        """Set `g.user`, then hold the account at its first gate; a file asks nobody who it is."""
        if request.endpoint in FILES:
            return None
        g.user = current_user._get_current_object()  # asked hundreds of times a page
        if not current_user.is_authenticated:
            return None
        held = factor_gate(g.user)
        if held is not None or request.endpoint in ALWAYS_OPEN:
            return held
        for gate in stores().gates:
            endpoint = gate(current_user)
            if endpoint is not None:
                return _held_at(endpoint) or late.claimed(g.user.id)
        return late.claimed(g.user.id)


def must_change_password(user: AppUser) -> str | None:
    """An account made by an administrator chooses its own password first."""
    return "PasswordView.change" if user.must_change_password else None


def must_set_up_factor(user: AppUser) -> str | None:
    """Staff of an installation that requires a second factor set one up first (CHN-09)."""
    needs = g.get("factor_required", False) and not queries.proof().enrolled
    return "MyFactorsView.index" if needs and user.is_staff else None


def factor_gate(user: AppUser) -> ResponseReturnValue | None:
    """A session without its second factor reaches the page that asks for it, and nothing else."""
    proof = queries.proof()
    g.factor_required = factors.required(user)
    if proof.enrolled and proof.at is None:
        if request.endpoint in BEFORE_FACTOR:
            return None
        return None if _view_asked() == CHALLENGE else _to_challenge()
    return step_up.taken_up(user)


def _to_challenge() -> Response:
    """The page that asks, which leads on to the page that was wanted."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    page = f"{CHALLENGE}.index"
    return redirect(url_for(page) if wanted == "/" else url_for(page, next=wanted))


def _view_asked() -> str:
    return (request.endpoint or "").partition(".")[0]


def _held_at(endpoint: str) -> Response | None:
    """Let the gate's own view through, send everything else to it."""
    view = endpoint.partition(".")[0]
    open_views = (view, "MessagesView", "KeptView")  # what was typed at the gate may wait there too
    return None if _view_asked() in open_views else redirect(url_for(endpoint))
