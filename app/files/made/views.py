"""What the worker makes for one person: how far it is, and the file. HTTP only."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import NotYours, Refused
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.files.made import making
from app.files.made.models import MadeFile


class PapersView(SafeView):
    """One's own papers: how far the worker is, and the file (BLK-04)."""

    route_base = "/plan/papers"
    default_view = "show"
    class_permission_name = "PlanPapers"

    @expose("/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        paper = making.paper_of(actor(), uid)
        maker: making.Maker = stores().makers[paper.kind]
        return self.render_template(
            "files/made/show.html",
            paper=paper,
            title=maker.title,
            active=maker.menu,
            back=maker.back(paper),
            facts=_facts(paper, maker),
            missed=paper.report.get("missed", []),
            ready=paper.result_key is not None,
        )

    @expose("/<string(length=32):uid>/file", methods=["GET"])
    @has_access
    def file(self, uid: str) -> ResponseReturnValue:
        paper = making.paper_of(actor(), uid)
        try:
            data = making.result_of(paper)
        except Refused as refusal:
            raise NotYours(str(refusal)) from refusal
        kind = mimetypes.guess_type(paper.file_name)[0] or "application/octet-stream"
        sent = send_file(io.BytesIO(data), kind, as_attachment=True, download_name=paper.file_name)
        sent.headers["Cache-Control"] = "no-store"
        return sent


def _facts(paper: MadeFile, maker: making.Maker) -> list[tuple[object, object]]:
    """What was asked for and what came of it."""
    facts: list[tuple[Any, Any]] = [
        (_("File"), paper.file_name),
        (_("Asked for"), moment(paper.created_at)),
    ]
    if paper.wish.get("purpose"):
        facts.append((_("Purpose"), paper.wish["purpose"]))
    return facts + [(maker.noted[k], v) for k, v in paper.report.get("noted", {}).items()]


def asked(ask: Callable[[], MadeFile], back: str) -> Any:
    """To the page of what was just asked for; where it is refused, back with the sentence."""
    try:
        paper = ask()
    except Refused as refusal:
        flash(str(refusal), "warning")
        return redirect(back, 303)
    return redirect(url_for("PapersView.show", uid=paper.uid), 303)


def named(rows: Any) -> list[tuple[str, str, str, bool]]:
    """(name, address, when, whether the worker is at it) of papers."""
    return [
        (p.file_name, url_for("PapersView.show", uid=p.uid), moment(p.created_at), p.busy)
        for p in rows
    ]
