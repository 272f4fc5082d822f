"""What went out: who took which list, how many rows, with whole numbers or without, and for what (ADM-07)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.fab.columns import ListColumn
from app.fab.declared import Link, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chip, chips, dash, moment
from app.fab.views import SafeModelView
from app.files.exports import queries
from app.files.exports.models import EXPORT_CHIPS, EXPORT_STATES, FORMATS, Export, Format


def _link(place: tuple[str, str, int]) -> str:
    """Its page is for who asked for it."""
    uid, title, user_id = place
    if user_id != actor().user_id:
        return title
    return Markup('<a href="{}">{}</a>').format(url_for("ExportsView.show", uid=uid), title)


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


class ExportHistoryView(SafeModelView):
    """The history of exports; read only."""

    datamodel = SafeInterface(Export)
    route_base = "/export-history"
    class_permission_name = "ExportHistory"
    include_route_methods = {"list", "search", "pick_columns"}
    list_title = _l("Exports")
    columns = (
        ListColumn("place", _l("List"), _link, card="title"),
        ListColumn("state", _l("State"), chips(EXPORT_STATES, EXPORT_CHIPS), card="status"),
        ListColumn("format", _l("Format"), lambda form: str(FORMATS[Format(form)]), card="none"),
        ListColumn("done", _l("Rows"), card="none"),
        ListColumn(
            "clear",
            _l("Personal numbers"),
            lambda clear: chip(_l("whole"), "turn") if clear else "–",
        ),
        ListColumn("purpose", _l("Purpose"), dash, width="roomy"),
        ListColumn("user.display_name", _l("Asked for by")),
        ListColumn("created_at", _l("Asked for"), moment, sorts=True, width="number"),
    )
    search_columns = ("title", "purpose")
    load_columns = ("uid", "title", "user_id")
    search_hint = _l("List or purpose")
    base_order = ("created_at", "desc")
    tabs = (
        Tab("all", _l("All"), empty=_l("Nothing has been exported yet.")),
        _tab("clear", _l("With whole personal numbers"), _l("No whole personal number went out.")),
        _tab("open", _l("Under way"), _l("No export is under way.")),
        _tab("ready", _l("Ready"), _l("No file is kept.")),
    )

    def scoped(self) -> Select[Export]:
        return queries.history_for(actor())

    def head_back(self) -> Link:
        return Link("/", _("Home"))

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return Export.title.contains(text, autoescape=True) | Export.purpose.contains(
            text, autoescape=True
        )
