"""Which placements a person may see, and the SELECTs of desk, home pages and guards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, Select, bindparam, func, select

from app.core import clock, page
from app.core.db import db
from app.core.errors import NotYours
from app.core.named import title_has
from app.files.documents.models import Attachment
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.people.students.queries import restriction_reason
from app.plan.rows.models import PlanEntry
from app.signing.placements.models import (
    REVIEWS,
    Kind,
    Placement,
    PlacementState,
)
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

S = PlacementState


def placements_for(who: Actor) -> Select[Placement]:
    """Staff see their school's or college's, a party its own (ACC-02)."""
    if who.role is Role.STUDENT:
        return select(Placement).where(Placement.student_id == who.student_id)
    if who.role is Role.EMPLOYER:
        return select(Placement).where(Placement.employer_id == who.employer_id)
    if who.role is Role.SYSTEM:  # the clock
        return select(Placement)
    return select(Placement).where(at_school(who, Placement.school_id, Placement.college_id))


@page.once
def placement_of(student_id: int) -> Placement | None:
    """The one placement under way or in force of a student (GRD-01)."""
    return db.session.scalars(_slot(), {"student": student_id}).first()


@cache  # one statement for all, made once
def _slot() -> Select[Placement]:
    return select(Placement).where(
        Placement.student_id == bindparam("student"), Placement.settles, Placement.stands
    )


def unsettled_of(student_id: int, states: Sequence[str]) -> Sequence[Placement]:
    """What a student registered without being settled, in these states (DST-05)."""
    mine = (Placement.student_id == student_id, ~Placement.settles, Placement.state.in_(states))
    return db.session.scalars(select(Placement).where(*mine).order_by(Placement.id)).all()


def attached_since(placement: Placement) -> bool:
    """Whether files were added since the school last asked for the stamped agreement (OFF-04, OFF-05)."""
    asked = select(func.max(Trail.at)).where(
        Trail.kind == "placement",
        Trail.record_id == placement.id,
        Trail.to_state == S.AWAITING_SCAN,
        Trail.from_state.in_(REVIEWS),
    )
    mine = select(Attachment.id).where(
        Attachment.record_kind == "placement",
        Attachment.record_id == placement.id,
        Attachment.created_at >= asked.scalar_subquery(),
    )
    return db.session.scalars(mine.limit(1)).first() is not None


def student_of(placement: Placement) -> Student:
    """The student of a placement, from this transaction."""
    found = db.session.get(Student, placement.student_id)
    assert found is not None
    return found


def placement_in(who: Actor, key: int) -> Placement:
    """The placement of that key in the person's scope. Raises NotYours."""
    mine: Select[Any] = placements_for(who).where(Placement.id == key)
    found: Placement | None = db.session.execute(mine).scalar_one_or_none()
    if found is None:
        raise NotYours(f"placement {key}")
    return found


def has_agreement(placement: Placement) -> bool:
    """A destination has no agreement (manual 000 §2.1.3)."""
    return placement.kind != Kind.DESTINATION


def prints(placement: Placement) -> bool:
    """Whether its agreement stands as a document: in force, or a paper one approved for stamping."""
    paper = placement.kind == Kind.OFFLINE and placement.is_numbered_paper
    return placement.in_force or paper


def standing(student_id: int, day: date, kind: str) -> tuple[str | None, str | None, str | None]:
    """State and source of the plan row, and the reason of a restriction: what may bar from signing."""
    row = db.session.execute(_standing(str(kind)), {"student": student_id, "day": day}).one()
    return row[0], row[1], row[2]


@cache
def _standing(kind: str) -> Select[Any]:
    student, day = bindparam("student", type_=Integer), bindparam("day", type_=Date)
    entry = select(PlanEntry).where(PlanEntry.student_id == student)
    state = entry.with_only_columns(PlanEntry.state).scalar_subquery()
    source = entry.with_only_columns(PlanEntry.sources["destination_code"].astext).scalar_subquery()
    return select(state, source, restriction_reason(student, day, kind))


def proposals(who: Actor) -> Select[Placement]:
    """The signings of this party whose changed terms wait for a student's answer (INV-16, INV-21)."""
    return placements_for(who).where(Placement.is_amending, Placement.answer_by > clock.app_now())


def invitations_terminated() -> Select[Any]:
    """Keys of the invitations whose signing was in force and has been terminated (INV-18)."""
    return select(Placement.invitation_id).where(
        Placement.state == S.TERMINATED, Placement.invitation_id.is_not(None)
    )


# the row `e` of the plan with the terms `t` that were agreed on
TERMS_OF_ENTRY = """LEFT JOIN placement p ON p.id = e.placement_id
  LEFT JOIN terms t ON t.id = p.terms_id"""


def placements_named(text: str) -> Select[Any]:
    """The ids of the placements whose employer is or was called so."""
    return select(Placement.id).where(title_has(Placement.employer_name, text))
