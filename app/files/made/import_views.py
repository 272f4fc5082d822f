"""A workbook of all changes of an import, made by the worker. HTTP only."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import NotYours
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.imports import queries
from app.files.made import requests
from app.files.made.views import asked
from app.files.made.workbook import CHANGES


class ImportChangesView(SafeView):
    """All changes of a checked file, old beside new, to be looked at elsewhere (BLK-09)."""

    route_base = "/import-changes"
    class_permission_name = "ImportChanges"
    default_view = "make"

    @expose("/<string(length=32):uid>", methods=["POST"])
    @has_access
    def make(self, uid: str) -> ResponseReturnValue:
        who = actor()
        record = queries.import_of(who, uid)
        if not record.changed or record.file_key is None:
            raise NotYours(f"changes of {uid}")
        name = _("Changes of %(file)s", file=record.file_name.rpartition(".")[0]) + ".xlsx"
        wish = {"import": record.id, "uid": uid}
        return asked(
            lambda: requests.ask(who, CHANGES, wish, name), url_for("ImportsView.show", uid=uid)
        )
