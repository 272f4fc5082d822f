"""Where notices of a signing lead the student: its letter and detail. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.act_views import code_url, take
from app.accounts.queries import actor
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.signing.invitations import queries, views
from app.signing.placements.checks import not_made
from app.signing.placements.detail import progress
from app.signing.placements.models import Placement
from app.signing.placements.queries import placements_for
from app.signing.placements.tasks import document_of, failure_of
from app.signing.placements.views import full_url
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import values_of
from app.signing.terms.queries import changed, groups_of
from app.workflow.steps import Offer


class MySigningsView(SafeView):
    """Where notices of a signing lead: to its letter and detail (INV-24)."""

    route_base = "/my/signings"
    default_view = "show"
    class_permission_name = "MySignings"

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        item = queries.invitation_of(actor(), queries.invitation_behind(actor(), pk))
        placement = self._signing(pk)
        terms = placement.terms or item.terms
        offers = PLACEMENTS.offers(placement, actor(), views.now())
        return self.render_template(
            "signing/invitations/student_signing.html",
            item=item,
            report=stores().report_of(placement),
            placement=placement,
            proposal=_proposal(placement) if offers else [],
            until=clock.shown_deadline(placement.answer_by) if placement.answer_by else "",
            offers=[_answer(o, placement) for o in offers],
            now=views.now(),
            agreement=views.agreement(item, terms.position),
            party_a=views.party_a(item.employer, terms),
            party_b=views.party_b(item.student, own=True),
            groups=list(groups_of(values_of(terms), item.student.graduation_year).values()),
            review=views.review_text(placement.state),
            steps=progress(placement, placement.review),
            history=views.history(item),
            document=document_of(placement),
            not_made=not_made(failure_of(placement), placement),
            full=full_url(placement),
        )

    @expose("/<int:pk>/<string:step>", methods=["POST"])
    @has_access
    def answer(self, pk: int, step: str) -> ResponseReturnValue:
        """Agree to changed terms, or keep the old ones (INV-16)."""
        queries.invitation_behind(actor(), pk)
        if step not in ("agree_terms", "decline_terms"):
            raise NotYours(f"placement {pk}: {step}")
        take(PLACEMENTS, step, pk)
        return redirect(url_for("MySigningsView.show", pk=pk), 303)

    def _signing(self, pk: int) -> Placement:
        return db.session.scalars(placements_for(actor()).where(Placement.id == pk)).one()


def _proposal(placement: Placement) -> list[tuple[Any, str, str]]:
    """What the employer proposes to change: label, old, new (INV-16)."""
    if placement.proposed is None or placement.terms is None:
        return []
    return changed(placement.terms, placement.proposed, placement.graduation_year)


def _answer(offer: Offer, placement: Placement) -> dict[str, object]:
    agreeing = bool(offer.step.fresh)
    return {
        "offer": offer,
        "url": url_for("MySigningsView.answer", pk=placement.id, step=offer.step.name),
        "style": "primary" if agreeing else "default",
        "tick": offer.step.tick,
        "code": code_url(PLACEMENTS, placement, offer),
        "text": _("The new terms replace the old ones.")
        if agreeing
        else _("The terms that you accepted stay as they are; the employer is told."),
    }
