"""The pages of every import: template, upload, preview, result, faulty rows. HTTP only."""

from __future__ import annotations

import contextlib
import io

from flask import flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.files.imports import (
    queries,
    requests,
    row_pages,
    template,
)
from app.files.imports.answers import Answers, answers_of
from app.files.imports.intake import MAX_BYTES
from app.files.imports.models import FILES, IMPORT_CHIPS, IMPORT_STATES, Import, ImportState
from app.files.imports.pages import ASKED, page_of
from app.files.imports.sheet import Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportsView(SafeView):
    """One's own imports (INV-03, BLK-01 to BLK-05)."""

    route_base = "/imports"
    class_permission_name = "Imports"
    default_view = "begin"

    @expose("/<string:name>/", methods=["GET"])
    @has_access
    def begin(self, name: str) -> ResponseReturnValue:
        return self._begin(requests.sheet_for(actor(), name))

    @expose("/<string:name>/template.xlsx", methods=["GET"])
    @has_access
    def template(self, name: str) -> ResponseReturnValue:
        who = actor()
        sheet = requests.sheet_for(who, name)
        mine = Import(school_id=who.school_id, employer_id=who.employer_id)
        data = template.make(sheet, sheet.prepare(mine))
        return _sent(data, _("%(sheet)s template", sheet=sheet.title))

    @expose("/<string:name>/", methods=["POST"])
    @has_access
    def upload(self, name: str) -> ResponseReturnValue:
        """Keep the file; the worker checks it while the person watches or goes elsewhere (BLK-04)."""
        who = actor()
        sheet = requests.sheet_for(who, name)
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._begin(sheet, _("Please choose a file.")), 422
        with contextlib.closing(file):
            data = file.stream.read(MAX_BYTES + 1)
        try:
            record, fresh = requests.bring(who, sheet, data, file.filename)
        except Refused as refusal:
            return self._begin(sheet, str(refusal)), 422
        if not fresh:
            flash(_("This very file is here already: nothing was done a second time."), "info")
        return redirect(url_for("ImportsView.show", uid=record.uid), 303)

    @expose("/file/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        return self.render_template(
            "files/imports/show.html", **page_of(queries.import_of(actor(), uid))
        )

    @expose("/file/<string(length=32):uid>/<string:step>", methods=["POST"])
    @has_access
    def take(self, uid: str, step: str) -> ResponseReturnValue:
        """Apply, apply the good rows only, undo (the worker does it), discard."""
        who = actor()
        record = queries.import_of(who, uid)
        if step not in ASKED:
            raise NotYours(step)
        try:
            if step == "discard":
                requests.discard(record, who)
            else:
                requests.ask(step, record, who, request.args.get("seen"))
        except (Refused, Invalid) as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("ImportsView.show", uid=uid), 303)

    @expose("/file/<string(length=32):uid>/words", methods=["POST"])
    @has_access
    def decide(self, uid: str) -> ResponseReturnValue:
        """What the columns and values of the file mean, what becomes of its problems; it is checked again."""
        who = actor()
        record = queries.import_of(who, uid)
        anew = "anew" in request.args
        answers = Answers() if anew else answers_of(request.form, record)
        try:
            requests.decide(record, who, answers, request.form.get("seen"), anew=anew)
        except (Refused, Invalid) as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("ImportsView.show", uid=uid), 303)

    @expose("/file/<string(length=32):uid>/agreement", methods=["POST"])
    @has_access
    def agree(self, uid: str) -> ResponseReturnValue:
        """What is left out, or changes improbably often, is agreed to."""
        who = actor()
        record = queries.import_of(who, uid)
        try:
            if not request.form.get("agreed"):
                raise Refused(_("Please tick that you have read it."))
            requests.agree(record, who, request.form.get("seen"))
        except (Refused, Invalid) as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("ImportsView.show", uid=uid), 303)

    @expose("/file/<string(length=32):uid>/rows", methods=["GET"])
    @has_access
    def rows(self, uid: str) -> ResponseReturnValue:
        """All rows, a page at a time: of one status, of those that change one column, of one problem."""
        record = queries.import_of(actor(), uid)
        if not record.counted or record.file_key is None:
            raise NotYours(f"rows of {uid}")
        return self.render_template(
            "files/imports/rows.html", **row_pages.page(record, request.args)
        )

    @expose("/file/<string(length=32):uid>/errors.xlsx", methods=["GET"])
    @has_access
    def errors(self, uid: str) -> ResponseReturnValue:
        """The faulty rows with clear numbers: only to who brought them."""
        who = actor()
        record = queries.import_of(who, uid)
        if record.user_id != who.user_id:
            raise NotYours(f"import {uid}")
        data = FILES.read(record.errors_key, record.uid)
        return _sent(data, _("%(name)s faulty rows", name=record.file_name.rpartition(".")[0]))

    def _begin(self, sheet: Sheet, problem: str = "") -> str:
        label, back = sheet.home()
        return self.render_template(
            "files/imports/begin.html",
            title=_("Import: %(sheet)s", sheet=sheet.title),
            active=sheet.menu,
            name=sheet.name,
            about=sheet.about,
            back=(label, back),
            problem=problem,
            most_mb=MAX_BYTES >> 20,
            most_rows=sheet.most_rows,
            columns=[(c.label, c.required, template.describe(c), c.code) for c in sheet.columns],
            notes=[*template.general(sheet), *sheet.notes],
            latest=[_named(record) for record in queries.latest(actor(), sheet.name)],
        )


def _sent(data: bytes, name: str) -> ResponseReturnValue:
    return send_file(io.BytesIO(data), XLSX, as_attachment=True, download_name=f"{name}.xlsx")


def _named(record: Import) -> dict[str, object]:
    return {
        "label": IMPORT_STATES[ImportState(record.state)],
        "kind": IMPORT_CHIPS[ImportState(record.state)],
        "name": record.file_name,
        "url": url_for("ImportsView.show", uid=record.uid),
        "who": record.user.display_name,
        "when": moment(record.created_at),
    }
