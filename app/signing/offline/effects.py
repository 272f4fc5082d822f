"""What students typed of an employer on paper, offered to the register of employers (OFF-07)."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.people.employers.models import Employer
from app.people.employers.register import employer_by_code, listed
from app.signing.offline.evidence import papers_for
from app.signing.placements.models import Placement
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_rows


def to_register(placement_id: int, actor: Actor) -> Employer:
    """Put the employer of a paper signing on the register, or find it there, and commit (OFF-07).

    All paper signings of the school with its credit code are linked to it; what they say stays.
    Raises NotYours, and Refused where the credit code cannot be one.
    """
    return committed(lambda: _registered(placement_id, actor))


def _registered(placement_id: int, actor: Actor) -> Employer:
    wanted = papers_for(actor).where(Placement.id == placement_id)
    placement = db.session.scalars(wanted).one_or_none()
    if placement is None or actor.role is not Role.SCHOOL:
        raise NotYours(f"placement {placement_id}")
    employer = employer_by_code(placement.employer_credit_code)
    if employer is None:
        try:
            employer = listed(_typed(placement), actor, compared=True)
        except Invalid as error:
            raise Refused(" ".join(text for _place, text in error.problems)) from error
    mine = (
        Placement.employer_credit_code == employer.credit_code,
        Placement.school_id == placement.school_id,
        Placement.employer_id.is_(None),
    )
    keys = set(db.session.scalars(papers_for(actor).where(*mine).with_only_columns(Placement.id)))
    lock_rows(Placement, keys)
    for row in db.session.scalars(select(Placement).where(Placement.id.in_(keys))):
        row.employer_id = employer.id
    return employer


def _typed(placement: Placement) -> dict[str, object]:
    """The employer's facts as they stand in the signing."""
    terms = placement.terms
    return {
        "credit_code": placement.employer_credit_code,
        "name": placement.employer_name,
        "kind": placement.employer_kind,
        "industry": placement.employer_industry,
        "location": placement.employer_location,
        "address": placement.employer_address,
        "postcode": placement.employer_postcode,
        "contact_name": terms.contact_name if terms else None,
        "contact_phone": terms.contact_phone if terms else None,
        "email": placement.employer_email,
    }
