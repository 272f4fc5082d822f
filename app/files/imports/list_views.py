"""The history of imports: who brought what and when, and what became of it. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.core.registry import stores
from app.fab.columns import ListColumn
from app.fab.declared import Link, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, moment
from app.fab.views import SafeModelView
from app.files.imports import queries
from app.files.imports.models import IMPORT_CHIPS, IMPORT_STATES, Import


def _link(place: tuple[str, str]) -> Markup:
    uid, name = place
    url = url_for("ImportsView.show", uid=uid)
    return Markup('<a href="{}" title="{}">{}</a>').format(url, name, name)


def _title(name: str) -> object:
    sheet = stores().sheets.get(name)
    return sheet.title if sheet else name


def _counts(found: tuple[int, int, int]) -> str:
    rows, tally = found
    text = _(
        "%(new)s new, %(changed)s changed, %(faulty)s faulty",
        new=rows["new"],
        changed=rows["changed"],
        faulty=rows["faulty"],
    )
    if not tally:
        return text
    return (
        text
        + " · "
        + _(
            "%(written)s written, %(asked)s to be decided on",
            written=tally["written"],
            asked=tally["asked"],
        )
    )


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


class ImportHistoryView(SafeModelView):
    """Who imported what and when, and what became of it (BLK-01)."""

    datamodel = SafeInterface(Import)
    route_base = "/import-history"
    class_permission_name = "ImportHistory"
    include_route_methods = {"list", "search", "pick_columns"}
    list_title = _l("Imports")
    columns = (
        ListColumn("place", _l("File"), _link, width="roomy", card="title"),
        ListColumn("state", _l("State"), chips(IMPORT_STATES, IMPORT_CHIPS), card="status"),
        ListColumn("sheet", _l("Sheet"), _title),
        ListColumn("counts", _l("Rows"), _counts, width="roomy"),
        ListColumn("user.display_name", _l("Uploaded by")),
        ListColumn("created_at", _l("Uploaded"), moment, sorts=True, width="number"),
    )
    search_columns = ("file_name",)
    load_columns = ("uid", "file_name", "total", "new", "changed", "same", "faulty", "details")
    search_hint = _l("Name of the file")
    base_order = ("created_at", "desc")
    tabs = (
        Tab("all", _l("All"), empty=_l("No file has been imported yet.")),
        _tab("open", _l("Under way"), _l("No import waits.")),
        _tab("applied", _l("Imported"), _l("No import was applied yet.")),
        _tab(
            "ended",
            _l("Undone, discarded or failed"),
            _l("No import was undone, discarded or failed."),
        ),
    )

    def scoped(self) -> Select[Import]:
        return queries.imports_for(actor())

    def head_back(self) -> Link:
        return Link("/", _("Home"))

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return Import.file_name.contains(text, autoescape=True)
