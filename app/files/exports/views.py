"""Asking for a file, watching it being made, fetching it. HTTP only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_wtf import FlaskForm

from app.accounts.queries import actor
from app.core.errors import Invalid, NotYours, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.exports import fetching, lists, presentation, requests, rights
from app.files.exports.forms import ExportForm, ListForm
from app.files.exports.models import Export, Format
from app.files.exports.queries import export_of
from app.files.exports.workflow import EXPORTS

DECIDED = {"replace"}


class AskView(SafeView):
    """The page that asks what goes out; its answer is an export of one's own."""

    default_view = "begin"
    form: type[ExportForm]

    @expose("/", methods=["POST"])
    @has_access
    def create(self) -> ResponseReturnValue:
        form = self.form()
        if not form.validate():
            return self._page(form), 422
        try:
            record = self._asked(form)
        except (Invalid, Refused) as problem:
            show_problems(form, problem)
            return self._page(form), 422
        return redirect(url_for("ExportsView.show", uid=record.uid, new=1), 303)

    def _asked(self, form: FlaskForm) -> Export:
        """Ask for what the form says. Raises Invalid, Refused, NotYours."""
        raise NotImplementedError

    def _page(self, form: FlaskForm) -> Any:
        """The page with the form, and what it said wrong."""
        raise NotImplementedError


def year_asked(form: FlaskForm) -> int | None:
    """The year of the page's address, if the form offers it."""
    offered = {str(year): int(year) for year, _label in form.year.choices}
    return offered.get(request.args.get("year", ""))


def ask(name: str, asked: Mapping[str, object], form: FlaskForm) -> Export:
    """An export in the format of the form, whole numbers for its purpose. Raises Invalid, Refused."""
    return requests.ask(
        actor(),
        name,
        asked,
        Format(form.format.data),
        uid=form.uid.data or "",
        clear=bool(form.clear.data),
        purpose=form.purpose.data or "",
    )


class ExportsView(AskView):
    """One's own exports (BLK-01, BLK-04); `clear` is the right to whole personal numbers (RPT-05)."""

    route_base = "/exports"
    class_permission_name = "Exports"
    form = ListForm

    @expose("/", methods=["GET"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        """The page of one list: how many rows, which format."""
        if not request.args.get("list"):
            return redirect(url_for("ExportHistoryView.list"))
        form = ListForm(formdata=None)
        form.list.data = request.args["list"]
        form.query.data = request.args.get("query", "")
        return self._page(form)

    @expose("/file/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        record = export_of(actor(), uid)
        page = presentation.page_of(record, actor(), fresh="new" in request.args)
        return self.render_template("files/exports/show.html", **page)

    @expose("/file/<string(length=32):uid>/<string:step>", methods=["POST"])
    @has_access
    def take(self, uid: str, step: str) -> ResponseReturnValue:
        """Take signs in place of what the format cannot hold."""
        who = actor()
        record = export_of(who, uid)
        if step not in DECIDED:
            raise NotYours(step)
        try:
            requests.take(step, record, who)
        except (Refused, Invalid) as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("ExportsView.show", uid=uid), 303)

    @expose("/file/<string(length=32):uid>/fetch", methods=["GET"])
    @has_access
    def fetch(self, uid: str) -> ResponseReturnValue:
        """The file: as it was kept, or as CSV written while it is sent. Each time leaves its trace."""
        who = actor()
        record = export_of(who, uid)
        try:
            EXPORTS.perform(requests.own(who, "fetch"), record.id, who)
            return _answer(record)
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(url_for("ExportsView.show", uid=uid), 303)

    def clear(self) -> bool:
        """Whether the person may have whole personal numbers: a permission without a route."""
        return rights.may_clear()

    def _asked(self, form: ListForm) -> Export:
        view = lists.view_of(form.list.data or "")
        chosen = view.chosen_columns() if form.columns.data == "shown" else None
        numbers = bool(lists.numbers_of(view))
        clear = bool(form.clear.data)
        if clear and not (numbers and self.clear()):
            raise NotYours("whole numbers")
        more = lists.numbers_of(view) if clear and chosen is not None else []
        columns = lists.columns_of(view, None if chosen is None else [*chosen, *more])
        asked = {"view": form.list.data, "query": form.query.data or "", "columns": columns}
        return ask(lists.NAME, asked, form)

    def _page(self, form: ListForm) -> Any:
        asked = {"view": form.list.data or "", "query": form.query.data or ""}
        view = lists.view_of(asked["view"])
        if not (lists.numbers_of(view) and self.clear()):
            del form.clear, form.purpose
        return self.render_template(
            "files/exports/begin.html",
            form=form,
            columns=True,
            **presentation.begin_of(lists.LISTS, asked),
            action=url_for("ExportsView.create"),
        )


def _answer(record: Export) -> Response:
    form = Format(record.format)
    parts = fetching.parts_of(record)
    answer = Response(stream_with_context(parts), mimetype=fetching.MIMES[form])
    answer.headers["Content-Disposition"] = fetching.disposition(record)
    answer.headers["Cache-Control"] = "no-store, private"
    if record.size is not None:
        answer.content_length = record.size
    return answer
