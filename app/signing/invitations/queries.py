"""Which invitations and candidates a person may see; what the home pages count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.notices.models import Notice
from app.notices.queries import near
from app.people.employers.models import Employer
from app.people.employers.queries import employer_called
from app.people.schools.models import School
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.people.students.queries import finds_student, looks_like_number
from app.signing.invitations.models import Candidate, Invitation, InvitationState
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


def candidates_for(who: Actor) -> Select[Candidate]:
    """An employer's own send list; nobody else has one."""
    mine = Candidate.employer_id == who.employer_id if who.role is Role.EMPLOYER else false()
    return select(Candidate).where(mine)


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


def overdue(now: datetime, most: int) -> Sequence[int]:
    """Ids of open invitations whose time is over (INV-11)."""
    return db.session.scalars(
        select(Invitation.id)
        .where(Invitation.is_open, Invitation.reply_by <= now)
        .order_by(Invitation.reply_by)
        .limit(most)
    ).all()


def ending(now: datetime, after: int, most: int = 200) -> Sequence[Invitation]:
    """A portion of the open invitations that end within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Invitation)
        .options(selectinload(Invitation.employer), selectinload(Invitation.terms))
        .where(Invitation.is_open, near(Invitation.reply_by, now))
        .where(Invitation.id > after, ~Invitation.frozen)
        .order_by(Invitation.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True)
    ).all()


def awaiting_answer() -> ColumnElement[bool]:
    """Open and in time."""
    return and_(Invitation.is_open, Invitation.reply_by > clock.app_now())


def answered() -> SQLColumnExpression[bool]:
    """Accepted, whatever the school decides."""
    return Invitation.is_accepted


def ended() -> ColumnElement[bool]:
    """Declined, withdrawn or expired; what is overdue has expired, swept or not (INV-11)."""
    return or_(
        Invitation.state.in_(
            (InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN)
        ),
        and_(Invitation.is_open, Invitation.reply_by <= clock.app_now()),
    )


def response_of(state: str, reply_by: datetime, now: datetime) -> InvitationState:
    """The state as people read it: overdue is expired, whether or not a worker has marked it."""
    if state == InvitationState.OPEN and reply_by <= now:
        return InvitationState.EXPIRED
    return InvitationState(state)


_UNTOLD = """NOT EXISTS (SELECT 1 FROM message m JOIN ab_user u ON u.id = m.user_id
  WHERE u.student_id = invitation.student_id AND m.created_at >= invitation.sent_at
    AND m.key LIKE 'invitation:' || invitation.id || ':%'
    AND CASE WHEN m.sent_at IS NULL THEN m.tries = 0 ELSE m.problem IS DISTINCT FROM 'kept' END)"""


def untold() -> ColumnElement[bool]:
    """Open, in time, not read, and no message has reached the student or is on its way (NTF-05)."""
    return and_(awaiting_answer(), Invitation.read_at.is_(None), text(_UNTOLD))


def to_tell_anew(after: int, most: int = 200) -> Sequence[tuple[Invitation, Notice, AppUser]]:
    """A portion of the open letters nobody could be told of, whose student has an address by now."""
    rows = db.session.execute(
        select(Invitation, Notice, AppUser)
        .join(AppUser, AppUser.student_id == Invitation.student_id)
        .join(
            Notice,
            and_(
                Notice.user_id == AppUser.id,
                Notice.unreached != "",
                Notice.created_at >= Invitation.sent_at,
            ),
        )
        .join(Student, Student.id == Invitation.student_id)
        .where(awaiting_answer(), ~Invitation.frozen, Invitation.read_at.is_(None))
        .where(
            Invitation.id > after,
            AppUser.active,
            Notice.key.startswith(func.concat("invitation:", Invitation.id, ":")),
        )
        .where(or_(AppUser.email.not_like("%@invalid"), Student.phone_index.is_not(None)))
        .order_by(Invitation.id)
        .limit(most)
        .with_for_update(of=Notice, skip_locked=True)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def of_graduation_year(year: str) -> ColumnElement[bool]:
    """The invitations of students of one graduation year."""
    found = select(Student.id).where(Student.graduation_year == int(year))
    return Invitation.student_id.in_(found)


def schools_and_years(who: Actor) -> tuple[dict[int, str], list[int]]:
    """The schools (id → name) and graduation years of the students whom this party's list has."""
    mine = invitations_for(who).subquery()
    rows = db.session.execute(
        select(School.id, School.name, School.name_order, Student.graduation_year)
        .join(Student, Student.school_id == School.id)
        .where(Student.id.in_(select(mine.c.student_id)))
        .distinct()
        .order_by(School.name_order)
    ).all()
    years = sorted({row.graduation_year for row in rows}, reverse=True)
    return {row.id: row.name for row in rows}, years


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


def chosen(who: Actor, ids: Sequence[int]) -> Sequence[Candidate]:
    """Those of these rows that are on the employer's own send list, with their students."""
    return db.session.scalars(
        candidates_for(who)
        .where(Candidate.id.in_(ids))
        .options(*_with_student())
        .order_by(Candidate.id)
    ).all()


def send_list(who: Actor, most: int) -> Sequence[Candidate]:
    """The employer's send list, the newest on top."""
    return db.session.scalars(
        candidates_for(who).options(*_with_student()).order_by(Candidate.id.desc()).limit(most)
    ).all()


def _with_student() -> list[Any]:
    student = joinedload(Candidate.student)
    return [
        student.joinedload(relation)
        for relation in (Student.school, Student.college, Student.major)
    ]


def put_on_list(employer_id: int, student_id: int) -> bool:
    """Add a student to the send list and commit; False when it was there before (INV-02)."""
    fresh = db.session.execute(
        insert(Candidate)
        .values(employer_id=employer_id, student_id=student_id, added_at=clock.now())
        .on_conflict_do_nothing(index_elements=["employer_id", "student_id"])
        .returning(Candidate.id)
    ).scalar()
    db.session.commit()
    return fresh is not None


def take_off_list(candidates: Sequence[Candidate]) -> None:
    """Remove rows from the send list and commit (INV-04)."""
    for candidate in candidates:
        db.session.delete(candidate)
    db.session.commit()


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


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the school's list; None: all."""
    over = (InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN)
    states = {
        "open": (InvitationState.OPEN,),
        "accepted": (InvitationState.ACCEPTED,),
        "over": over,
    }
    return Invitation.state.in_(states[name]) if name in states else None


def found_by(typed: str) -> ColumnElement[bool]:
    """The invitations whose student or employer the typed text finds."""
    found = Invitation.student_id.in_(select(Student.id).where(finds_student(typed)))
    if looks_like_number(typed):
        return found
    employers = select(Employer.id).where(employer_called(typed))
    return or_(found, Invitation.employer_id.in_(employers))


def version_before(terms: Terms) -> Terms | None:
    """The version of the terms that this one replaced."""
    return db.session.get(Terms, terms.previous_id) if terms.previous_id else None


# of second records that are merged: who is on the send list of the other already (ADM-02, ADM-06)
SPARE_OF_STUDENT = """DELETE FROM candidate c USING candidate k WHERE c.student_id = :gone
  AND k.student_id = :keep AND k.employer_id = c.employer_id"""
SPARE_OF_EMPLOYER = """DELETE FROM candidate c USING candidate k WHERE c.employer_id = :gone
  AND k.employer_id = :keep AND k.student_id = c.student_id"""
