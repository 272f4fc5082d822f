"""What both parties' pages of a termination share, and where its notices and its letter lead: HTTP only."""

from __future__ import annotations

from functools import partial

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts.act_views import proved, take
from app.accounts.act_views import said as said_so
from app.accounts.queries import actor
from app.core.errors import NotYours
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents.editions import Edition, named
from app.files.documents.file_views import file_answer, take_files
from app.signing.placements.checks import not_made
from app.signing.placements.models import Placement
from app.signing.placements.queries import placement_in
from app.signing.placements.views import being_made, full_edition
from app.signing.terminations import evidence, queries
from app.signing.terminations.applying import request as request_termination
from app.signing.terminations.models import Way
from app.signing.terminations.tasks import FULL_LETTER, failure_of, letter_pdf
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import PARTIES, Role

LARGEST_KEY = 2**31 - 1


class PartyTerminations:
    """Mixin of both parties' views: applying, answering, adding files; all lead back to the page."""

    endpoint: str

    def page_url(self, placement_id: int) -> str:
        """The page of one signing's terminations."""
        return url_for(f"{self.endpoint}.show", pk=placement_id)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/request", methods=["POST"])
    @has_access
    def request(self, pk: int) -> ResponseReturnValue:
        """Apply for the termination of a signing (TRM-02)."""
        agreed, reason = request.form.get("agreed") == "1", request.form.get("reason", "")

        def asked() -> None:
            who = proved(TERMINATIONS, "request", pk)
            request_termination(pk, who, reason, agreed=agreed)

        said_so(asked, TERMINATIONS, "request", lambda: latest_id(pk))
        return redirect(self.page_url(pk), 303)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/<string:step>", methods=["POST"])
    @has_access
    def take(self, pk: int, step: str) -> ResponseReturnValue:
        """Take a step on a termination (TRM-03, TRM-09)."""
        who = actor()
        found = queries.termination_of(who, pk)
        page = self.page_url(found.placement_id)
        if step in (s.name for s in TERMINATIONS.steps if who.role in s.roles and s.sources):
            take(TERMINATIONS, step, pk)
            return redirect(page, 303)
        raise NotYours(f"termination {pk}: {step}")

    @expose(f"/<int(max={LARGEST_KEY}):pk>/evidence", methods=["POST"])
    @has_access
    def evidence(self, pk: int) -> ResponseReturnValue:
        """Add files; each is checked on its own."""
        who = actor()
        found = queries.termination_of(who, pk)
        page = f"{self.page_url(found.placement_id)}#files"
        return take_files(partial(evidence.add_evidence, pk, who), page)


def latest_id(placement_id: int) -> int | None:
    """The last termination of a signing."""
    found = queries.latest(placement_id, actor())
    return found.id if found is not None else None


class TerminationsView(SafeView):
    """Where notices lead, for either party; and the letter (DOC-02)."""

    route_base = "/terminations"
    class_permission_name = "Terminations"
    default_view = "follow"

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def follow(self, pk: int) -> ResponseReturnValue:
        who = actor()
        found = queries.termination_of(who, pk)
        if who.role not in PARTIES:
            return redirect(url_for("DeskView.show", pk=found.placement_id))
        view = "MyTerminationsView" if who.role is Role.STUDENT else "EmployerTerminationsView"
        if found.way == Way.RELEASE:
            view = "MyDestinationsView"
        return redirect(url_for(f"{view}.show", pk=found.placement_id))

    @expose(f"/<int(max={LARGEST_KEY}):pk>.pdf", methods=["GET"])
    @has_access
    def letter(self, pk: int) -> ResponseReturnValue:
        found = queries.termination_of(actor(), pk)
        if found.approved_at is None:
            raise NotYours(f"letter {pk}")
        pdf = letter_pdf(found)
        if pdf is None:
            return being_made(self, 20, not_made(failure_of(found), found.placement))
        name = named(f"termination-{found.placement.agreement_no or found.id}.pdf", Edition.MASKED)
        return file_answer(pdf, "application/pdf", name, inline="download" not in request.args)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/full", methods=["GET", "POST"])
    @has_access
    def full_letter(self, pk: int) -> ResponseReturnValue:
        """The full edition of the letter, for its parties and the offices (DOC-08)."""
        found = queries.termination_of(actor(), pk)
        if found.approved_at is None:
            raise NotYours(f"letter {pk}")
        name = f"termination-{found.placement.agreement_no or found.id}.pdf"
        return full_edition(self, found.placement.school_id, lambda: FULL_LETTER.read(found), name)


def in_scope(pk: int) -> Placement:
    """The party's own signing. Raises NotYours."""
    return placement_in(actor(), pk)
