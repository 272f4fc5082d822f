"""Which placements a person may see, and the SELECTs of desk, home pages and guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.core.text import clean_code, mask_name
from app.documents.models import Document
from app.people.checks import is_credit_code
from app.people.models import College, Employer, EmployerState, School, Student
from app.people.queries import (
    at_school,
    finds_student,
    has_secret,
    looks_like_number,
    name_has,
    restriction_reason,
    students_for,
)
from app.placements.models import (
    AGREEMENT_LABELS,
    AWAITING,
    HOLDS_SLOT,
    Kind,
    Placement,
    PlacementState,
)
from app.plan.models import PlanEntry
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

S = PlacementState


def placements_for(who: Actor) -> Select[Placement]:
    """Staff see their school's or college's, a party its own (ACC-02)."""
    if who.role is Role.STUDENT:
        return select(Placement).where(Placement.student_id == who.student_id)
    if who.role is Role.EMPLOYER:
        return select(Placement).where(Placement.employer_id == who.employer_id)
    return select(Placement).where(at_school(who, Placement.school_id, Placement.college_id))


def placement_of(student_id: int) -> Placement | None:
    """The one placement under way or in force of a student (GRD-01)."""
    return db.session.scalars(
        select(Placement).where(Placement.student_id == student_id, Placement.state.in_(HOLDS_SLOT))
    ).first()


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


# -- the review desk ---------------------------------------------------------------------------


def awaiting_me(who: Actor) -> ColumnElement[bool]:
    """What waits for this person's decision; for readers, what waits at all (AGR-06)."""
    mine = {Role.COLLEGE: (S.AWAITING_COLLEGE,), Role.SCHOOL: (S.AWAITING_SCHOOL,)}
    return Placement.state.in_(mine.get(who.role, AWAITING))


def in_tab(name: str, who: Actor) -> ColumnElement[bool] | None:
    """The rows of a tab of the desk; None: all."""
    other = S.AWAITING_SCHOOL if who.role is Role.COLLEGE else S.AWAITING_COLLEGE
    states = {
        "other": (other,),
        "in_force": (S.IN_FORCE,),
        "refused": (S.REFUSED,),
        "ended": (S.TERMINATED,),
    }
    if name == "mine":
        return awaiting_me(who)
    return Placement.state.in_(states[name]) if name in states else None


def found_by(text: str, who: Actor) -> ColumnElement[bool]:
    """The placements that a typed number, credit code or fragment of a name finds (AGR-01).

    A union of small index-served parts: an OR over two tables would read every row of the scope.
    """
    code = clean_code(text)
    mine = placements_for(who).with_only_columns(Placement.id)
    students = students_for(who).with_only_columns(Student.id).where(finds_student(text))
    parts = [mine.where(Placement.student_id.in_(students))]
    if looks_like_number(text):
        parts.append(mine.where(Placement.agreement_no.startswith(code, autoescape=True)))
    if is_credit_code(code):
        parts.append(mine.where(Placement.employer_credit_code == code))
    elif not code.isdecimal():
        parts.append(mine.where(name_has(Placement.employer_name, text)))
    return Placement.id.in_(union_all(*parts))


def of_secret(token: str) -> ColumnElement[bool] | None:
    """The placements of the student whose number the token hides."""
    found = has_secret(token)
    return None if found is None else Placement.student_id.in_(select(Student.id).where(found))


def with_students(placements: list[Placement]) -> list[Placement]:
    """The same rows with their students, read by one query."""
    ids = {placement.student_id for placement in placements}
    found = {s.id: s for s in db.session.scalars(select(Student).where(Student.id.in_(ids)))}
    for placement in placements:
        set_committed_value(placement, "student", found[placement.student_id])
    return placements


def has_agreement(placement: Placement) -> bool:
    """A destination has no agreement (manual 000 §2.1.3)."""
    return placement.kind != Kind.DESTINATION


def signings_of(student_id: int) -> int:
    """How many placements of a student are under way or in force: never more than one."""
    held = select(func.count()).where(
        Placement.student_id == student_id, Placement.state.in_(HOLDS_SLOT)
    )
    return db.session.scalar(held) or 0


# -- the start page ----------------------------------------------------------------------------

