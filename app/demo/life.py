"""What happens to signings later: terminations, mediation, changed terms, a report, second thoughts."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core.db import db
from app.demo.acts import answer, by_college, by_school, invite, letter
from app.demo.maker import Maker
from app.objections.workflow import report
from app.people.models import Student
from app.placements.models import Placement
from app.placements.queries import placement_of
from app.placements.workflow import propose_terms
from app.termination.evidence import add_evidence
from app.termination.models import Termination
from app.termination.queries import latest
from app.termination.workflow import TERMINATIONS, request
from app.workflow.actor import Actor

MONTH = 24.0 * 30
Act = Callable[[], None]


def tell_life(maker: Maker, students: list[Student]) -> None:
    """One of each, so that the office finds every kind of work waiting."""
    free = iter(students)
    for student, employer in zip(free, (1, 2, 3), strict=False):
        _agreed(maker, student, employer)
    _asked(maker, next(free), 1)
    _declined(maker, next(free), 4)
    _mediated(maker, next(free), 5, evidence=False)
    _mediated(maker, next(free), 6, evidence=True)
    _ended(maker, next(free))
    _not_approved(maker, next(free))
    _changed(maker, next(free), 7, hours=20)
    _changed(maker, next(free), 8, hours=24 * 6)
    _reported(maker, next(free), 9)
    _reopened(maker, next(free), 10)


def _party(column: Any, key: int) -> Actor:
    user = db.session.scalars(select(AppUser).where(column == key)).one()
    return actor_of(user, factor="sms")


def _student(student: Student) -> Actor:
    return _party(AppUser.student_id, student.id)


def _employer(student: Student) -> Actor:
    return _party(AppUser.employer_id, _placement(student).employer_id or 0)


def _placement(student: Student) -> Placement:
    found = placement_of(student.id)
    assert found is not None
    return found


def _ending(student: Student) -> Termination:
    found = latest(_placement(student).id)
    assert found is not None
    return found


def _waits(maker: Maker, student: Student, employer: int, hours: float) -> None:
    """Signed so many hours ago, approved by the college."""
    maker.at(hours + 30, invite(maker, employer, student, employer))
    maker.at(hours + 26, answer(student, "accept"))
    maker.at(hours + 10, by_college(student, "attest_college", ""))


def _in_force(maker: Maker, student: Student, employer: int, hours: float = MONTH) -> None:
    _waits(maker, student, employer, hours)
    maker.at(hours, by_school(maker, student, "attest", ""))


def _apply(student: Student, reason: str, by: Callable[[Student], Actor] = _student) -> Act:
    return lambda: _done(request(_placement(student).id, by(student), reason, agreed=True))


def _step(student: Student, step: str, by: Callable[[Student], Actor], reason: str = "") -> Act:
    return lambda: _done(
        TERMINATIONS.apply(step, _ending(student).id, by(student), reason=reason, agreed=True)
    )


def _done(_record: object) -> None:
    """An act of the schedule gives nothing back."""


def _asked(maker: Maker, student: Student, employer: int) -> None:
    """Applied for; the employer has not answered."""
    _in_force(maker, student, employer)
    maker.at(25, _apply(student, "已被录取为硕士研究生，申请解除协议。"))


def _agreed(maker: Maker, student: Student, employer: int, hours: float = 60) -> None:
    """Both parties agree: it waits for the school."""
    _in_force(maker, student, employer)
    maker.at(hours + 24, _apply(student, "双方协商一致，回家乡就业。"))
    maker.at(hours, _step(student, "agree", _employer))


def _declined(maker: Maker, student: Student, employer: int) -> None:
    """The student does not agree with the employer's application."""
    _in_force(maker, student, employer)
    maker.at(90, _apply(student, "岗位调整，编制取消。", _employer))
    maker.at(50, _step(student, "decline", _student, "单位未与本人协商，请按协议履行。"))


def _mediated(maker: Maker, student: Student, employer: int, *, evidence: bool) -> None:
    """Refused by the employer; the student asks the school to mediate, once with evidence."""
    _in_force(maker, student, employer)
    maker.at(140, _apply(student, "考取家乡公务员，申请解约。"))
    maker.at(100, _step(student, "decline", _employer, "已按协议预留岗位，不同意解约。"))
    maker.at(80, _step(student, "ask_mediation", _student, "单位拒绝协商，请学校调解。"))
    if evidence:
        maker.at(79, lambda: _add_evidence(student))


def _add_evidence(student: Student) -> None:
    picture = BytesIO()
    Image.new("RGB", (1200, 800), "white").save(picture, "PNG")
    picture.seek(0)
    add_evidence(_ending(student).id, _student(student), "公务员录用通知.png", picture)


def _ended(maker: Maker, student: Student) -> None:
    """Approved long ago: the letter is there, the student is free."""
    _agreed(maker, student, 11, hours=400)
    maker.at(380, _decide(maker, student, "approve"))


def _not_approved(maker: Maker, student: Student) -> None:
    """Refused by the school: the signing stands."""
    _agreed(maker, student, 12, hours=200)
    maker.at(180, _decide(maker, student, "refuse", "违约金尚未协商一致，请先完成协商。"))


def _decide(maker: Maker, student: Student, step: str, reason: str = "") -> Act:
    return _step(student, step, lambda _student: actor_of(maker.users["school"]), reason)


def _changed(maker: Maker, student: Student, employer: int, hours: float) -> None:
    """The employer proposes other terms before any review; answered by nobody, in time or not."""
    maker.at(hours + 40, invite(maker, employer, student, employer))
    maker.at(hours + 36, answer(student, "accept"))
    values = {**letter(maker, employer), "probation_days": 30, "regular_pay": 8800}
    maker.at(
        hours, lambda: _done(propose_terms(_placement(student).id, _employer(student), values))
    )


def _reported(maker: Maker, student: Student, employer: int) -> None:
    """The student says: this is not true; everything rests."""
    _waits(maker, student, employer, 40)
    maker.at(6, lambda: _done(
        report(_student(student), "岗位和薪资与约定不一致，本人没有同意。",
               placement_id=_placement(student).id)
    ))  # fmt: skip


def _reopened(maker: Maker, student: Student, employer: int) -> None:
    """The school took its own approval back: it waits for a decision again."""
    _in_force(maker, student, employer)
    maker.at(5, by_school(maker, student, "reopen", "岗位信息有误，核实后重新鉴证。"))
