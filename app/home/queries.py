"""What the start pages count: what waits, by age, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, join, literal, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import joinedload, undefer

from app.accounts import beside
from app.accounts.models import ROLE_NAMES
from app.core import clock
from app.core.db import db
from app.people.corrections.models import Correction, CorrectionState
from app.people.corrections.queries import corrections_for
from app.people.employers.models import Employer, EmployerState
from app.people.schools.models import College, School
from app.people.staff.models import RequestState, StaffRequest
from app.people.staff.queries import has_role, open_requests, requests_for
from app.plan.rows.queries import changes_waiting
from app.signing.desk.models import waits_since
from app.signing.desk.queries import (
    DECISIONS,
    MINE,
    WAITS,
    by_wait,
    endings_by_wait,
    signings_by_wait,
    waiting_for,
)
from app.signing.disputes.models import Dispute
from app.signing.disputes.queries import frozen_now
from app.signing.invitations.candidates import candidates_for
from app.signing.invitations.deadlines import untold
from app.signing.invitations.models import Invitation
from app.signing.invitations.queries import awaiting_attestation, invitations_for
from app.signing.invitations.queries import waiting as waiting_letters
from app.signing.objections.models import Objection, ObjectionState
from app.signing.objections.queries import disowned, objections_for
from app.signing.placements.models import Placement
from app.signing.placements.queries import placements_for, proposals
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.models import Termination
from app.signing.terminations.queries import awaiting, terminations_for, to_answer
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail
from app.workflow.steps import deciding
from app.workflow.verdicts import Tone

DAY = timedelta(days=1)
MENU_CAP = 1_000  # the menu says «999+» from there on
REVIEWS = (PLACEMENTS, TERMINATIONS)
APPROVING = (*deciding(Tone.DONE, *REVIEWS), "confirm_force")
REFUSING = deciding(Tone.REFUSED, *REVIEWS)


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision, by age in days."""

    total: int
    fresh: int
    days: int
    overdue: int


def waiting(who: Actor, now: datetime) -> tuple[Waiting, Waiting, int]:
    """Signings and terminations that wait: less than a day, one to three days, longer (AGR-14).

    With them, for a school, how many open letters nobody could tell their students of (NTF-05).
    """
    scope, row = placements_for(who), []
    signings = signings_by_wait(scope, MINE.get(who.role, WAITS))
    for parts in (signings, endings_by_wait(scope, who, awaiting(who))):
        times = [part.with_only_columns(since.label("since")) for part, since in parts]
        at = (union_all(*times) if len(times) > 1 else times[0]).subquery().c.since
        ages = (
            func.count(),
            func.count().filter(at > now - DAY),
            func.count().filter(at <= now - DAY, at > now - 3 * DAY),
            func.count().filter(at <= now - 3 * DAY),
        )
        row.append(select(func.jsonb_build_array(*ages, type_=JSONB)).scalar_subquery())
    letters = _untold(who) if who.role is Role.SCHOOL else literal(0)
    reviews, endings, missed = db.session.execute(select(*row, letters)).one()
    return Waiting(*reviews), Waiting(*endings), missed


def oldest(who: Actor, most: int = 5) -> Sequence[Placement]:
    """What waits longest, signings and terminations alike."""
    times = [
        part.with_only_columns(since.label("since"), Placement.id.label("key"))
        .order_by(since, Placement.id)
        .limit(most)
        .subquery()
        .select()
        for part, since in by_wait("mine", who, placements_for(who))
    ]
    first = union_all(*times).subquery()
    return db.session.scalars(
        select(Placement)
        .join(first, first.c.key == Placement.id)
        .options(
            joinedload(Placement.student), joinedload(Placement.college), undefer(waits_since())
        )
        .order_by(first.c.since, first.c.key)
        .limit(most)
    ).all()


def decided_today(who: Actor, now: datetime) -> tuple[int, int]:
    """How many were approved and refused today in the scope; on each level of review."""
    start = clock.end_of_day(clock.local(now).date()) - DAY
    signings = placements_for(who).where(Placement.changed_at >= start)
    endings = terminations_for(who).where(Termination.changed_at >= start)
    steps = union_all(
        _steps_since(start, Placement, signings), _steps_since(start, Termination, endings)
    )
    step = steps.subquery().c.step
    approved, refused = db.session.execute(
        select(
            func.count().filter(step.in_(APPROVING)),
            func.count().filter(step.in_(REFUSING)),
        )
    ).one()
    return approved, refused


def _steps_since(start: datetime, model: Any, changed: Select[Any]) -> Select[Any]:
    """The steps that were taken since then, of the records that changed since: each by its own few lines.

    OFFSET 0 keeps it so: joined, all that anybody was told or did today would be read for it.
    """
    mine = (Trail.kind == model.__tablename__, Trail.record_id == model.id, Trail.at >= start)
    taken = select(Trail.step).where(*mine).offset(0).correlate(model).lateral()
    return changed.with_only_columns(taken.c.step).select_from(join(model, taken, true()))


