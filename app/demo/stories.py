"""What happened at the demo school in the last 120 days, and what waits now."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.demo.employers import DAYS, TRADES
from app.demo.life import tell
from app.demo.maker import DemoMaker
from app.demo.papers import tell_papers
from app.demo.people import HELD, OVERSEAS
from app.people.staff.workflow import open_staff
from app.people.students.models import Student, TrainingMode
from app.people.students.workflow import STUDENTS, restrict
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.workflow import INVITATIONS, send
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import NOT_RECEIVED
from app.signing.terms.queries import samples
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
REASONS = (
    "岗位信息与实际不符，请核实后重新签约。",
    "单位提供的材料不清楚。",
    "学生本人要求更换单位，双方已协商。",
)
APPROVED = 72  # the first so many employers are approved
# how many of each outcome, in this order
OUTCOMES = (
    ("awaiting_school", 24),
    ("awaiting_college", 16),
    ("refuse", 24),
    ("refuse_college", 6),
    ("open", 20),
    ("decline", 10),
    ("overdue", 10),
    ("attest", 112),
)


def tell_stories(maker: DemoMaker) -> None:
    """Put everything into the schedule."""
    _named(maker)
    _background(maker)
    tell(
        maker,
        lambda employer, student, hours, outcome, n: _signed(
            maker, employer, student, hours, outcome, n
        ),
    )
    tell_papers(maker, maker.students[7])
    maker.at(3, _ask_account(maker))


def _ask_account(maker: DemoMaker) -> Callable[[], None]:
    """The system administrator asks for a colleague's account: it waits for the security administrator."""

    def act() -> None:
        school = maker.users["school"]
        values = {
            "username": "zhou.min",
            "name": "周敏",
            "email": "zhou.min@example.com",
            "role": Role.SCHOOL.value,
            "school_id": school.school_id,
            "college_id": None,
        }
        open_staff(values, actor_of(maker.users["admin"]), "就业办新入职，接替王老师的部分工作。")

    return act


def _named(maker: DemoMaker) -> None:
    """What the five students and the two employers of the table find."""
    one, two, three, _four, five = maker.students[:5]
    maker.at(30, _invite(maker, 0, one, 0))
    maker.at(0.4, _invite(maker, 1, one, 1))
    maker.at(0.3, _invite(maker, 0, two, 2))
    _signed(maker, 0, three, 300.0, "attest", 3)
    maker.at(72, _restrict(maker, five))
    maker.at(26, _find(maker, maker.students[540:545]))
    held = maker.students[HELD]
    maker.at(30, _invite(maker, 0, held, 4))
    maker.at(22, _change_phone(maker, held))
    maker.at(20, _sign_in_anew(held))
    for n, key in enumerate(OVERSEAS):
        maker.at(28 + n, _invite(maker, n, maker.students[key], n))


def _change_phone(maker: DemoMaker, student: Student) -> Callable[[], None]:
    """The school enters another phone: for three days it can read, and sign nothing (ACC-15)."""

    def act() -> None:
        who = actor_of(maker.users["school"])
        STUDENTS.apply(
            "change_phone",
            student.id,
            who,
            phone="13800099538",
            reason="本人持身份证到就业办办理换号",
        )

    return act


def _sign_in_anew(student: Student) -> Callable[[], None]:
    def act() -> None:
        student.verified_at = clock.now()

    return act


def _restrict(maker: DemoMaker, student: Student) -> Callable[[], None]:
    def act() -> None:
        who = actor_of(maker.users["school"])
        restrict(student, who, "毕业资格正在复核", since=clock.today())

    return act


def _background(maker: DemoMaker) -> None:
    free = [
        s
        for s in maker.students[8:524] + maker.students[560:]
        if s.training_mode == TrainingMode.OPEN
    ]
    plan = [outcome for outcome, count in OUTCOMES for _n in range(count)]
    maker.dice.shuffle(free)
    for n, (outcome, student) in enumerate(zip(plan, free, strict=False)):
        employer = n % 4 if outcome == "open" else n % APPROVED
        recent = outcome in ("open", "awaiting_school", "awaiting_college")
        hours = maker.dice.uniform(30, 90) if recent else maker.dice.uniform(200, DAYS * 24)
        if outcome == "overdue":
            maker.at(hours, _invite(maker, employer, student, n))
        else:
            _signed(maker, employer, student, hours, outcome, n)


