"""What follows the steps of an invitation: its clock, a new version of its terms, the placement."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.settings.queries import settings
from app.signing.invitations.guards import (
    days_refused,
)
from app.signing.invitations.models import Invitation
from app.signing.placements.checks import known_in
from app.signing.placements.models import Kind, Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import Terms, differences, values_of
from app.workflow.steps import Change


def start_clock(change: Change) -> None:
    """Cooling-off and deadline run from now (INV-10, INV-11, INV-15)."""
    invitation: Invitation = change.record
    hours = settings(invitation.school_id).cooling_off_hours
    invitation.sent_at = change.now
    invitation.opens_at = change.now + timedelta(hours=hours)
    invitation.reply_by = clock.deadline(change.now, invitation.terms.reply_days)
    invitation.read_at = None


def new_terms(change: Change) -> None:
    """An edit is a new version of the terms; the trace says what changed (INV-15)."""
    invitation: Invitation = change.record
    terms: Terms = change.data["terms"]
    change.details["changed"] = [f.name for f, _old, _new in differences(invitation.terms, terms)]
    _replace_terms(change, terms, before=invitation.terms_id)


def more_days(change: Change) -> None:
    """More days to answer, counted from the sending; everything else stays as it was.

    The new version stands in the place of the one before it: what an edit changed is shown on.
    Raises Refused for a day that is no later, or that the school does not allow.
    """
    invitation: Invitation = change.record
    old, days, was = invitation.terms, int(change.data["days"]), invitation.reply_by
    if days <= old.reply_days:
        raise Refused(
            _(
                "This letter can be answered until %(until)s already.",
                until=clock.shown_deadline(was),
            )
        )
    terms = Terms(**values_of(old) | {"reply_days": days})
    _replace_terms(change, terms, before=old.previous_id or old.id)
    invitation.reply_by = clock.deadline(invitation.sent_at, days)
    change.details["extended"] = [was.isoformat(), invitation.reply_by.isoformat()]


def _replace_terms(change: Change, terms: Terms, before: int) -> None:
    """The letter has these terms from now on; `before` is the version they are compared with."""
    invitation: Invitation = change.record
    if problem := days_refused(invitation.student.school, terms.reply_days):
        raise Refused(problem)
    terms.previous_id, terms.created_at = before, change.now
    terms.created_by = change.actor.user_id
    with db.session.no_autoflush:
        db.session.add(terms)
        db.session.flush([terms])
    invitation.terms = terms


def form_placement(change: Change) -> None:
    """Acceptance forms a placement awaiting attestation (INV-13)."""
    invitation: Invitation = change.record
    student, employer = invitation.student, invitation.employer
    placement = Placement(
        kind=Kind.ONLINE,
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        employer_id=employer.id,
        invitation_id=invitation.id,
        review=settings(student.school_id).signing_review,
        terms=invitation.terms,
        employer_name=employer.name,
        employer_credit_code=employer.credit_code,
        employer_location=employer.location,
        employer_address=employer.address,
        employer_postcode=employer.postcode,
        employer_email=employer.email,
        created_at=change.now,
        **known_in(
            student.graduation_year,
            {"employer_kind": employer.kind, "employer_industry": employer.industry},
        ),
    )
    PLACEMENTS.start("form", placement, change.actor)
