"""Which invitations and candidates a person may see; what the home pages count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ScalarSelect,
    Select,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.signing.invitations.models import Invitation
from app.signing.placements.models import AWAITING, Placement
from app.signing.placements.queries import placements_for
from app.signing.terms.models import Terms
from app.workflow.actor import Actor, Role

LARGEST_KEY = 2**31 - 1


def invitations_for(who: Actor) -> Select[Invitation]:
    """A party sees its own; a school those of its students."""
    if who.role is Role.STUDENT:
        return select(Invitation).where(Invitation.student_id == who.student_id)
    if who.role is Role.EMPLOYER:
        return select(Invitation).where(Invitation.employer_id == who.employer_id)
    if who.role is Role.SYSTEM:
        return select(Invitation)
    return select(Invitation).where(at_school(who, Invitation.school_id))


def open_invitation(employer_id: int, student_id: int) -> Invitation | None:
    """The one open invitation between the two (GRD-02); it may be overdue and not yet swept."""
    return db.session.scalars(
        select(Invitation).where(
            Invitation.employer_id == employer_id,
            Invitation.student_id == student_id,
            Invitation.is_open,
        )
    ).first()


def sent_from(batch: str, student_id: int) -> bool:
    """Whether this preview has invited the student before (INV-06)."""
    wanted = select(Invitation.id).where(
        Invitation.batch == batch, Invitation.student_id == student_id
    )
    return db.session.scalar(wanted) is not None


def waiting(who: Actor) -> Select[Invitation]:
    """The open, not overdue invitations that concern this party (INV-21, INV-22)."""
    return invitations_for(who).where(Invitation.is_open, Invitation.reply_by > clock.app_now())


def open_letters(who: Actor) -> ScalarSelect[int]:
    """How many letters wait for a student's answer, as `beside` asks it."""
    return select(func.count()).select_from(waiting(who).subquery()).scalar_subquery()


def received(student_id: int, now: datetime, most: int = 20) -> Sequence[Invitation]:
    """A student's open invitations, the one that ends first on top."""
    return db.session.scalars(_received(most), {"student": student_id, "now": now}).all()


@cache  # one statement for all, made once
def _received(most: int) -> Select[Invitation]:
    return (
        select(Invitation)
        .options(joinedload(Invitation.employer), joinedload(Invitation.terms))
        .where(
            Invitation.student_id == bindparam("student"),
            Invitation.is_open,
            Invitation.reply_by > bindparam("now"),
        )
        .order_by(Invitation.reply_by, Invitation.id)
        .limit(most)
    )


def invitation_of(who: Actor, pk: int) -> Invitation:
    """One invitation of this party, with what its pages show. Raises NotYours."""
    found = None
    if pk <= LARGEST_KEY:
        student = joinedload(Invitation.student)
        found = db.session.scalars(
            invitations_for(who)
            .where(Invitation.id == pk)
            .options(
                *(student.joinedload(r) for r in (Student.school, Student.college, Student.major)),
                joinedload(Invitation.terms),
                joinedload(Invitation.employer),
                joinedload(Invitation.placement),
            )
        ).one_or_none()
    if found is None:
        raise NotYours(f"invitation {pk}")
    return found


def invitation_behind(who: Actor, placement_id: int) -> int:
    """The invitation from which a signing of this party came. Raises NotYours."""
    wanted = placements_for(who).where(Placement.id == placement_id, Placement.invitation_id > 0)
    found = db.session.scalars(wanted).first() if placement_id <= LARGEST_KEY else None
    if found is None or found.invitation_id is None:
        raise NotYours(f"placement {placement_id}")
    return found.invitation_id


def awaiting_attestation(who: Actor) -> Select[Placement]:
    """The party's signings that a school has yet to decide."""
    return placements_for(who).where(Placement.state.in_(AWAITING))


def made_from(batch: str, who: Actor) -> Sequence[Invitation]:
    """What the employer sent from one preview, however often «send» was pressed (INV-06)."""
    return db.session.scalars(
        invitations_for(who)
        .where(Invitation.batch == batch)
        .options(joinedload(Invitation.student).joinedload(Student.school))
        .order_by(Invitation.id)
    ).all()


def last_terms(who: Actor) -> Terms | None:
    """The terms of the letter that the employer sent last."""
    return db.session.scalars(
        select(Terms)
        .join(Invitation, Invitation.terms_id == Terms.id)
        .where(Invitation.employer_id == who.employer_id)
        .order_by(Invitation.id.desc())
        .limit(1)
    ).first()


def version_before(terms: Terms) -> Terms | None:
    """The version of the terms that this one replaced."""
    return db.session.get(Terms, terms.previous_id) if terms.previous_id else None


# of second records that are merged: who is on the send list of the other already (ADM-02, ADM-06)
SPARE_OF_STUDENT = """DELETE FROM candidate c USING candidate k WHERE c.student_id = :gone
  AND k.student_id = :keep AND k.employer_id = c.employer_id"""
SPARE_OF_EMPLOYER = """DELETE FROM candidate c USING candidate k WHERE c.employer_id = :gone
  AND k.employer_id = :keep AND k.student_id = c.student_id"""
