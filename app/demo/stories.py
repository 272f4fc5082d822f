"""What happened at the demo school in the last 120 days, and what waits now."""

from __future__ import annotations

from app.accounts.queries import actor_of
from app.core import clock
from app.demo.acts import answer, by_college, by_school, find, invite
from app.demo.life import tell_life
from app.demo.maker import Maker
from app.demo.people import DAYS
from app.people.models import Student, TrainingMode
from app.people.workflow import restrict

REASONS = (
    "岗位信息与实际不符，请核实后重新签约。",
    "单位提供的材料不清楚。",
    "学生本人要求更换单位，双方已协商。",
)
APPROVED = 72  # the first so many employers are approved
# how many of each outcome, in this order
OUTCOMES = (("awaiting_school", 24), ("awaiting_college", 16), ("refuse", 24), ("refuse_college", 6),
            ("open", 20), ("decline", 10), ("overdue", 10), ("attest", 232))  # fmt: skip


def tell_stories(maker: Maker) -> None:
    """Put everything into the schedule."""
    _named(maker)
    _background(maker)
    tell_life(
        maker, [s for s in maker.students[5:540] if s.training_mode == TrainingMode.OPEN][-20:]
    )


def _named(maker: Maker) -> None:
    """What the five students and the two employers of the table find."""
    one, two, three, _four, five = maker.students[:5]
    maker.at(30, invite(maker, 0, one, 0))
    maker.at(0.4, invite(maker, 1, one, 1))
    maker.at(0.3, invite(maker, 0, two, 2))
    _signed(maker, 0, three, 300.0, "attest", 3)
    maker.at(72, lambda: _restrict(maker, five))
    maker.at(26, find(maker, maker.students[540:545]))


def _restrict(maker: Maker, student: Student) -> None:
    office = actor_of(maker.users["school"])
    restrict(student, office, "毕业资格正在复核", kind="all", since=clock.today(), until=None)


def _background(maker: Maker) -> None:
    mine = [s for s in maker.students[5:540] if s.training_mode == TrainingMode.OPEN][:-20]
    free = mine + [s for s in maker.students[560:] if s.training_mode == TrainingMode.OPEN]
    plan = [outcome for outcome, count in OUTCOMES for _n in range(count)]
    maker.dice.shuffle(free)
    for n, (outcome, student) in enumerate(zip(plan, free, strict=False)):
        employer = n % 4 if outcome == "open" else n % APPROVED
        recent = outcome in ("open", "awaiting_school", "awaiting_college")
        hours = maker.dice.uniform(30, 90) if recent else maker.dice.uniform(200, DAYS * 24)
        if outcome == "overdue":
            maker.at(hours, invite(maker, employer, student, n))
        else:
            _signed(maker, employer, student, hours, outcome, n)


def _signed(
    maker: Maker, employer: int, student: Student, hours: float, outcome: str, n: int
) -> None:
    """Invited so many hours ago, then on as far as the outcome says."""
    maker.at(hours, invite(maker, employer, student, n))
    if outcome == "open":
        return
    if outcome == "decline":
        maker.at(hours - 20, answer(student, "decline", "已有其他安排，感谢贵单位。"))
        return
    maker.at(hours - 4, answer(student, "accept"))
    if outcome == "awaiting_college":
        return
    step = "attest" if outcome == "awaiting_school" else outcome
    reason = REASONS[n % len(REASONS)] if "refuse" in step else ""
    two_levels = student.school_id == maker.users["school"].school_id
    if two_levels:
        maker.at(
            hours - 20,
            by_college(
                student,
                "refuse_college" if outcome == "refuse_college" else "attest_college",
                reason,
            ),
        )
    if outcome in ("attest", "refuse") or (outcome == "refuse_college" and not two_levels):
        maker.at(
            hours - 28,
            by_school(maker, student, "refuse" if "refuse" in outcome else "attest", reason),
        )
