"""The tables of destinations, kept by administrators: types, kinds, their fields and proofs (DST-06)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.codes import labels
from app.core.db import db
from app.fab.access import has_access
from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import dash, yes_no
from app.fab.views import SafeModelView
from app.signing.destinations.field_types import FIELD_TYPES
from app.signing.destinations.kind_models import (
    LEVELS,
    DestinationKind,
    DestinationType,
)
from app.signing.destinations.part_forms import plan_labels
from app.signing.destinations.queries import copy_kind
from app.signing.destinations.table_forms import KindForm, NewKindForm
from app.signing.destinations.type_views import NAMED, ROUTES


class DestinationKindsView(SafeModelView):
    """The second choice, and everything that hangs on it."""

    datamodel = SafeInterface(DestinationKind)
    route_base = "/destination-kinds"
    class_permission_name = "DestinationKinds"
    include_route_methods = ROUTES | {"show", "copy"}
    list_title, show_title = _l("Kinds of destinations"), _l("Kind of destination")
    add_title, edit_title = _l("New kind"), _l("Edit the kind")
    show_template = "signing/destinations/kind.html"
    columns = (
        ListColumn("name", _l("Title"), sorts=True, card="title"),
        ListColumn("type.name", _l("Type")),
        ListColumn("code", _l("Key"), card="none"),
        ListColumn(
            "plan_code",
            _l("Plan code since 2021"),
            lambda code: f"{code} {labels.code_text('byqx', code, 2021)}",
            sorts=True,
            width="roomy",
        ),
        ListColumn(
            "plan_code_legacy",
            _l("Plan code before 2021"),
            lambda code: f"{code} {labels.code_text('byqx', code, 2020)}",
            width="roomy",
            card="none",
        ),
        ListColumn("settles", _l("Settles"), yes_no),
        ListColumn("years", _l("Graduation years"), card="none"),
        ListColumn("sort", _l("Place in the list"), sorts=True, card="none"),
        ListColumn("active", _l("In use"), yes_no),
        fact("name_en", _l("English name"), dash),
        fact("hint", _l("Explanation"), dash),
        fact("hint_en", _l("English explanation"), dash),
        fact(
            "modes",
            _l("Training modes"),
            lambda modes: _(", ").join(labels.code_text("pyfs", m) for m in modes) or _("all"),
        ),
        fact(
            "levels",
            _l("Levels of education"),
            lambda found: _(", ").join(str(LEVELS[level]) for level in found) or _("all"),
        ),
    )
    panels = (
        Panel(
            None,
            "name type.name code name_en hint hint_en plan_code plan_code_legacy settles "
            "modes levels years active",
        ),
    )
    search_columns = ("name", "code", "plan_code")
    base_order = ("sort", "asc")
    load_columns = ("from_year", "to_year")
    add_form, edit_form = NewKindForm, KindForm
    add_columns = [
        "code",
        "type_id",
        *NAMED,
        "plan_code",
        "plan_code_legacy",
        "settles",
        "modes",
        "levels",
        "from_year",
        "to_year",
        "sort",
    ]
    edit_columns = [*add_columns[1:], "active"]
    add_row_message = _l("Saved, and not in use yet: add fields and proofs, then tick “In use”.")
    filters = (
        ListFilter(
            "type",
            _l("All types"),
            DestinationKind.type_id,
            lambda: [
                (str(t.id), str(t))
                for t in db.session.scalars(select(DestinationType).order_by(DestinationType.sort))
            ],
        ),
    )

    def scoped(self) -> Select[tuple[DestinationKind]]:
        return select(DestinationKind)

    def head_links(self) -> Any:
        types = Link(url_for("DestinationTypesView.list"), _("Types of destinations"))
        return (Link(self.url("add"), _("New kind")), types)

    def record_name(self, item: DestinationKind) -> str:
        return str(item.name)

    def pre_add(self, item: DestinationKind) -> None:
        item.active = False

    @expose("/copy/<int(max=2147483647):pk>", methods=["POST"])
    @has_access
    def copy(self, pk: int) -> ResponseReturnValue:
        """The kind once more, to be changed and then taken into use (F-61)."""
        made = copy_kind(self.record(pk))
        db.session.commit()
        flash(_("Copied, and not in use yet: change what differs, then tick “In use”."), "success")
        return redirect(self.url("edit", pk=made.id), 303)

    def show_context(self, item: Any) -> dict[str, Any]:
        parts = (selectinload(DestinationKind.fields), selectinload(DestinationKind.proofs))
        db.session.get(DestinationKind, item.id, options=parts, populate_existing=True)
        into = plan_labels()
        return {
            "parts": [
                (
                    f,
                    FIELD_TYPES[f.type],
                    into.get(f.plan_field, "–"),
                    url_for("DestinationFieldsView.edit", pk=f.id),
                )
                for f in item.fields
            ],
            "proofs": [(p, url_for("DestinationProofsView.edit", pk=p.id)) for p in item.proofs],
            "copy_url": self.url("copy", pk=item.id)
            if self.appbuilder.sm.has_access("can_copy", self.class_permission_name)
            else "",
            "add_field": url_for("DestinationFieldsView.add", kind=item.id),
            "add_proof": url_for("DestinationProofsView.add", kind=item.id),
        }
