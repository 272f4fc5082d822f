"""The student's 解约办理: one page a signing, with the right button for its state (TRM-08). HTTP only."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.shown import moment
from app.placements.models import AGREEMENT_CHIPS, AGREEMENT_LABELS, PlacementState
from app.termination import queries
from app.termination.views import LARGEST_KEY, PartyTerminations, in_scope, page_of, state_chip


class MyTerminationsView(PartyTerminations, SafeView):
    """The signings that are or were in force, and what can be done about each."""

    route_base = "/my/terminations"
    default_view = "index"
    class_permission_name = "MyTerminations"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> Any:
        rows = queries.once_in_force(actor())
        last = queries.latest_of(placement.id for placement in rows)
        return self.render_template(
            "termination/student_list.html",
            title=_("Terminations"),
            rows=[
                {
                    "url": self.page_url(p.id),
                    "name": p.employer_name,
                    "number": p.agreement_no or "–",
                    "when": moment(p.attested_at),
                    "agreement": _chip(p.state),
                    "chip": state_chip(last.get(p.id)),
                }
                for p in rows
            ],
        )

    @expose(f"/signing/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> Any:
        page = page_of(in_scope(pk), self.endpoint)
        return self.render_template(
            "termination/party.html", back=(_("Terminations"), "MyTerminationsView.index"), **page
        )


def _chip(state: str) -> tuple[Any, str]:
    known = PlacementState(state)
    return AGREEMENT_LABELS[known], AGREEMENT_CHIPS.get(known, "closed")
