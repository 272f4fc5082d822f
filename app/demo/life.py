"""What else happened at the demo school: amendments, terminations, reports of untruth, levers pulled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw
from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.warning_models import AccountWarning, WarningLink
from app.core import clock
from app.core.db import db
from app.demo.maker import DemoMaker
from app.files.documents.attachments import Upload
from app.people.corrections.workflow import propose as propose_correction
from app.people.students.models import Student, TrainingMode
from app.people.students.workflow import STUDENTS
from app.signing.destinations.evidence import keep
from app.signing.destinations.workflow import begin, save, submit
from app.signing.disputes.links import stop
from app.signing.objections.workflow import OBJECTIONS, report
from app.signing.placements.models import Placement
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import apply_with_proof, request
from app.signing.terminations.queries import latest
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import FIELDS, Terms
from app.workflow.actor import Actor, Role

Act = Callable[[], None]
FIRST = 545  # these students belong to the stories below


def party(student: Student) -> Actor:
    """The student, with the fresh code that its acts ask for."""
    user = db.session.scalars(select(AppUser).where(AppUser.student_id == student.id)).one()
    return actor_of(user, factor="sms")


def employer_of(placement: Placement) -> Actor:
    """The account of the placement's employer."""
    wanted = select(AppUser).where(AppUser.employer_id == placement.employer_id)
    return actor_of(db.session.scalars(wanted).one(), factor="mail")


def _placement(student: Student) -> Placement:
    found = placement_of(student.id)
    assert found is not None
    return found


def propose(student: Student) -> Act:
    """The employer offers more pay and another place before anybody has reviewed."""

    def act() -> None:
        found = _placement(student)
        assert found.terms is not None
        values = {field.name: getattr(found.terms, field.name) for field in FIELDS}
        values |= {"regular_pay": found.terms.regular_pay + 800, "probation_days": 30}
        who = employer_of(found)
        PLACEMENTS.apply("propose_terms", found.id, who, terms=Terms(**values))

    return act


def ask(student: Student, reason: str, *, employer: bool = False) -> Act:
    """One party applies for termination."""

    def act() -> None:
        found = _placement(student)
        who = employer_of(found) if employer else party(student)
        request(found.id, who, reason, agreed=True)

    return act


def answer(student: Student, step: str, reason: str = "", *, by: str = "employer") -> Act:
    """A step on the student's running termination, by a party or the office."""

    def act() -> None:
        found = _placement(student)
        last = latest(found.id)
        assert last is not None
        people = {
            "employer": lambda: employer_of(found),
            "student": lambda: party(student),
            "school": lambda: _office(Role.SCHOOL, found),
            "college": lambda: _office(Role.COLLEGE, found),
        }
        TERMINATIONS.apply(step, last.id, people[by](), reason=reason, agreed=True)

    return act


def correct(student: Student, class_name: str, reason: str) -> Act:
    """The student asks for another class in its record."""
    return lambda: _ignore(
        propose_correction(student, "class_name", class_name, reason, party(student))
    )


def register(student: Student, kind: str, values: dict[str, str], proof: str = "") -> Act:
    """The student registers a destination, with a photo as its proof."""

    def act() -> None:
        who = party(student)
        draft = begin(who, kind)
        draft = save(who, draft.id, draft.version, values)
        if proof:
            keep(draft, who, proof, photo())
        submit(who, draft.id, draft.version)

    return act


def photo() -> Upload:
    """A proof as a phone sends it: a sheet with a red stamp."""
    sheet = Image.new("RGB", (600, 420), "#fbf8f0")
    pen = ImageDraw.Draw(sheet)
    for row in range(8):
        pen.line((60, 90 + 32 * row, 540 - 60 * (row % 3), 90 + 32 * row), fill="#555", width=6)
    pen.ellipse((400, 270, 520, 390), outline="#c00", width=8)
    out = BytesIO()
    sheet.save(out, "JPEG")
    data = out.getvalue()
    return Upload("image", "image/jpeg", data, "证明.jpg", sha256(data).hexdigest())


def decide(student: Student, step: str, reason: str = "") -> Act:
    """The office decides on what the student registered last."""

    def act() -> None:
        last = select(Placement).where(Placement.student_id == student.id)
        found = db.session.scalars(last.order_by(Placement.id.desc())).first()
        assert found is not None
        who = _office(Role.COLLEGE if step.endswith("college") else Role.SCHOOL, found)
        PLACEMENTS.apply(step, found.id, who, reason=reason)

    return act


def leave(student: Student, reason: str) -> Act:
    """The student applies to leave the destination, with a proof."""
    return lambda: _ignore(
        apply_with_proof(_placement(student).id, party(student), reason, [photo()])
    )


def untrue(student: Student, reason: str) -> Act:
    """The student reports the signing as untrue."""
    return lambda: _ignore(report(party(student), reason, placement_id=_placement(student).id))


def dismiss(student: Student, reason: str) -> Act:
    """The school answers that it is true."""

    def act() -> None:
        found = _placement(student)
        wanted = select(OBJECTIONS.model).where(OBJECTIONS.model.placement_id == found.id)
        row = db.session.scalars(wanted).one()
        OBJECTIONS.apply("dismiss", row.id, _office(Role.SCHOOL, found), reason=reason)

    return act


def reopen(student: Student, reason: str) -> Act:
    """The school takes its attestation back."""

    def act() -> None:
        found = _placement(student)
        PLACEMENTS.apply("reopen", found.id, _office(Role.SCHOOL, found), reason=reason)

    return act


