"""The page of a batch: how far it has come, what became of each record. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.batches import queries
from app.batches.models import Batch, Outcome
from app.core import clock
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path
from app.notices.fates import ToldCount
from app.notices.reached import after_each, together

SHOWN = 200  # done records that the page lists


class BatchView(SafeView):
    """One's own batches (AGR-07, BLK-04)."""

    route_base = "/batches"
    class_permission_name = "Batches"
    default_view = "show"

    @expose("/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        batch = queries.batch_of(actor(), uid)
        progress = queries.progress(batch)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(total=progress.total, left=progress.left, finished=progress.left == 0)
        return self.render_template("batches/show.html", **_page(batch, progress))

    @expose("/<string(length=32):uid>/undo", methods=["POST"])
    @has_access
    def undo(self, uid: str) -> ResponseReturnValue:
        """Undo every decision of the batch for which it is not too late."""
        who = actor()
        batch = queries.batch_of(who, uid)
        rows = [(r.record_id, r.name, r.url) for r in queries.rows_of(batch, Outcome.DONE)]
        again = queries.ask(
            who,
            batch.kind,
            "undo",
            rows,
            back_url=batch.back_url,
            uid=f"{batch.id:x}".rjust(32, "u"),
        )
        return redirect(url_for("BatchView.show", uid=again.uid), 303)


def _told(batch: Batch) -> ToldCount:
    """Whom the decisions of the batch were told to, and whom not (NTF-05)."""
    ids = [row.record_id for row in queries.rows_of(batch, Outcome.DONE)]
    each = after_each(batch.kind, ids, batch.step, batch.user_id, batch.created_at)
    return together(each.values())


def _page(batch: Batch, progress: queries.Progress) -> dict[str, Any]:
    step = stores().workflows[batch.kind].step(batch.step)
    now = clock.now()
    until = queries.undo_until(batch)
    lasts = until is not None and progress.done > 0 and now < until
    done = queries.rows_of(batch, Outcome.DONE, SHOWN)
    told = _told(batch) if progress.left == 0 else ToldCount()
    return {
        "title": step.label,
        "batch": batch,
        "progress": progress,
        "refused": queries.rows_of(batch, Outcome.REFUSED),
        "done": done,
        "beyond": progress.done - len(done),
        "done_text": step.done,
        "told": told.figures,
        "untold": [(reach.name, reach.label) for reach in told.missed[:SHOWN]],
        "now": now,
        "undo_until": until if lasts else None,
        "undo_url": url_for("BatchView.undo", uid=batch.uid),
        "back_url": local_path(batch.back_url) or "/",
        "summary": _("%(done)s of %(count)s done.", done=progress.done, count=progress.total),
    }
