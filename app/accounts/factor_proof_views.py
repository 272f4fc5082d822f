"""The page after the password: the second factor is proved, or set up where it is owed (CHN-09)."""

from __future__ import annotations

import json
from typing import Any

from flask import g, jsonify, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.accounts import (
    factor_challenges,
    living_sessions,
    queries,
    step_up,
)
from app.accounts.sessions import SECRET
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path


class FactorView(SafeView):
    """After the password: the only page that a half-open session reaches."""

    route_base = "/factor"
    class_permission_name = "Factor"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        onward = local_path(request.args.get("next", "")) or "/"
        known = queries.proof()
        if not known.enrolled:
            return redirect(onward)
        if request.method == "GET":
            return self._page()
        if known.at is None:  # else the door has looked at it: `step_up.taken_up`
            try:
                step_up.prove(g.user)
            except (Invalid, Refused) as problem:
                return self._page(problem), 422
            session[SECRET] = living_sessions.renew_session(session.get(SECRET, ""))
            db.session.commit()
        return redirect(onward, 303)

    @expose("/options", methods=["POST"])
    @has_access
    def options(self) -> ResponseReturnValue:
        """What the browser needs to ask a key."""
        return json_of(factor_challenges.key_options(g.user, session.get(SECRET, ""), "prove"))

    def _page(self, problem: Invalid | Refused | None = None) -> Any:
        return self.render_template(
            "accounts/factor.html",
            action=request.full_path.rstrip("?"),
            waiting=queries.proof().at is None,
            **step_up.choices(g.user, problem),
        )


def json_of(options: str) -> Response:
    return jsonify(json.loads(options))