def _untold(who: Actor) -> Any:
    return _counted(invitations_for(who).where(untold()).with_only_columns(Invitation.id))


def decisions_of(who: Actor, most: int = 5) -> Sequence[tuple[Trail, Placement]]:
    """The person's own last decisions on signings and terminations, newest first."""
    about = case((Trail.kind == "termination", Termination.placement_id), else_=Trail.record_id)
    steps = or_(
        *(and_(Trail.kind == kind, Trail.step.in_(names)) for kind, names in DECISIONS.items())
    )
    rows = db.session.execute(
        select(Trail, Placement)
        .outerjoin(
            Termination, and_(Trail.kind == "termination", Termination.id == Trail.record_id)
        )
        .join(Placement, Placement.id == about)
        .options(joinedload(Placement.student))
        .where(Trail.actor_id == who.user_id, steps)
        .order_by(Trail.at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def staff_requests(who: Actor, most: int = 20) -> Sequence[StaffRequest]:
    """The requests about accounts that nobody has confirmed yet, oldest first."""
    mine = requests_for(who).where(StaffRequest.state == RequestState.OPEN)
    return db.session.scalars(mine.order_by(StaffRequest.created_at).limit(most)).all()


def missing_administrators() -> list[str]:
    """The administrators that this installation still lacks, by their names."""
    wanted = (Role.SECURITY, Role.AUDIT)
    return [str(ROLE_NAMES[role]) for role in wanted if not has_role(role)]


@dataclass(frozen=True)
class Frame:
    """What every page of the office shows around its content."""

    place: str
    counts: dict[str, int]


def _counted(keys: Any) -> Any:
    """How many, up to what the menu shows."""
    return select(func.count()).select_from(keys.limit(MENU_CAP).subquery()).scalar_subquery()


def _waiting_by_entry(role: Role) -> dict[str, Callable[[Actor], Any]]:
    """Menu entry → how the keys of what waits there are asked for: only who asks makes the statement."""
    # the province reads the desk and decides nothing there: no queue of its own
    found: dict[str, Callable[[Actor], Any]] = (
        {} if role is Role.PROVINCE else {"Desk": waiting_for}
    )
    if role is Role.SCHOOL:
        found |= {
            "Objections": _objections,
            "Employers": _employers,
            "Corrections": _corrections,
        }
    if role is Role.PROVINCE:
        found["Objections"] = lambda who: disowned(who).with_only_columns(Objection.id)
    if role in (Role.SCHOOL, Role.PROVINCE, Role.ADMIN, Role.SECURITY):
        found["Disputes"] = lambda who: frozen_now(who).with_only_columns(Dispute.id)
    if role is Role.SECURITY:
        found["StaffRequests"] = lambda _who: open_requests()
    if role in (Role.SCHOOL, Role.DATA):
        found["PlanChanges"] = changes_waiting
    return found


def _objections(who: Actor) -> Any:
    reports = objections_for(who).where(Objection.state == ObjectionState.OPEN)
    return reports.with_only_columns(Objection.id)


def _employers(who: Actor) -> Any:
    new = (Employer.school_id == who.school_id, Employer.state == EmployerState.AWAITING)
    return select(Employer.id).where(*new)


def _corrections(who: Actor) -> Any:
    proposed = corrections_for(who).where(Correction.state == CorrectionState.PROPOSED)
    return proposed.with_only_columns(Correction.id)


def party(who: Actor) -> Any:
    """What waits with an employer, by its name on the start page, as `beside` asks it."""
    waits: dict[str, Any] = {
        "waiting": waiting_letters(who),
        "attesting": awaiting_attestation(who),
        "amending": proposals(who),
        "terminations": to_answer(who),
        "on_list": candidates_for(who),
    }
    counts = [
        (name, select(func.count()).select_from(keys.subquery()).scalar_subquery())
        for name, keys in waits.items()
    ]
    return func.jsonb_build_object(*(part for pair in counts for part in pair), type_=JSONB)


def counts_of_party() -> dict[str, int]:
    """What waits with the employer asking (INV-21)."""
    return dict(beside.ask("party"))


def around(who: Actor) -> Any:
    """Names of school and college, then what waits by menu entry, as `beside` asks it."""
    school = select(School.name).where(School.id == who.school_id).scalar_subquery()
    college = select(College.name).where(College.id == who.college_id).scalar_subquery()
    waits = [_counted(keys(who)) for keys in _waiting_by_entry(who.role).values()]
    return func.jsonb_build_array(school, college, *waits, type_=JSONB)


def frame_of(who: Actor) -> Frame:
    """Name of the school or college of the person asking, and what waits by menu entry."""
    school, college, *numbers = beside.ask("frame")
    counts = dict(zip(_waiting_by_entry(who.role), numbers, strict=True))
    return Frame(" ".join(filter(None, (school, college))), counts)