DAY = timedelta(days=1)
APPROVING, REFUSING = ("attest", "attest_college"), ("refuse", "refuse_college")


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision, by age in days."""

    total: int
    fresh: int
    days: int
    overdue: int


def waiting(who: Actor, now: datetime) -> Waiting:
    """Counts of what waits: less than a day, one to three days, longer (AGR-14)."""
    since = Placement.changed_at
    row = db.session.execute(
        placements_for(who)
        .where(awaiting_me(who))
        .with_only_columns(
            func.count(),
            func.count().filter(since > now - DAY),
            func.count().filter(since <= now - DAY, since > now - 3 * DAY),
            func.count().filter(since <= now - 3 * DAY),
        )
    ).one()
    return Waiting(*row)


def oldest(who: Actor, most: int = 5) -> Sequence[Placement]:
    """What waits longest."""
    mine: Select[Any] = placements_for(who)
    return db.session.scalars(
        mine.where(awaiting_me(who))
        .options(joinedload(Placement.student), joinedload(Placement.college))
        .order_by(Placement.changed_at, Placement.id)
        .limit(most)
    ).all()


def decided_today(who: Actor, now: datetime) -> tuple[int, int]:
    """How many were approved and refused today in the scope; on each level of review."""
    start = clock.end_of_day(clock.local(now).date()) - DAY
    changed = placements_for(who).where(Placement.changed_at >= start)
    approved, refused = db.session.execute(
        select(
            func.count().filter(Trail.step.in_(APPROVING)),
            func.count().filter(Trail.step.in_(REFUSING)),
        ).where(
            Trail.kind == "placement",
            Trail.at >= start,
            Trail.record_id.in_(changed.with_only_columns(Placement.id)),
        )
    ).one()
    return approved, refused


def decisions_of(who: Actor, most: int = 5) -> Sequence[tuple[Trail, Placement]]:
    """The person's own last decisions, newest first."""
    rows = db.session.execute(
        select(Trail, Placement)
        .join(Placement, Placement.id == Trail.record_id)
        .options(joinedload(Placement.student))
        .where(Trail.actor_id == who.user_id, Trail.kind == "placement")
        .where(Trail.step.in_((*APPROVING, *REFUSING)))
        .order_by(Trail.at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class Frame:
    """What every page of the office shows around its content."""

    place: str
    counts: dict[str, int]


def frame_of(who: Actor) -> Frame:
    """Name of the school or college, and what waits by menu entry: one query for every page."""
    placements = placements_for(who).where(awaiting_me(who))
    mine = (Employer.school_id == who.school_id, Employer.state == EmployerState.AWAITING)
    school = select(School.name).where(School.id == who.school_id)
    college = select(College.name).where(College.id == who.college_id)
    row = db.session.execute(
        select(
            school.scalar_subquery(),
            college.scalar_subquery(),
            select(func.count()).select_from(placements.subquery()).scalar_subquery(),
            select(func.count(Employer.id)).where(*mine).scalar_subquery(),
        )
    ).one()
    counts = {"Desk": row[2]} | ({"Employers": row[3]} if who.role is Role.SCHOOL else {})
    return Frame(" ".join(filter(None, row[:2])), counts)


@dataclass(frozen=True)
class Verified:
    """What the public may read of an agreement: its state now, and masked facts (DOC-04)."""

    state: Any
    chip: str
    rows: list[tuple[Any, str]]


def verified(code: str) -> Verified | None:
    """The agreement behind a verification code, as it stands now."""
    row = db.session.execute(
        select(Placement, Document)
        .join(
            Document, (Document.record_kind == "placement") & (Document.record_id == Placement.id)
        )
        .where(Document.code == code)
    ).first()
    if row is None:
        return None
    placement, document = row
    state = PlacementState(placement.state)
    stands = state is PlacementState.IN_FORCE and document.void_at is None
    label = AGREEMENT_LABELS[PlacementState.IN_FORCE if stands else PlacementState.TERMINATED]
    return Verified(
        label,
        "done" if stands else "closed",
        [
            (_l("Agreement number"), document.number or ""),
            (_l("School"), placement.school.name),
            (_l("Student"), mask_name(placement.student.name)),
            (_l("Employer"), placement.employer_name),
            (
                _l("Attested on"),
                clock.local(placement.attested_at or placement.changed_at).strftime("%Y-%m-%d"),
            ),
        ],
    )


def standing(student_id: int, day: date) -> tuple[str | None, str | None, str | None]:
    """State and source of the plan row, and the reason of a restriction: what may bar from signing."""
    entry = select(PlanEntry).where(PlanEntry.student_id == student_id)
    state = entry.with_only_columns(PlanEntry.state).scalar_subquery()
    source = entry.with_only_columns(PlanEntry.sources["destination_code"].astext).scalar_subquery()
    row = db.session.execute(select(state, source, restriction_reason(student_id, day))).one()
    return row[0], row[1], row[2]
