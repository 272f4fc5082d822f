"""What an employer's page of a signing shows besides its terms: proposal and document."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.accounts.queries import actor
from app.core import clock
from app.signing.invitations.views import (
    now,
)
from app.signing.placements.tasks import document_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.queries import changed
from app.workflow.steps import Offer


def amending_of(placement: Any) -> dict[str, Any] | None:
    """The buttons and the open proposal of a signing (INV-16); greyed once it was reviewed."""
    if placement is None or not placement.holds_slot:
        return None
    who, step = actor(), PLACEMENTS.step("propose_terms")
    shown_by = {"propose_terms": "edit", "take_back_terms": "take_back"}
    offers = [o for o in PLACEMENTS.offers(placement, who, now()) if o.step.name in shown_by]
    urge = PLACEMENTS.offer("nudge_student", placement, who, now())
    offers = offers or [Offer(step, PLACEMENTS.why_not(step.name, placement, who, now()))]
    return {
        "offers": [
            *(
                (o, url_for(f"AmendmentView.{shown_by[o.step.name]}", pk=placement.id))
                for o in offers
            ),
            *(
                [(urge, url_for("NudgesView.send", kind="placement", pk=placement.id))]
                if urge
                else ()
            ),
        ],
        "changes": changed(placement.terms, placement.proposed, placement.graduation_year)
        if any(o.step.name == "take_back_terms" for o in offers)
        else [],
        "until": clock.shown_deadline(placement.answer_by) if placement.answer_by else "",
    }


def document_url(placement: Any) -> str:
    """The agreement once it is made, and the marked one of a signing that has ended (INV-18)."""
    if placement is None:
        return ""
    ended = placement.attested_at and not placement.holds_slot
    return f"/agreements/{placement.id}.pdf" if ended or document_of(placement) else ""
