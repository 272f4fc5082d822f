"""Sign-in as Flask-AppBuilder sees it: our users, sessions kept in the database, gates behind the door."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.hooks import GATES
from app.accounts.models import AppUser
from app.accounts.sessions import SECRET
from app.accounts.views import AuthView
from app.fab.security import CodeRoleManager

ALWAYS_OPEN = {
    "static",
    "appbuilder.static",
    "healthz",
    "LocaleView.index",
    "AuthView.logout",
    "RegionView.find",  # the first page of an employer asks for regions
    "SignInView.mail",  # a rejected registration may need another address
    "SignInView.mail_code",
    "SignInView.old_code",
}


class AccountManager(CodeRoleManager):
    """Accounts of `ab_user` with our columns; a session is a row that can be ended (ACC-09)."""

    user_model = AppUser
    auth_view_class = AuthView

    def create_login_manager(self, app: Any) -> Any:
        """Strangers are led to our sign-in page, without a message."""
        manager = super().create_login_manager(app)
        manager.login_view, manager.login_message = "AuthView.login", None
        return manager

    def load_user(self, pk: int) -> AppUser | None:
        """The account of the cookie, if its session still lives; one query."""
        found = queries.session_user(session.get(SECRET, ""))
        if found is None or found[0].id != int(pk):
            return None
        g.now = found[1]  # one reading of the clock serves the whole page
        return found[0]

    @staticmethod
    def before_request() -> Any:
        """Set `g.user`, then hold the account at its first gate."""
        g.user = current_user._get_current_object()  # asked hundreds of times a page
        if not current_user.is_authenticated or request.endpoint in ALWAYS_OPEN:
            return None
        for gate in GATES:
            endpoint = gate(current_user)
            if endpoint is not None:
                return _held_at(endpoint)
        return None


def _held_at(endpoint: str) -> Response | None:
    """Let the gate's own view through, send everything else to it."""
    view = endpoint.partition(".")[0]
    here = (request.endpoint or "").partition(".")[0]
    return None if here in (view, "MessagesView") else redirect(url_for(endpoint))
