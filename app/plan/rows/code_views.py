"""What each destination code counts as, and the formulas of the rate, by edition (PLN-11). HTTP only."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, false, select

from app.accounts.queries import actor
from app.codes.queries import edition_name
from app.codes.workflow import note_record
from app.fab.columns import ListColumn
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import dash, yes_no
from app.fab.views import SafeModelView
from app.plan.rows.code_forms import CountsAsForm, FormulaForm, NewCountsAsForm, NewFormulaForm
from app.plan.rows.edition_models import PARTS, CountsAs, RateFormula
from app.plan.rows.editions import check_counts_as, check_formula, copy_counts, forget, formulas
from app.plan.rows.models import FIELD_LABELS
from app.workflow.actor import STAFF

ROUTES = {"list", "search", "pick_columns", "add", "edit"}


def _editions() -> list[tuple[str, str]]:
    return [(edition, edition_name(edition)) for edition in formulas()]


def _parts(parts: list[str]) -> str:
    return " + ".join(str(PARTS.get(part, part)) for part in parts)


def _fields(names: str) -> str:
    return _(", ").join(str(FIELD_LABELS.get(name, name)) for name in names.split()) or "–"


class CountsAsView(SafeModelView):
    """Code, name, the part of the rate that it counts as, and the fields that it needs."""

    datamodel = SafeInterface(CountsAs)
    route_base = "/plan/codes"
    class_permission_name = "PlanCodes"
    include_route_methods = ROUTES
    list_title = _l("What the codes count as")
    add_title, edit_title = _l("Let a code count"), _l("What the code counts as")
    columns = (
        ListColumn("code", _l("Code"), sorts=True, width="number", card="title"),
        ListColumn("name", _l("Name of the code"), width="roomy"),
        ListColumn("part", _l("Counts as"), lambda part: str(PARTS.get(part, part)), card="status"),
        ListColumn("needs", _l("Needs these fields"), _fields, width="roomy", card="none"),
        ListColumn("edition", _l("Edition of the formula"), edition_name, sorts=True),
        ListColumn("certain", _l("Confirmed"), yes_no),
    )
    base_order = ("code", "asc")
    add_form, edit_form = NewCountsAsForm, CountsAsForm
    edit_columns = ["part", "needed", "certain"]
    add_columns = ["edition", "code", *edit_columns]
    filters = (ListFilter("edition", _l("All editions"), CountsAs.edition, _editions),)

    def scoped(self) -> Select[tuple[CountsAs]]:
        rows = select(CountsAs)
        return rows if actor().role in STAFF else rows.where(false())

    def record_name(self, item: CountsAs) -> str:
        return f"{item.code} {item.name} · {edition_name(item.edition)}"

    def first_link(self, item: CountsAs) -> str | None:
        return self.url("edit", pk=item.id) if self._keeps() else None

    def _keeps(self) -> bool:
        manager = self.appbuilder.sm
        return bool(manager.has_access("can_edit", self.class_permission_name))

    def head_links(self) -> list[Link]:
        links = [Link(url_for("FormulasView.list"), _("Formulas of the rate"))]
        return [Link(self.url("add"), _("Let a code count")), *links] if self._keeps() else []

    def pre_add(self, item: CountsAs) -> None:
        check_counts_as(item)
        self.pre_update(item)

    def pre_update(self, item: CountsAs) -> None:
        note_record(actor(), ("byqx", item.edition, item.code), item)

    def post_add(self, _item: CountsAs) -> None:
        forget()

    post_update = post_add


class FormulasView(SafeModelView):
    """How the rate of each edition is made of its parts, and from which graduation year on."""

    datamodel = SafeInterface(RateFormula)
    route_base = "/plan/formulas"
    class_permission_name = "PlanFormulas"
    include_route_methods = ROUTES
    list_title = _l("Formulas of the rate")
    add_title, edit_title = _l("New formula"), _l("Edit the formula")
    columns = (
        ListColumn("edition", _l("Edition of the formula"), edition_name, card="title"),
        ListColumn(
            "since",
            _l("From graduation year"),
            lambda since: since or _("from the beginning"),
            sorts=True,
        ),
        ListColumn("settled", _l("Parts of the rate"), _parts, width="roomy"),
        ListColumn("left_out", _l("Not in N"), lambda codes: _(", ").join(codes) or "–"),
        ListColumn("certain", _l("Confirmed"), yes_no),
        ListColumn("note", _l("Note"), dash, width="roomy"),
    )
    base_order = ("since", "desc")
    add_form, edit_form = NewFormulaForm, FormulaForm
    edit_columns = ["settled", "left_out", "certain", "note"]
    add_columns = ["edition", "since", *edit_columns]

    def scoped(self) -> Select[tuple[RateFormula]]:
        return select(RateFormula)

    def record_name(self, item: RateFormula) -> str:
        return edition_name(item.edition)

    def first_link(self, item: RateFormula) -> str | None:
        return self.url("edit", pk=item.edition)

    def head_links(self) -> list[Link]:
        return [Link(self.url("add"), _("New formula"))]

    def head_back(self) -> Link:
        return Link(url_for("CountsAsView.list"), _("What the codes count as"))

    def pre_add(self, item: RateFormula) -> None:
        check_formula(item)
        self.pre_update(item)

    def pre_update(self, item: RateFormula) -> None:
        check_formula(item)
        note_record(actor(), ("byqx", item.edition, ""), item)

    def post_add(self, item: RateFormula) -> None:
        copy_counts(item)
        forget()

    def post_update(self, _item: RateFormula) -> None:
        forget()
