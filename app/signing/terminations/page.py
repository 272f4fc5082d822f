"""What both parties' page of a termination shows."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import get_locale, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.act_views import birth_code_url, code_url
from app.accounts.queries import actor
from app.core import clock
from app.fab.presentation import moment
from app.files.documents import files
from app.files.documents.editions import may_have_full
from app.signing.invitations.views import party_a, party_b
from app.signing.placements.checks import not_made
from app.signing.placements.labels import AGREEMENT_CHIPS, AGREEMENT_LABELS
from app.signing.placements.models import Placement, PlacementState
from app.signing.placements.queries import has_agreement
from app.signing.placements.views import full_url
from app.signing.terminations import chances, evidence, queries
from app.signing.terminations.applying import applies_by, why_not
from app.signing.terminations.detail import (
    asked,
    next_step,
    progress,
    reply_by,
    under_way,
    way_settled,
)
from app.signing.terminations.models import CHIPS, LABELS, WAYS, Termination, TerminationState, Way
from app.signing.terminations.tasks import RECORD, failure_of
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import BY_NAME
from app.signing.terms.queries import with_unit
from app.workflow import trail
from app.workflow.actor import Role
from app.workflow.steps import Offer

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
        "chances": chances.chances_left(placement.student_id, placement.school_id, now),
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
