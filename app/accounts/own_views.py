"""«My sign-ins and devices»: where one is signed in, signing out there, what happened (S-13)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts import log_queries, own_sessions, queries, workflow
from app.accounts.agents import in_words
from app.accounts.log_models import SecurityEvent
from app.accounts.log_words import CHIPS, OUTCOMES, event_name, seen_for, way_name, whose_hand
from app.accounts.models import AccountSession
from app.accounts.sessions import SECRET
from app.core import clock
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView

PAGE = 50


class MySignInsView(SafeView):
    """The person's own sessions and its own 90 days of the security log, on the phone too."""

    route_base = "/my/sign-ins"
    default_view = "index"
    class_permission_name = "MySignIns"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        typed = request.args.get("before", "0")
        before = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else 0
        rows = log_queries.own_events(g.user, before, PAGE + 1)
        return self.render_template(
            "accounts/sign_ins.html",
            sessions=sorted(map(_session, own_sessions.sessions_of(g.user.id)), key=_others_last),
            events=[_event(row) for row in rows[:PAGE]],
            more=rows[PAGE - 1].id if len(rows) > PAGE else 0,
            not_me=[link for source in stores().not_me if (link := source(g.user)) is not None],
        )

    @expose("/<string:handle>/end", methods=["POST"])
    @has_access
    def end(self, handle: str) -> ResponseReturnValue:
        """Sign out there: only where it is one's own, at once."""
        mine = [
            row for row in own_sessions.sessions_of(g.user.id) if own_sessions.handle(row) == handle
        ]
        if not mine:
            flash(_("This device is signed out already."), "info")
        elif own_sessions.is_of(mine[0], session.get(SECRET, "")):
            abort(409)
        else:
            workflow.end_session(mine[0], queries.actor())
            flash(_("Signed out there."), "success")
        return redirect(url_for("MySignInsView.index"), 303)

    @expose("/end-others", methods=["POST"])
    @has_access
    def end_others(self) -> ResponseReturnValue:
        """Sign out everywhere but here (ACC-09)."""
        done = workflow.end_others(g.user, session.get(SECRET, ""), queries.actor())
        flash(
            ngettext(
                "%(num)s other device is signed out.", "%(num)s other devices are signed out.", done
            ),
            "success",
        )
        return redirect(url_for("MySignInsView.index"), 303)


def _session(row: AccountSession) -> dict[str, object]:
    return {
        "handle": own_sessions.handle(row),
        "here": own_sessions.is_of(row, session.get(SECRET, "")),
        "device": in_words(row.device),
        "address": row.address or "–",
        "way": way_name(row.way),
        "since": clock.local(row.created_at).strftime("%m-%d %H:%M"),
        "seen": clock.local(row.seen_at).strftime("%m-%d %H:%M"),
    }


def _others_last(it: Mapping[str, object]) -> bool:
    return not it["here"]


def _event(row: SecurityEvent) -> dict[str, object]:
    own = row.actor_id in (None, row.user_id)
    return {
        "what": event_name(row.event),
        "why": seen_for(row),
        "outcome": "" if row.outcome == "done" else OUTCOMES[row.outcome],
        "chip": CHIPS[row.outcome],
        "when": clock.local(row.at).strftime("%Y-%m-%d %H:%M"),
        "device": in_words(row.device) if row.device and own else "",
        "address": row.address if own else "",
        "way": way_name(str(row.details["way"])) if "way" in row.details else "",
        "by": "" if own else whose_hand(row),
    }