def _signed(
    maker: DemoMaker, employer: int, student: Student, hours: float, outcome: str, n: int
) -> None:
    """Invited so many hours ago, then on as far as the outcome says."""
    maker.at(hours, _invite(maker, employer, student, n))
    if outcome == "open":
        return
    if outcome == "decline":
        maker.at(hours - 20, _answer(student, "decline", "已有其他安排，感谢贵单位。"))
        return
    maker.at(hours - 4, _answer(student, "accept"))
    if outcome == "awaiting_college":
        return
    step = "attest" if outcome == "awaiting_school" else outcome
    reason = REASONS[n % len(REASONS)] if "refuse" in step else ""
    two_levels = student.school_id == maker.users["school"].school_id
    if two_levels:
        maker.at(
            hours - 20,
            _college(
                student,
                "refuse_college" if outcome == "refuse_college" else "attest_college",
                reason,
            ),
        )
    if outcome in ("attest", "refuse") or (outcome == "refuse_college" and not two_levels):
        maker.at(
            hours - 28,
            _school(maker, student, "refuse" if "refuse" in outcome else "attest", reason),
        )


def _letter(maker: DemoMaker, n: int, employer: int) -> dict[str, object]:
    trade = TRADES[n % len(TRADES)]
    pay = maker.dice.randrange(4000, 9000, 500)
    return samples(
        position_kind=trade[2],
        position=POSITIONS[n % len(POSITIONS)],
        probation_pay=pay,
        probation_days=maker.dice.choice((30, 60, 90)),
        regular_pay=pay + 1000,
        breach_penalty=maker.dice.choice((0, 0, 3000)),
        contact_phone=f"027-8765{employer:04d}",
        archive_to=maker.employers[employer].archive_to,
        household_kind=NOT_RECEIVED,
    )


def _invite(maker: DemoMaker, employer: int, student: Student, n: int) -> Callable[[], None]:
    def act() -> None:
        row = Candidate(
            employer_id=maker.employers[employer].id, student_id=student.id, added_at=clock.now()
        )
        db.session.add(row)
        db.session.flush()
        user = db.session.scalars(
            select(AppUser).where(AppUser.employer_id == maker.employers[employer].id)
        ).one()
        made = send([row], _letter(maker, n, employer), actor_of(user, factor="mail"), uuid4().hex)
        assert made.made, made.refused

    return act


def _find(maker: DemoMaker, students: list[Student]) -> Callable[[], None]:
    def act() -> None:
        db.session.add_all(
            Candidate(employer_id=maker.employers[0].id, student_id=s.id, added_at=clock.now())
            for s in students
        )

    return act


def _answer(student: Student, step: str, reason: str = "") -> Callable[[], None]:
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


def _college(student: Student, step: str, reason: str) -> Callable[[], None]:
    def act() -> None:
        found = placement_of(student.id)
        assert found is not None
        found.employer_industry = found.employer_industry or "34"
        db.session.flush()
        officer = AppUser(
            username="",
            last_name="学院老师",
            first_name="",
            role=Role.COLLEGE,
            school_id=found.school_id,
            college_id=found.college_id,
        )
        PLACEMENTS.apply(step, found.id, actor_of(officer), reason=reason)

    return act


def _school(maker: DemoMaker, student: Student, step: str, reason: str) -> Callable[[], None]:
    def act() -> None:
        found = placement_of(student.id)
        assert found is not None
        found.employer_industry = found.employer_industry or "34"
        db.session.flush()
        mine = maker.users["school"]
        officer = mine if mine.school_id == found.school_id else maker.users["school2"]
        PLACEMENTS.apply(step, found.id, actor_of(officer), reason=reason)

    return act
