"""The employer's start page: HTTP only."""

from __future__ import annotations

from flask import g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.holds import not_held
from app.accounts.queries import actor
from app.codes import labels
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.home.queries import counts_of_party
from app.notices.queries import latest_notices
from app.people.employers.employer_views import mine
from app.people.employers.models import EMPLOYER_STATES, Employer, EmployerState
from app.people.merging.requests import asked_of
from app.signing.invitations import queries
from app.signing.invitations.views import local, now
from app.signing.offline.queries import is_paper
from app.signing.placements.queries import placement_in


class EmployerHomeView(SafeView):
    """Facts, what waits for whom, the one next step, what happened last (INV-21)."""

    route_base = "/employer"
    default_view = "index"
    class_permission_name = "EmployerHome"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who, employer = actor(), mine()
        return self.render_template(
            "home/employer.html",
            employer=employer,
            facts=_facts(employer),
            held=not_held(who, now()),
            merges=asked_of(g.user),
            **counts_of_party(),
            events=[
                (event.subject, event.url, local(event.created_at))
                for event in latest_notices(who.user_id or 0)
            ],
        )

    @expose("/signings/<int(max=2147483647):pk>", methods=["GET"])
    @has_access
    def signing(self, pk: int) -> ResponseReturnValue:
        """Where notices of a signing lead: to the invitation that it came from, or to the paper."""
        if is_paper(placement_in(actor(), pk)):
            return redirect(url_for("EmployerPaperView.show", pk=pk))
        found = queries.invitation_behind(actor(), pk)
        return redirect(url_for("EmployerInvitationsView.show", pk=found))


def _facts(employer: Employer) -> list[tuple[str, str]]:
    return [
        (_("Name of the employer"), employer.name),
        (_("Unified social credit code"), employer.credit_code),
        (_("Qualification"), str(EMPLOYER_STATES[EmployerState(employer.state)])),
        (_("School that checks"), employer.school.name),
        (_("Nature"), labels.code("dwxz", employer.kind)),
        (_("Industry"), labels.code("dwhy", employer.industry)),
        (_("Location"), labels.region(employer.location)),
        (_("Signing contact"), f"{employer.contact_name} {employer.contact_phone_masked or ''}"),
    ]
