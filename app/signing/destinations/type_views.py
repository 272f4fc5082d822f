"""The types of destinations: the first choice of the students. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import Link
from app.fab.interface import SafeInterface
from app.fab.presentation import dash, yes_no
from app.fab.views import SafeModelView
from app.signing.destinations.kind_models import (
    DestinationType,
)
from app.signing.destinations.table_forms import (
    NewTypeForm,
    TypeForm,
)

ROUTES = {"list", "search", "pick_columns", "add", "edit"}
NAMED = ["name", "name_en", "hint", "hint_en"]


class DestinationTypesView(SafeModelView):
    """The first choice of the students."""

    datamodel = SafeInterface(DestinationType)
    route_base = "/destination-types"
    class_permission_name = "DestinationTypes"
    include_route_methods = ROUTES | {"show"}
    list_title, add_title = _l("Types of destinations"), _l("New type")
    edit_title = _l("Edit the type")
    columns = (
        ListColumn("name", _l("Title"), sorts=True),
        ListColumn("code", _l("Key")),
        ListColumn("hint", _l("Explanation"), dash, width="roomy"),
        ListColumn("sort", _l("Place in the list"), sorts=True),
        ListColumn("active", _l("In use"), yes_no),
        fact("name_en", _l("English name"), dash),
        fact("hint_en", _l("English explanation"), dash),
    )
    panels = (Panel(None, "name code name_en hint hint_en sort active"),)
    search_columns = ("name", "code")
    base_order = ("sort", "asc")
    add_form, edit_form = NewTypeForm, TypeForm
    edit_columns = [*NAMED, "sort", "active"]
    add_columns = ["code", *edit_columns]
    show_title = _l("Type of destinations")

    def scoped(self) -> Select[tuple[DestinationType]]:
        return select(DestinationType)

    def head_links(self) -> Any:
        kinds = Link(url_for("DestinationKindsView.list"), _("Kinds of destinations"))
        return (Link(self.url("add"), _("New type")), kinds)

    def record_name(self, item: DestinationType) -> str:
        return str(item.name)