def reset(student: Student, reason: str) -> Act:
    """The school resets the student's first sign-in: told to every contact."""

    def act() -> None:
        wanted = select(AppUser).where(
            AppUser.role == Role.SCHOOL, AppUser.school_id == student.school_id
        )
        officer = db.session.scalars(wanted.order_by(AppUser.id)).first()
        assert officer is not None
        STUDENTS.apply("begin_anew", student.id, actor_of(officer), reason=reason)

    return act


def not_me(student: Student) -> Act:
    """The student presses the link of the newest message: this was not me."""

    def act() -> None:
        link = db.session.scalars(
            select(WarningLink)
            .join(AccountWarning)
            .join(AppUser, AppUser.id == AccountWarning.user_id)
            .where(AppUser.student_id == student.id)
            .order_by(AccountWarning.id.desc(), WarningLink.id)
        ).first()
        assert link is not None
        stop(link.id)

    return act


def _office(role: Role, placement: Placement) -> Actor:
    found = db.session.scalars(
        select(AppUser)
        .where(AppUser.role == role, AppUser.school_id == placement.school_id)
        .order_by(AppUser.id)
    ).first()
    assert found is not None
    return replace(actor_of(found), college_id=placement.college_id)


def _ignore(_made: object) -> None:
    """An act gives nothing back."""


def tell(maker: DemoMaker, signed: Callable[[int, Student, float, str, int], None]) -> None:
    """Put these stories into the schedule; `signed` lets a student sign so many hours ago."""
    six, seven = maker.students[5:7]
    signed(0, six, 40.0, "awaiting_college", 5)
    maker.at(3, propose(six))
    signed(0, seven, 400.0, "attest", 6)
    maker.at(20, ask(seven, "因业务调整，该岗位不再设置，愿协商补偿。", employer=True))
    free = [s for s in maker.students[FIRST:560] if s.training_mode == TrainingMode.OPEN]
    cast = free[:11]
    for n, student in enumerate(cast):
        if n != 7:
            signed(n % 3, student, 500.0 + n, "attest", n)
    signed(1, cast[7], 40.0, "awaiting_school", 7)
    for n in (0, 1, 2, 5, 6):
        maker.at(200, ask(cast[n], "已考取硕士研究生，经与单位协商一致。"))
        maker.at(180, answer(cast[n], "agree"))
    for n in (1, 2, 5, 6):
        maker.at(150, answer(cast[n], "approve_college", by="college"))
    maker.at(120, answer(cast[5], "approve", by="school"))
    maker.at(
        119, answer(cast[6], "refuse", "证明材料不足，请补充录取通知书后重新申请。", by="school")
    )
    for n in (3, 4):
        maker.at(210, ask(cast[n], "家庭原因需返回原籍就业。"))
        maker.at(190, answer(cast[n], "decline", "岗位已按计划安排，请按约定履行。"))
    maker.at(100, answer(cast[4], "ask_mediation", "双方未能达成一致，请学校调解。", by="student"))
    maker.at(8, untrue(cast[7], "该签约并非本人操作，本人未收到过验证码。"))
    maker.at(9, untrue(cast[8], "转正起薪与约定不符。"))
    maker.at(5, dismiss(cast[8], "已与单位人事核对，以协议所载为准。"))
    maker.at(26, reopen(cast[9], "协议中报到地点填写有误，需核对后重新鉴证。"))
    maker.at(30, ask(cast[10], "拟自主创业，已与部门负责人沟通。"))
    moved = maker.students[299]
    maker.at(
        6, correct(moved, f"{moved.graduation_year % 100}级2班", "转专业后编入新班级，尚未更新。")
    )
    maker.at(
        4, reset(cast[8], "学生来电称忘记密码。")
    )  # frozen: the school and the province find it
    maker.at(3, not_me(cast[8]))
    maker.at(2, not_me(cast[6]))  # its termination: nobody decides until the school has answered
    _register_all(maker, free[11:])


def _register_all(maker: DemoMaker, free: list[Student]) -> None:
    """Destinations in every state; the first of these students has registered nothing yet."""
    begins = f"{clock.today().year + 1}-09-01"
    study = {
        "school": "武汉大学",
        "place": "420106",
        "major": "软件工程",
        "degree": "11",
        "begins": begins,
        "archive_to": "武汉大学研究生院",
    }
    contract = {
        "employer": "武汉江城软件有限公司",
        "credit_code": maker.employers[5].credit_code,
        "nature": "39",
        "industry": "34",
        "place": "420111",
        "position_kind": "13",
        "contact": "李经理",
        "phone": "027-87654321",
        "since": begins,
        "pay": "7500",
    }
    refused, settled = free[1:3]
    maker.at(90, register(refused, "SX_YJS", study, "admission"))
    maker.at(70, decide(refused, "refuse", "录取通知书照片不清晰，请重新拍照上传。"))
    maker.at(300, register(settled, "SX_YJS", {**study, "school": "华中科技大学"}, "admission"))
    maker.at(280, decide(settled, "attest"))
    bound, soldier, waiting, founder, seeker = (maker.students[n] for n in (49, 99, 149, 199, 249))
    maker.at(26, register(bound, "DXWP", contract, "agreement"))
    maker.at(30, register(soldier, "YZ", {"place": "420111", "since": begins}, "notice"))
    maker.at(22, register(waiting, "LDHT", contract, "contract"))
    own = {
        "form": "751",
        "employer": "武汉青禾文化工作室",
        "industry": "44",
        "place": "420111",
        "role": "创始人",
    }
    maker.at(400, register(founder, "CY", own, "licence"))
    maker.at(380, decide(founder, "attest"))
    maker.at(28, leave(founder, "工作室停办，拟另行就业。"))
    maker.at(200, register(seeker, "DJY", {"stage": "702", "note": "准备湖北省考。"}))
    maker.at(180, decide(seeker, "attest"))
