"""What both parties' pages of a termination share, and where its notices and its letter lead: HTTP only."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import get_locale, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.act_views import birth_code_url, code_url, proved, take
from app.accounts.act_views import said as said_so
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import NotYours
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.files.documents import files
from app.files.documents.editions import Edition, may_have_full, named
from app.files.documents.file_views import file_answer, take_files
from app.signing.invitations.views import party_a, party_b
from app.signing.placements.checks import not_made
from app.signing.placements.models import (
    AGREEMENT_CHIPS,
    AGREEMENT_LABELS,
    Placement,
    PlacementState,
)
from app.signing.placements.queries import has_agreement, placement_in
from app.signing.placements.views import being_made, full_edition, full_url
from app.signing.terminations import evidence, queries
from app.signing.terminations.detail import (
    asked,
    next_step,
    progress,
    reply_by,
    under_way,
    way_settled,
)
from app.signing.terminations.models import CHIPS, LABELS, WAYS, Termination, TerminationState, Way
from app.signing.terminations.tasks import FULL_LETTER, RECORD, failure_of, letter_pdf
from app.signing.terminations.workflow import TERMINATIONS, applies_by, why_not
from app.signing.terminations.workflow import request as request_termination
from app.signing.terms.models import BY_NAME
from app.signing.terms.queries import with_unit
from app.workflow import trail
from app.workflow.actor import PARTIES, Role
from app.workflow.steps import Offer

LARGEST_KEY = 2**31 - 1
PROOF = "apply_with_proof"
BUTTONS = {"agree": "primary", "ask_mediation": "default"}
WORDS = {
    "decline": _l(
        "The other party reads your reason; either side can then ask the school to mediate."
    ),
    "leave": _l("Nothing changes. The other party sees that you have read it."),
    "ask_mediation": _l("The school hears both sides. Add what proves your side as files."),
}


def state_chip(termination: Termination | None) -> tuple[Any, str] | None:
    """The state of a termination in words, and its colour."""
    if termination is None:
        return None
    state = TerminationState(termination.state)
    return LABELS[state], CHIPS[state]


def page_of(placement: Placement, view: str) -> dict[str, object]:
    """What the page of one signing's terminations shows to a party; `view` is its endpoint."""
    who, now = actor(), clock.now()
    found = queries.latest(placement.id, who)
    state = PlacementState(placement.state)
    step = applies_by(placement, who)
    apply_why = why_not(step, placement, who, now)
    return {
        "placement": placement,
        "title": pgettext("heading", "Termination"),
        "name": placement.employer_name if who.role is Role.STUDENT else placement.student.name,
        "agreement": (AGREEMENT_LABELS[state], AGREEMENT_CHIPS.get(state, "closed")),
        "facts": _facts(placement),
        "termination": found,
        "chip": state_chip(found),
        "notice_text": f"signing/terminations/notice_{_language()}.html",
        **(_state_of(found, placement) if found else {"told": [], "asked": False}),
        "offers": [_question(o, found, view) for o in _offers(found)] if found else [],
        "apply": {
            "why_not": apply_why,
            "url": url_for(f"{view}.request", pk=placement.id),
            "code": birth_code_url(TERMINATIONS, step, placement.id, placement.school_id),
        },
        "proof_url": url_for(f"{view}.proof", pk=placement.id) if step == PROOF else "",
        "typed": "",
        "running": under_way(found),
        "over": not placement.holds_slot,
        "now": now,
        "step": TERMINATIONS.step(step),
        "chances": queries.chances_left(placement.student_id, placement.school_id, now),
        "files": files.listed(RECORD, found, who) if found else [],
        "add_url": url_for(f"{view}.evidence", pk=found.id)
        if found and evidence.may_add(found, who)
        else "",
        "parties": _parties(placement, own=who.role is Role.STUDENT),
        "trace": trace(placement.id),
        "agreement_url": url_for("AgreementView.show", pk=placement.id)
        if has_agreement(placement)
        else "",
        "not_made": not_made(failure_of(found), placement) if found else [],
        "letter_url": url_for("TerminationsView.letter", pk=found.id)
        if found and found.approved_at
        else "",
        "full": full_url(placement),
        "full_letter": url_for("TerminationsView.full_letter", pk=found.id)
        if found and found.approved_at and may_have_full(who, placement.school_id)
        else "",
    }


def _parties(placement: Placement, *, own: bool) -> tuple[Any, Any]:
    """Both parties as the agreement names them; nothing where there is no employer's account."""
    if placement.employer is None:
        return (), ()
    return party_a(placement.employer, placement.terms), party_b(
        placement.student, own=own, signed=True
    )


def _language() -> str:
    return "zh" if str(get_locale()).startswith("zh") else "en"


def _offers(termination: Termination) -> list[Offer]:
    return TERMINATIONS.offers(termination, actor(), clock.now())


def _facts(placement: Placement) -> list[tuple[Any, Any]]:
    terms, penalty = placement.terms, BY_NAME["breach_penalty"]
    return [
        (_("Employer"), placement.employer_name),
        (_("Student"), placement.student.name),
        (_("Agreement number"), placement.agreement_no or "–"),
        (BY_NAME["position"].label, terms.position if terms else ""),
        (penalty.label, with_unit(penalty, terms.breach_penalty) if terms else ""),
        (_("Attested on"), moment(placement.attested_at)),
    ]


def _state_of(termination: Termination, placement: Placement) -> dict[str, object]:
    """How it stands: the application, who is next and by when, the line of steps."""
    who, now = actor(), clock.now()
    return {
        "told": _told(termination, placement),
        "asked": asked(termination, who),
        "next": next_step(termination, who, now),
        "reply_by": reply_by(termination),
        "steps": progress(termination),
    }


def _told(termination: Termination, placement: Placement) -> list[tuple[Any, Any]]:
    """Who wants what, why, and until when."""
    student, employer = placement.student.name, placement.employer_name
    who = {Role.STUDENT: student, Role.EMPLOYER: employer}.get(
        Role(termination.started_by), placement.school.name
    )
    rows = [
        (_("Applied by"), who),
        (_("Reason"), termination.reason),
        (_("Applied on"), moment(termination.created_at)),
    ]
    until = reply_by(termination)
    if until is not None:
        rows.append((_("To be answered by"), clock.shown_deadline(until)))
    if way_settled(termination):
        rows.append((_("Way"), WAYS[Way(termination.way)]))
    if termination.approved_at is not None:
        rows.append((_("Terminated on"), moment(termination.approved_at)))
    return rows


def _question(offer: Offer, termination: Termination, view: str) -> dict[str, object]:
    name = offer.step.name
    return {
        "offer": offer,
        "url": url_for(f"{view}.take", pk=termination.id, step=name),
        "style": BUTTONS.get(name, "default"),
        "text": _("The student gets a message, at most once a day.")
        if offer.step.quiet
        else WORDS.get(name, ""),
        "code": code_url(TERMINATIONS, termination, offer),
    }


def trace(placement_id: int) -> list[trail.TrailLine]:
    """What happened to the terminations of a signing, newest first."""
    found = reversed(queries.of_placement(placement_id, actor()))
    return [line for one in found for line in trail.shown("termination", one.id)]


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
