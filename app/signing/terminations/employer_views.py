"""The employer's 解约办理: students' applications and signed students (TRM-07). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ColumnElement, Select, true

from app.accounts.queries import actor
from app.fab.access import has_access
from app.fab.columns import CHANGED, ListColumn, fact
from app.fab.declared import ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import READS, SafeModelView
from app.people.students.search_views import STUDENT
from app.signing.placements.labels import AGREEMENT_CHIPS, AGREEMENT_LABELS
from app.signing.placements.models import Placement
from app.signing.placements.search_views import SignedStudentSearch
from app.signing.placements.views import OpensItsList
from app.signing.terminations import narrowing
from app.signing.terminations.models import CHIPS, LABELS, TerminationState
from app.signing.terminations.page import page_of
from app.signing.terminations.views import LARGEST_KEY, PartyTerminations, in_scope
from app.signing.terms.models import BY_NAME


def _lists() -> narrowing.ListChoices:
    """What the list can be narrowed to; asked once a request."""
    if "termination_choices" not in g:
        g.termination_choices = narrowing.choices(actor())
    return g.termination_choices  # type: ignore[no-any-return]


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: narrowing.employer_tab(name), empty=empty)


T = TerminationState
_CHIP = chips(LABELS, CHIPS)


def _ending(state: str | None) -> str:
    """The last termination's state; what the school only considers is not announced (AGR-09)."""
    return _CHIP(state) if state and state != T.AWAITING_SECOND else "–"


class EmployerTerminationsView(OpensItsList, PartyTerminations, SignedStudentSearch, SafeModelView):
    """Signings that are or were in force, with the last termination of each."""

    datamodel = SafeInterface(Placement)
    route_base = "/employer/terminations"
    default_view = "list"
    class_permission_name = "EmployerTerminations"
    include_route_methods = {*READS, "index", "request", "take", "evidence"}
    list_title, show_title = _l("Terminations"), lazy_pgettext("heading", "Termination")
    columns = (
        STUDENT,
        ListColumn(
            "termination.state", lazy_pgettext("state", "Termination"), _ending, card="status"
        ),
        ListColumn("state", _l("Agreement"), chips(AGREEMENT_LABELS, AGREEMENT_CHIPS)),
        ListColumn("student.school.name", _l("School"), width="roomy"),
        ListColumn("student.education", _l("Level of education"), narrowing.education, card="none"),
        ListColumn("major.name", _l("Major")),
        ListColumn("terms.position", BY_NAME["position"].label),
        ListColumn("agreement_no", _l("Agreement number"), dash, width="number", card="none"),
        ListColumn("created_at", _l("Signed on"), moment, sorts=True, width="number", card="none"),
        fact("student.graduation_year", _l("Graduation year")),
        CHANGED.but(listed=False, out=False),
    )
    base_order = ("changed_at", "desc")
    tabs = (
        _tab("asked", _l("Students' applications"), _l("No student has applied for termination.")),
        _tab("signed", _l("Signed students"), _l("No signing is in force.")),
        _tab("all", _l("All"), _l("No signing was ever in force.")),
    )
    filters = (
        ListFilter("school", _l("School"), Placement.school_id, lambda: _lists().schools),
        ListFilter(
            "year", _l("Graduation year"), Placement.graduation_year, lambda: _lists().years
        ),
        ListFilter("major", _l("Major"), Placement.major_id, lambda: _lists().majors),
        ListFilter(
            "state",
            _l("State of termination"),
            narrowing.with_termination,
            lambda: [(str(k.value), str(v)) for k, v in LABELS.items()],
        ),
        ListFilter(
            "invited_from", _l("Invited since"), narrowing.invited_from, lambda: _lists().months
        ),
        ListFilter(
            "invited_to", _l("Invited until"), narrowing.invited_to, lambda: _lists().months
        ),
    )
    show_neighbours = False

    def scoped(self) -> Select[Placement]:
        return narrowing.signings_once_in_force(actor())

    def signed(self) -> ColumnElement[bool]:
        return true()

    def record_name(self, item: Placement) -> str:
        return str(item.student.name)

    @expose(f"/show/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        page = page_of(in_scope(pk), self.endpoint)
        return self.render_template(
            "signing/terminations/party.html",
            back=(_("Terminations"), "EmployerTerminationsView.list"),
            **page,
        )
