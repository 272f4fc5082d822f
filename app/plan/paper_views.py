"""What the worker makes of the plan for one person, and the official workbook. HTTP only."""

from __future__ import annotations

import contextlib
import io
import mimetypes
from typing import Any

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.bulk.asking import clean_name
from app.bulk.intake import MAX_BYTES
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.shown import moment
from app.people.office_views import years
from app.plan import official, papers
from app.plan.paper_models import PAPER_KINDS, Paper, PaperKind


class PapersView(SafeView):
    """One's own papers: how far the worker is, and the file (BLK-04)."""

    route_base = "/plan/papers"
    default_view = "show"
    class_permission_name = "PlanPapers"

    @expose("/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> Any:
        paper = papers.paper_of(actor(), uid)
        return self.render_template(
            "plan/paper.html",
            paper=paper,
            title=PAPER_KINDS[PaperKind(paper.kind)],
            back=_back(paper),
            facts=_facts(paper),
            missed=paper.report.get("missed", []),
            ready=paper.result_key is not None,
        )

    @expose("/<string(length=32):uid>/file", methods=["GET"])
    @has_access
    def file(self, uid: str) -> Any:
        paper = papers.paper_of(actor(), uid)
        try:
            data = papers.result_of(paper)
        except Refused as refusal:
            raise NotYours(str(refusal)) from refusal
        kind = mimetypes.guess_type(paper.file_name)[0] or "application/octet-stream"
        sent = send_file(io.BytesIO(data), kind, as_attachment=True, download_name=paper.file_name)
        sent.headers["Cache-Control"] = "no-store"
        return sent


def _back(paper: Paper) -> tuple[str, str]:
    if paper.kind == PaperKind.DIFFERENCES:
        return _("Compare side by side"), url_for("PlanFilesView.show", uid=paper.wish["uid"])
    if paper.kind == PaperKind.OFFICIAL:
        return _("Fill an official workbook"), url_for("OfficialView.index")
    return _("Forwarding letters"), url_for("LettersView.list")


def _facts(paper: Paper) -> list[tuple[Any, Any]]:
    """What was asked for and what came of it."""
    facts: list[tuple[Any, Any]] = [
        (_("File"), paper.file_name),
        (_("Asked for"), moment(paper.created_at)),
    ]
    if paper.wish.get("purpose"):
        facts.append((_("Purpose"), paper.wish["purpose"]))
    return facts + [(official.NOTED[k], v) for k, v in paper.report.get("noted", {}).items()]


class OfficialView(SafeView):
    """Filling an official workbook with our plan (PLN-09)."""

    route_base = "/plan/official"
    default_view = "index"
    class_permission_name = "PlanOfficial"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> Any:
        return self._index()

    @expose("/", methods=["POST"])
    @has_access
    def fill(self) -> Any:
        """Keep the workbook; the worker fills it."""
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._index([("file", _("Please choose a file."))]), 422
        with contextlib.closing(file):
            data = file.stream.read(MAX_BYTES + 1)
        try:
            paper = official.bring(actor(), data, clean_name(file.filename), request.form.to_dict())
        except Invalid as problem:
            return self._index(problem.problems), 422
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(url_for("OfficialView.index"), 303)
        return redirect(url_for("PapersView.show", uid=paper.uid), 303)

    def _index(self, problems: Any = ()) -> Any:
        who = actor()
        papers.may_ask(who)
        return self.render_template(
            "plan/official.html",
            problems={place: text for place, text in problems},  # noqa: C416
            years=years(),
            form=request.form,
            most_mb=MAX_BYTES >> 20,
            most_rows=official.MOST_ROWS,
            latest=named(papers.latest(who, [PaperKind.OFFICIAL])),
        )


def named(rows: Any) -> list[tuple[str, str, str, bool]]:
    """(name, address, when, whether the worker is at it) of papers."""
    return [
        (p.file_name, url_for("PapersView.show", uid=p.uid), moment(p.created_at), p.busy) for p in rows
    ]  # fmt: skip
