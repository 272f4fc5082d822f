"""The fields and proofs that a kind of destination asks for. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Select, select

from app.fab.columns import ListColumn
from app.fab.interface import SafeInterface
from app.fab.views import SafeModelView
from app.signing.destinations.kind_models import (
    DestinationField,
    DestinationProof,
)
from app.signing.destinations.part_forms import FieldForm, NewFieldForm, NewProofForm, ProofForm
from app.signing.destinations.type_views import NAMED


class _Parts(SafeModelView):
    """Fields and proofs: they are added from the page of their kind, and lead back to it."""

    def list_url(self) -> str:
        kind = g.get("destination_kind") or request.args.get("kind", "")
        if str(kind).isdecimal() and len(str(kind)) < 10:
            return url_for("DestinationKindsView.show", pk=int(kind))
        return url_for("DestinationKindsView.list")

    def record(self, pk: Any, columns: Any = ()) -> Any:
        item = super().record(pk, columns)
        g.destination_kind = item.kind_id
        return item

    def pre_add(self, item: Any) -> None:
        g.destination_kind = item.kind_id

    def _form_page(self, kind: str, form: FlaskForm, status: int = 200) -> ResponseReturnValue:
        chosen = request.args.get("kind", "")
        if kind == "add" and request.method == "GET" and chosen.isdecimal() and len(chosen) < 10:
            form.kind_id.data = int(chosen)
        return super()._form_page(kind, form, status)


class DestinationFieldsView(_Parts):
    """The fields that kinds ask for."""

    datamodel = SafeInterface(DestinationField)
    route_base = "/destination-fields"
    class_permission_name = "DestinationFields"
    include_route_methods = {"add", "edit"}
    list_title, add_title, edit_title = _l("Fields"), _l("New field"), _l("Edit the field")
    columns = (
        ListColumn("name", _l("Title")),
        ListColumn("key", _l("Key")),
    )
    add_form, edit_form = NewFieldForm, FieldForm
    edit_columns = [
        *NAMED,
        "type",
        "required",
        "length",
        "low",
        "high",
        "table",
        "only_text",
        "plan_field",
        "sort",
        "active",
    ]
    add_columns = ["kind_id", "key", *edit_columns]

    def scoped(self) -> Select[tuple[DestinationField]]:
        return select(DestinationField)


class DestinationProofsView(_Parts):
    """The proofs that kinds ask for."""

    datamodel = SafeInterface(DestinationProof)
    route_base = "/destination-proofs"
    class_permission_name = "DestinationProofs"
    include_route_methods = {"add", "edit"}
    list_title, add_title, edit_title = _l("Proof material"), _l("New proof"), _l("Edit the proof")
    columns = (
        ListColumn("name", _l("Title")),
        ListColumn("key", _l("Key")),
    )
    add_form, edit_form = NewProofForm, ProofForm
    edit_columns = [*NAMED, "required", "most", "sort", "active"]
    add_columns = ["kind_id", "key", *edit_columns]

    def scoped(self) -> Select[tuple[DestinationProof]]:
        return select(DestinationProof)
