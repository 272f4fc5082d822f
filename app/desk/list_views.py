"""The list of the review desk; its detail and decisions stand in office_views."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.desk.queries import found_by, in_tab, of_secret, with_students
from app.fab.arguments import ListArgs
from app.fab.declared import ListFilter, Tab
from app.fab.interface import Order, SafeInterface
from app.fab.saved import SavedFilters
from app.fab.shown import age, chip, chips, moment, whole
from app.fab.titles import TitleLinks
from app.fab.views import SafeModelView
from app.people.office_views import colleges, years
from app.people.queries import search_args
from app.placements.models import (
    AGREEMENT_CHIPS,
    AGREEMENT_LABELS,
    CHIPS,
    KINDS,
    REVIEW_LABELS,
    Placement,
    PlacementState,
)
from app.placements.queries import has_agreement, placements_for
from app.termination.models import CHIPS as TERMINATION_CHIPS
from app.termination.models import LABELS as TERMINATION_LABELS
from app.workflow.actor import Role


def _mine() -> str:
    decides = actor().role in (Role.COLLEGE, Role.SCHOOL)
    return _("Awaiting me") if decides else _("Awaiting review")


def _other() -> str:
    college = actor().role is Role.COLLEGE
    return _("Awaiting the school") if college else _("Awaiting the college")


def _tab(name: str, label: Any, empty: Any = "") -> Tab:
    return Tab(name, label, lambda: in_tab(name, actor()), empty=empty)


def _standing(standing: tuple[str, Any, bool]) -> Markup:
    """The state of the review, how long it has waited, and whether it rests."""
    state, since, frozen = standing
    found = chip(REVIEW_LABELS[PlacementState(state)], CHIPS[PlacementState(state)])
    if since is not None:
        found += Markup(' <span class="qq-hint">{}</span>').format(age(since))
    return found + (Markup(" ") + chip(_("reported as untrue"), "refused") if frozen else "")


class DeskList(TitleLinks, SavedFilters, SafeModelView):
    """All placements of the scope (AGR-01)."""

    datamodel = SafeInterface(Placement)
    route_base = "/desk"
    class_permission_name = "Desk"
    list_title = _l("Signings")
    list_columns = ["agreement_no", "agreement", "student.student_no", "student.name",
                    "college.name",
                    "major.name", "kind", "employer_name", "changed_at", "standing",
                    "termination.state"]  # fmt: skip
    order_columns = ["agreement_no", "employer_name", "changed_at", "kind"]
    search_columns: list[str] = []
    label_columns = {
        "agreement_no": _l("Agreement number"), "agreement": _l("Agreement"),
        "student.student_no": _l("Student number"), "student.name": _l("Name"),
        "college.name": _l("College"), "major.name": _l("Major"), "kind": _l("Kind"),
        "employer_name": _l("Employer"), "changed_at": _l("Last change"),
        "standing": _l("Signing review"), "termination.state": _l("Termination review"),
    }  # fmt: skip
    formatters_columns = {
        "agreement_no": lambda value: value or _("Preview"),
        "agreement": chips(AGREEMENT_LABELS, AGREEMENT_CHIPS),
        "kind": lambda kind: str(KINDS[kind]),
        "termination.state": chips(TERMINATION_LABELS, TERMINATION_CHIPS),
        "changed_at": moment,
        "standing": _standing,
        "employer_name": whole,
        "college.name": whole,
        "major.name": whole,
    }
    wide_columns = frozenset({"agreement_no", "agreement", "student.student_no", "college.name",
                              "major.name", "kind"})  # fmt: skip
    cell_classes = {
        "agreement_no": "qq-number", "agreement": "qq-number", "student.student_no": "qq-number",
        "student.name": "qq-card-title", "changed_at": "qq-number", "standing": "qq-card-status",
        "employer_name": "qq-middling",
    }  # fmt: skip
    load_columns = ("state", "student.name", "frozen")
    search_hint = _l("Student or agreement number, name, employer, ID number, phone")
    tabs = (
        _tab("mine", LazyString(_mine), _l("Nothing waits for a decision. All done!")),
        _tab("other", LazyString(_other), _l("Nothing waits there.")),
        _tab("termination", _l("Terminations"), _l("No termination is under way.")),
        _tab("in_force", _l("In force"), _l("No agreement is in force yet.")),
        _tab("refused", _l("Not approved"), _l("No signing was refused.")),
        _tab("ended", _l("Ended"), _l("No signing was terminated.")),
        _tab("all", _l("All"), _l("Nobody has signed yet.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), Placement.college_id, colleges),
        ListFilter("kind", _l("All kinds"), Placement.kind, lambda: [(k.value, str(v)) for k,
                                                                     v in KINDS.items()]),
        ListFilter("year", _l("All years"), Placement.graduation_year, years),
    )  # fmt: skip

    # -- the list ------------------------------------------------------------------------------

    def scoped(self) -> Select[Any]:
        return placements_for(actor())

    def order_of(self, args: ListArgs) -> Order:
        """What waits longest first; elsewhere the last change."""
        if args.order:
            return super().order_of(args)
        return Order("changed_at", args.tab in ("mine", "other"))

    def search_args(self, text: str) -> dict[str, str]:
        return search_args(text, actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        if "x" in self.search_args(text):
            abort(400, description=_("Use the search box: a personal number stands in no address."))
        return found_by(text, actor())

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        return of_secret(token)

    def first_link(self, item: Any) -> str | None:
        return url_for("AgreementView.show", pk=item.id) if has_agreement(item) else None

    def record_name(self, item: Any) -> str:
        return f"{item.student.name} · {item.employer_name}"

    def records(self, pks: Any) -> Any:
        return with_students(super().records(pks))
