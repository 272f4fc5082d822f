"""The proof of the trail: roots for everybody, the walks for administrators. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, g, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.audit import queries, roots, tasks
from app.audit.findings import said
from app.core import clock, jobs
from app.core.db import db
from app.fab.access import has_access
from app.fab.builder import SafeView

LATE = 60.0  # seconds after which what waits to be sealed is late


class RootsView(SafeView):
    """The root of every day: public, without any name, for machines too (TRU-05)."""

    route_base = "/audit"
    default_view = "index"

    @expose("/roots", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        return self.render_template("audit/roots.html", rows=roots.published())

    @expose("/roots.json", methods=["GET"])
    def machine(self) -> ResponseReturnValue:
        """The same, all days, for whoever compares by program."""
        return jsonify(roots=roots.published(20_000))


class AuditView(SafeView):
    """Is the trail whole? How far it is sealed, how the nightly walks ended, a walk now."""

    route_base = "/audit"
    default_view = "index"
    class_permission_name = "Audit"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        now = queries.standing()
        return self.render_template(
            "audit/audit.html",
            now=now,
            late=now.waiting and now.lag > LATE,
            sealed=clock.local(now.at).strftime("%Y-%m-%d %H:%M:%S") if now.at else "–",
            runs=[_run(row) for row in queries.runs()],
            latest=roots.published(7),
        )

    @expose("/run", methods=["POST"])
    @has_access
    def run(self) -> ResponseReturnValue:
        """The worker walks everything; the page shows how it ended."""
        jobs.enqueue(tasks.verify_now, actor_id=g.user.id)
        db.session.commit()
        flash(
            _("The check has begun. Reload the page in a minute: its result will stand here."),
            "success",
        )
        return redirect(url_for("AuditView.index"), 303)


def _run(row: Any) -> dict[str, object]:
    return {
        "at": clock.local(row.at).strftime("%Y-%m-%d %H:%M"),
        "rows": row.rows,
        "waiting": row.waiting,
        "seconds": f"{row.seconds:.1f}",
        "good": not row.kind,
        "sentence": said(row.kind, row.facts) if row.kind else "",
    }
