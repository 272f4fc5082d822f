"""What the people of the demo do: each act by the real rules, at the moment it is scheduled for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.demo.maker import Maker
from app.demo.people import TRADES
from app.invitations.models import Candidate, Invitation
from app.invitations.workflow import INVITATIONS, send
from app.people.models import Student
from app.placements.queries import placement_of
from app.placements.workflow import PLACEMENTS
from app.workflow.actor import Role

POSITIONS = (
    "软件工程师",
    "市场助理",
    "会计",
    "法务专员",
    "英语教师",
    "机械设计师",
    "视觉设计师",
    "项目助理",
)


def letter(maker: Maker, n: int) -> dict[str, object]:
    """The values of a letter."""
    trade = TRADES[n % len(TRADES)]
    pay = maker.dice.randrange(4000, 9000, 500)
    return {
        "position_kind": trade[2], "position": POSITIONS[n % len(POSITIONS)], "reply_days": 5,
        "probation_days": maker.dice.choice((30, 60, 90)), "probation_pay": pay, "regular_pay": pay + 1000,
        "breach_penalty": maker.dice.choice((0, 0, 3000)), "report_place": "武汉市洪山区光谷大道1号人力资源部",
        "report_by": date(clock.today().year + 1, 7, 11), "workplace": "420111", "contact_name": "张先生",
        "contact_phone": "027-87654321", "archive_receiver": "UNIT", "archive_to": "人力资源部",
        "archive_address": "湖北省武汉市洪山区光谷大道1号", "archive_postcode": "430074",
        "archive_contact": "张先生", "archive_phone": "027-87654321", "household_kind": "NONE",
    }  # fmt: skip


def invite(maker: Maker, employer: int, student: Student, n: int) -> Callable[[], None]:
    """The employer invites the student."""

    def act() -> None:
        row = Candidate(
            employer_id=maker.employers[employer].id, student_id=student.id, added_at=clock.now()
        )
        db.session.add(row)
        db.session.flush()
        user = db.session.scalars(
            select(AppUser).where(AppUser.employer_id == maker.employers[employer].id)
        ).one()
        made = send([row], letter(maker, n), actor_of(user), uuid4().hex)
        assert made.made, made.refused

    return act


def find(maker: Maker, students: list[Student]) -> Callable[[], None]:
    """The first employer puts students on its send list."""

    def act() -> None:
        db.session.add_all(
            Candidate(employer_id=maker.employers[0].id, student_id=s.id, added_at=clock.now())
            for s in students
        )

    return act


def answer(student: Student, step: str, reason: str = "") -> Callable[[], None]:
    """The student answers its last invitation."""

    def act() -> None:
        user = db.session.scalars(select(AppUser).where(AppUser.student_id == student.id)).one()
        last = db.session.scalars(
            select(Invitation)
            .where(Invitation.student_id == student.id)
            .order_by(Invitation.id.desc())
        ).first()
        assert last is not None
        INVITATIONS.apply(step, last.id, actor_of(user, factor="sms"), reason=reason, agreed=True)

    return act


def by_college(student: Student, step: str, reason: str) -> Callable[[], None]:
    """The college decides on the student's signing."""

    def act() -> None:
        found = placement_of(student.id)
        assert found is not None
        found.employer_industry = found.employer_industry or "34"
        db.session.flush()
        officer = AppUser(
            username="", last_name="学院老师", first_name="", role=Role.COLLEGE,
            school_id=found.school_id, college_id=found.college_id,
        )  # fmt: skip
        PLACEMENTS.apply(step, found.id, actor_of(officer), reason=reason)

    return act


def by_school(maker: Maker, student: Student, step: str, reason: str) -> Callable[[], None]:
    """The school decides on the student's signing."""

    def act() -> None:
        found = placement_of(student.id)
        assert found is not None
        found.employer_industry = found.employer_industry or "34"
        db.session.flush()
        mine = maker.users["school"]
        officer = mine if mine.school_id == found.school_id else maker.users["school2"]
        PLACEMENTS.apply(step, found.id, actor_of(officer), reason=reason)

    return act
