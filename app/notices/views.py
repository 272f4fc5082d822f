"""Everybody's inbox; the messages page; failed jobs. HTTP only."""

from __future__ import annotations

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.core import clock, jobs
from app.core.db import db
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path
from app.notices import queries
from app.workflow.actor import Role

MOST = 2**31 - 1


class NoticesView(SafeView):
    """What the account was told, unread marked (NTF-01)."""

    route_base = "/notices"
    default_view = "index"
    class_permission_name = "Notices"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        before, unread = request.args.get("before", "0"), request.args.get("unread") == "1"
        start = int(before) if before.isdecimal() and len(before) < 10 else 0
        rows = queries.inbox(g.user.id, start, unread)
        page = rows[: queries.PAGE]
        return self.render_template(
            "notices/inbox.html",
            days=queries.by_day(page),
            only_unread=unread,
            more=page[-1].id if len(rows) > queries.PAGE else 0,
        )

    @expose(f"/<int(max={MOST}):pk>", methods=["POST"])
    @has_access
    def follow(self, pk: int) -> ResponseReturnValue:
        """Mark as read and go where it leads."""
        url = queries.open_notice(g.user.id, pk).url
        return redirect(local_path(url) or url_for("NoticesView.index"), 303)

    @expose("/read", methods=["POST"])
    @has_access
    def read_all(self) -> ResponseReturnValue:
        queries.read_all(g.user.id)
        return redirect(url_for("NoticesView.index"), 303)


class MessagesView(SafeView):
    """Every mail and text message: open in the demo, where the codes must be read; else the administrator's.

    Outside the demo no body is shown: a code in it would make its reader the person it is for (S-12).
    """

    route_base = "/messages"
    default_view = "index"
    class_permission_name = "Messages"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        config = jobs.config()
        administrator = g.user.is_authenticated and g.user.role == Role.ADMIN
        if config.mode != "demo" and not administrator:
            abort(404)
        wanted = request.args.get("q", "").strip()[:60]
        rows = [
            (
                m,
                m.body or "" if config.mode == "demo" else "",
                clock.local(m.created_at).strftime("%m-%d %H:%M:%S"),
            )
            for m in queries.latest_messages()
        ]
        shown = [
            row for row in rows if wanted in f"{row[0].subject} {row[0].address_masked} {row[1]}"
        ]
        return self.render_template("notices/messages.html", rows=shown, wanted=wanted)


class JobsView(SafeView):
    """Jobs that kept failing, with a second chance (administrators)."""

    route_base = "/jobs"
    default_view = "index"
    class_permission_name = "Jobs"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        rows = [
            (row, clock.local(row.at).strftime("%Y-%m-%d %H:%M") if row.at else "")
            for row in queries.failed_jobs()
        ]
        return self.render_template("notices/jobs.html", rows=rows)

    @expose(f"/<int(max={MOST}):pk>/retry", methods=["POST"])
    @has_access
    def retry(self, pk: int) -> ResponseReturnValue:
        done = jobs.retry(pk)
        db.session.commit()
        flash(
            _("The job will be tried again.")
            if done
            else _("This job is not among the failed ones."),
            "success" if done else "warning",
        )
        return redirect(url_for("JobsView.index"), 303)
