"""Paper signings made in an employer's name, as its account reads them (OFF-07). HTTP only."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core import clock
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.signing.offline import detail, queries
from app.signing.offline.student_views import LARGEST_KEY
from app.signing.placements.checks import not_made
from app.signing.placements.detail import paper_progress
from app.signing.placements.tasks import document_of, failure_of
from app.signing.placements.views import full_url
from app.signing.placements.workflow import PLACEMENTS


class EmployerPaperView(SafeView):
    """The list and one record; everything is done on paper and by the student."""

    route_base = "/employer/offline"
    default_view = "index"
    class_permission_name = "EmployerPaper"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        rows = [
            {
                "url": url_for(".show", pk=placement.id),
                "name": placement.student.name,
                "school": placement.school.name,
                "chip": detail.status(placement),
                "facts": detail.facts(placement),
            }
            for placement in queries.papers_of(actor())
        ]
        return self.render_template(
            "signing/offline/employer_index.html", title=_("Paper signings"), rows=rows
        )

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        placement = queries.paper_in(actor(), pk)
        urge = PLACEMENTS.offer("nudge_student", placement, actor(), clock.now())
        return self.render_template(
            "signing/offline/employer_show.html",
            title=_("Paper signing"),
            placement=placement,
            urge=urge,
            chip=detail.status(placement),
            steps=paper_progress(placement),
            document=document_of(placement),
            not_made=not_made(failure_of(placement), placement),
            full=full_url(placement),
            **detail.sheets(placement, actor()),
            facts=detail.facts(placement),
            party_a=detail.party_a(placement),
            party_b=detail.party_b(placement, own=False),
            groups=detail.term_groups(placement),
            trace=detail.trace(placement),
        )
