"""What follows the steps of a placement: the next state, number, plan row, document, terms."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm.attributes import get_history

from app.core import clock, jobs
from app.core.db import db
from app.documents.store import next_number, void_documents
from app.placements.models import AWAITING, KIND_DIGIT, Kind, Placement, PlacementState
from app.placements.queries import student_of
from app.placements.tasks import AGREEMENT, RECORD, make_agreement
from app.plan import workflow as plan
from app.plan.models import Source
from app.settings.models import Review
from app.settings.queries import settings
from app.terms.models import Terms, differences
from app.workflow.decisions import just_decided
from app.workflow.queries import last_row
from app.workflow.steps import Change

S = PlacementState
ONLINE_DESTINATION = "10"  # 签就业协议形式就业 in both editions of 毕业去向
FROM_TERMS = ("position_kind", "contact_name", "contact_phone", "archive_to", "archive_address",
              "archive_postcode", "household_address")  # fmt: skip


def first_review(change: Change) -> StrEnum:
    """Where the review begins: at the college where it takes part, else at the school (AGR-06)."""
    return waits_at(change.record)


def waits_at(placement: Placement) -> PlacementState:
    """The first level of review, as kept with the placement."""
    return S.AWAITING_SCHOOL if placement.review == Review.SCHOOL else S.AWAITING_COLLEGE


def last_review(change: Change) -> StrEnum:
    """Where the last decision is taken: the school, or the college where it decides alone."""
    return S.AWAITING_COLLEGE if change.record.review == Review.COLLEGE else S.AWAITING_SCHOOL


def where_refused(change: Change) -> StrEnum:
    """A refusal taken back waits where it was spoken: the college is not passed over (AGR-06)."""
    row = last_row("placement", change.record.id)
    found = row.from_state if row is not None else None
    if found == S.AMENDING:
        return waits_at(change.record)
    return S(found) if found in AWAITING else last_review(change)


def after_college(change: Change) -> StrEnum:
    """After the college's approval the school decides, unless the college decides alone (AGR-06)."""
    return S.IN_FORCE if change.record.review == Review.COLLEGE else S.AWAITING_SCHOOL


def mark_reviewed(change: Change) -> None:
    """From the first decision on, the terms are no longer amended (INV-16)."""
    change.record.reviewed_at = change.record.reviewed_at or change.now


def come_into_force(change: Change) -> None:
    """Number, plan row and the job that makes the document: all or nothing (AGR-04, GRD-06)."""
    placement: Placement = change.record
    if placement.state != S.IN_FORCE:
        return  # the school decides next
    if change.step.name != "revive":
        placement.attested_at = change.now
    _number(placement)
    _fill_plan(placement, change.now)
    jobs.enqueue(make_agreement, placement_id=placement.id)


def go_out_of_force(change: Change) -> None:
    """Plan row back, agreement void; the number stays with the record (AGR-08, PLN-02)."""
    placement: Placement = change.record
    if change.source != S.IN_FORCE:
        return
    plan.take_back(student_of(placement), placement.id, change.now)
    void_documents(RECORD, placement.id, AGREEMENT, change.now)


def not_reviewed_after_all(change: Change) -> None:
    """An undone first decision leaves the terms free to be amended again (INV-16)."""
    row = just_decided(change.record, change.actor)
    if row is not None and change.record.reviewed_at == row.at:
        change.record.reviewed_at = None


def keep_facts(change: Change) -> None:
    """Write the facts, old and new into the trace; the record keeps its place in the queue."""
    placement: Placement = change.record
    [since] = get_history(placement, "changed_at").deleted or (placement.changed_at,)
    placement.changed_at = since
    for name, value in change.data["values"].items():
        change.details[name] = [getattr(placement, name), value]
        setattr(placement, name, value)


def keep_proposal(change: Change) -> None:
    """A proposal is a version of the terms beside the agreed one, with a deadline (INV-16)."""
    placement: Placement = change.record
    terms: Terms = change.data["terms"]
    terms.previous_id, terms.created_at = placement.terms_id, change.now
    terms.created_by = change.actor.user_id
    with db.session.no_autoflush:
        db.session.add(terms)
        db.session.flush([terms])
    change.details["changed"] = changed_fields(placement.terms, terms)
    placement.proposed = terms
    days = settings(placement.school_id).amendment_days
    placement.answer_by = clock.deadline(change.now, days)


def take_proposal(change: Change) -> None:
    """Agreed: the new version counts, and the document will name it (INV-16)."""
    placement: Placement = change.record
    change.details["terms"] = [placement.terms_id, placement.proposed_id]
    placement.terms = placement.proposed
    drop_proposal(change)


def drop_proposal(change: Change) -> None:
    """The proposal is over; the terms that counted before stay (INV-16)."""
    change.record.proposed, change.record.answer_by = None, None


def changed_fields(old: Terms | None, new: Terms) -> list[str]:
    """Names of the terms in which two versions differ."""
    return [field.name for field, _old, _new in differences(old, new)] if old else []


def _number(placement: Placement) -> None:
    """Give the agreement number; one given before stays with the record (AGR-10)."""
    if placement.agreement_no is None:
        placement.agreement_no = next_number(
            KIND_DIGIT[Kind(placement.kind)],
            placement.graduation_year,
            placement.school_id,
            placement.school.code,
        )


def _fill_plan(placement: Placement, now: datetime) -> None:
    """Write the student's plan row (PLN-01)."""
    terms, employer = placement.terms, placement.employer
    values: dict[str, Any] = {
        "destination_code": ONLINE_DESTINATION,
        "credit_code": placement.employer_credit_code,
        "employer_name": placement.employer_name,
        "employer_kind": placement.employer_kind,
        "industry": placement.employer_industry,
        "location": placement.employer_location,
        "address": employer and employer.address,
        "postcode": employer and employer.postcode,
    }
    values |= {name: getattr(terms, name, None) for name in FROM_TERMS}
    plan.fill(student_of(placement), placement.id, values, Source.SIGNING, now)
