"""The pages of every import: template, upload, preview, result, faulty rows. HTTP only."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.bulk import asking, queries, shown, tasks, template
from app.bulk.intake import MAX_BYTES
from app.bulk.models import IMPORT_CHIPS, IMPORT_STATES, Import, ImportState
from app.bulk.sheet import SHEETS, Sheet
from app.bulk.workflow import IMPORTS
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.shown import moment
from app.workflow.actor import Role
from app.workflow.queries import said, trail_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ASKED = {"write", "write_good", "undo"}


class ImportsView(SafeView):
    """One's own imports (INV-03, BLK-01 to BLK-05)."""

    route_base = "/imports"
    class_permission_name = "Imports"
    default_view = "begin"

    @expose("/<string:name>/", methods=["GET"])
    @has_access
    def begin(self, name: str) -> Any:
        return self._begin(asking.sheet_for(actor(), name))

    @expose("/<string:name>/template.xlsx", methods=["GET"])
    @has_access
    def template(self, name: str) -> Any:
        who = actor()
        sheet = asking.sheet_for(who, name)
        mine = Import(school_id=who.school_id, employer_id=who.employer_id)
        data = template.make(sheet, sheet.prepare(mine))
        return _sent(data, _("%(sheet)s template", sheet=sheet.title))

    @expose("/<string:name>/", methods=["POST"])
    @has_access
    def upload(self, name: str) -> Any:
        """Keep the file; the worker checks it while the person watches or goes elsewhere (BLK-04)."""
        who = actor()
        sheet = asking.sheet_for(who, name)
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._begin(sheet, _("Please choose a file.")), 422
        with contextlib.closing(file):
            data = file.stream.read(MAX_BYTES + 1)
        try:
            record, fresh = asking.bring(who, sheet, data, file.filename)
        except Refused as refusal:
            return self._begin(sheet, str(refusal)), 422
        if not fresh:
            flash(_("This very file is here already: nothing was done a second time."), "info")
        return redirect(url_for("ImportsView.show", uid=record.uid), 303)

    @expose("/file/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> Any:
        return self.render_template("bulk/show.html", **_page(queries.import_of(actor(), uid)))

    @expose("/file/<string(length=32):uid>/<string:step>", methods=["POST"])
    @has_access
    def take(self, uid: str, step: str) -> Any:
        """Apply, apply the good rows only, undo: the worker does it."""
        who = actor()
        record = queries.import_of(who, uid)
        if step not in ASKED:
            raise NotYours(step)
        try:
            asking.ask(step, record, who, request.args.get("seen"))
        except (Refused, Invalid) as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("ImportsView.show", uid=uid), 303)

    @expose("/file/<string(length=32):uid>/errors.xlsx", methods=["GET"])
    @has_access
    def errors(self, uid: str) -> Any:
        """The faulty rows with clear numbers: only to who brought them."""
        who = actor()
        record = queries.import_of(who, uid)
        if record.user_id != who.user_id:
            raise NotYours(f"import {uid}")
        data = tasks.kept_file(record, errors=True)
        return _sent(data, _("%(name)s faulty rows", name=record.file_name.rpartition(".")[0]))

    def _begin(self, sheet: Sheet, problem: str = "") -> Any:
        label, back = sheet.home()
        return self.render_template(
            "bulk/begin.html",
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


def take_url(record: Import, step: str) -> str:
    """Where a step is asked for, with the numbers that its dialog says."""
    return url_for("ImportsView.take", uid=record.uid, step=step, seen=record.seen)


def _sent(data: bytes, name: str) -> Any:
    return send_file(io.BytesIO(data), XLSX, as_attachment=True, download_name=f"{name}.xlsx")


def _named(record: Import) -> dict[str, Any]:
    return {
        "label": IMPORT_STATES[ImportState(record.state)],
        "kind": IMPORT_CHIPS[ImportState(record.state)],
        "name": record.file_name,
        "url": url_for("ImportsView.show", uid=record.uid),
        "who": record.user.display_name,
        "when": moment(record.created_at),
    }


def _page(record: Import) -> dict[str, Any]:
    sheet, who, now = SHEETS[record.sheet], actor(), clock.now()
    start = url_for("ImportsView.begin", name=sheet.name)
    offers = [
        (
            offer,
            take_url(record, offer.step.name.removesuffix("_own")),
        )
        for offer in IMPORTS.offers(record, who, now)
    ]
    mine = record.user_id == who.user_id and record.errors_key is not None
    kept = record.total and not record.busy and record.file_key is not None
    return {
        "title": record.file_name,
        "active": sheet.menu,
        "back": (_("Import: %(sheet)s", sheet=sheet.title), start),
        "record": record,
        "status": (
            IMPORT_STATES[ImportState(record.state)],
            IMPORT_CHIPS[ImportState(record.state)],
        ),
        "busy": record.busy,
        "stage": shown.STAGES.get(record.stage, shown.STAGES[""])(),
        "way": shown.way(record),
        "total": record.total,
        "tally": shown.tally_of(record),
        "result": shown.result(record),
        "sentences": record.details.get("sentences", []),
        "facts": shown.facts_of(record),
        "mended": shown.mended_of(record, sheet),
        "parts": shown.parts_of(record, sheet, sheet.prepare(record)) if kept else [],
        "offers": offers,
        "question": shown.question(record),
        "beside": sheet.beside(record) if kept else None,
        "errors_url": url_for("ImportsView.errors", uid=record.uid) if mine else "",
        "again_url": "" if record.busy else start,
        "home": shown.onward(record, sheet),
        "trace": [
            {
                "who": _who(row),
                "what": said(row),
                "when": clock.local(row.at),
                "note": row.reason,
            }
            for row in reversed(trail_of("import_file", record.id))
        ],
    }


def _who(row: Any) -> str:
    return _("The system") if row.actor_role == Role.SYSTEM else row.actor_name
