"""What follows the steps of a placement: the next state, number, plan row, document, terms."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm.attributes import get_history

from app.core import clock, jobs
from app.core.db import db
from app.core.registry import stores
from app.core.statements import Statements, words
from app.files.documents.counter import next_number
from app.files.documents.issued import void_documents
from app.plan.rows import sync as plan
from app.settings.queries import settings
from app.signing.placements.models import (
    HOLDS_SLOT,
    KIND_DIGIT,
    Kind,
    Placement,
    PlacementState,
)
from app.signing.placements.printing import AGREEMENT
from app.signing.placements.queries import has_agreement, prints
from app.signing.placements.tasks import RECORD, make_agreement
from app.signing.terms.models import Terms, differences
from app.workflow import trail
from app.workflow.actor import Actor
from app.workflow.decisions import just_decided
from app.workflow.steps import Change

S = PlacementState


def mark_reviewed(change: Change) -> None:
    """From the first decision on, the terms are no longer amended (INV-16)."""
    change.record.reviewed_at = change.record.reviewed_at or change.now


def number(change: Change) -> None:
    """Give the agreement number: online in force, on paper before it is stamped (AGR-04, AGR-10).

    One given before stays with the record.
    """
    placement: Placement = change.record
    if not (placement.in_force or placement.awaits_scan):
        return  # the school decides next
    if placement.in_force:
        placement.attested_at = change.now
    if placement.agreement_no is None and has_agreement(placement):
        placement.agreement_no = next_number(
            KIND_DIGIT[Kind(placement.kind)],
            placement.graduation_year,
            placement.school_id,
            placement.school.code,
        )


def come_into_force(change: Change) -> None:
    """Plan row and the job that makes the document, beside the number: all or nothing (GRD-06)."""
    placement: Placement = change.record
    if not placement.in_force:
        return  # the school decides next
    if extra := stores().plan_values.get(placement.kind):
        placement.plan_values = extra(placement)
        db.session.flush()
    plan.fill(placement.student_id, placement.id, change.now)
    if has_agreement(placement):
        jobs.enqueue(make_agreement, placement_id=placement.id)


def print_form(change: Change) -> None:
    """The form of a paper signing is printed before it is stamped (OFF-03)."""
    placement: Placement = change.record
    if placement.awaits_scan:
        jobs.enqueue(make_agreement, placement_id=placement.id)


def go_out_of_force(change: Change) -> None:
    """Plan row back, agreement void; the number stays with the record (AGR-08, PLN-02)."""
    placement: Placement = change.record
    if change.source == S.IN_FORCE:
        plan.take_back(placement.student_id, placement.id, change.now)
    if (change.source == S.IN_FORCE and placement.kind == Kind.ONLINE) or not prints(placement):
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


SQL = Statements(
    __file__,
    "effects.sql",
    which="s.id = :id",
    into=trail.INTO,
    stands=words(HOLDS_SLOT),
    lines=trail.lines(
        "placement",
        "'follow_student'",
        "state",
        "state",
        trail.BY_ACTOR,
        reason="said",
        at="app_now()",
    ),
)


def follow_student(which: str, actor: Actor, **values: object) -> None:
    """Bring placements to the college and major of the students `s` of the condition (ADM-09)."""
    db.session.execute(text(SQL.sql("follow", which=which)), {**values, **trail.bound(actor)})
