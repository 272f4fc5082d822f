"""Paper signings at the demo school, one in each state, with drawn pages instead of scans."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from app.demo.life import Act, _office, _placement, party
from app.demo.maker import DemoMaker
from app.files.documents.attachments import accept_upload
from app.people.students.models import Student, TrainingMode
from app.signing.offline.evidence import add_scan
from app.signing.offline.workflow import Filled, generate, save
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import apply_with_proof
from app.signing.terms.models import NOT_RECEIVED, ON_PAPER
from app.signing.terms.queries import samples
from app.workflow.actor import Role

FIRST, LAST = 524, 540  # these students belong to the stories below
FIRMS = (
    ("江城精工机械有限公司", "91420100MA4KLQ0G9D", "39", "22"),
    ("东湖实验幼儿园", "524201007447662810", "29", "42"),
    ("长江图文设计工作室", "92420111MA4DQ0Y07X", "39", "37"),
)


def _facts(n: int) -> dict[str, str]:
    name, code, kind, industry = FIRMS[n % len(FIRMS)]
    return {
        "employer_credit_code": code,
        "employer_name": name,
        "employer_kind": kind,
        "employer_industry": industry,
        "employer_location": "420106",
        "employer_postcode": "430071",
        "employer_address": "湖北省武汉市武昌区中北路88号",
        "employer_email": f"hr{n}@example.com",
    }


def _terms(n: int) -> dict[str, object]:
    values = samples(
        position=("机械设计员", "幼儿教师", "平面设计师")[n % 3],
        workplace="420106",
        contact_name="刘女士",
        archive_receiver=NOT_RECEIVED,
        household_kind=NOT_RECEIVED,
    )
    return {field.name: values[field.name] for field in ON_PAPER if field.name in values}


def page(text: str) -> bytes:
    """A drawn page with a red seal."""
    picture = Image.new("RGB", (1240, 1754), "#fbfaf5")
    pen = ImageDraw.Draw(picture)
    for row in range(40):
        pen.line((120, 200 + row * 32, 1120, 200 + row * 32), fill="#c9cfcc", width=2)
    pen.text((120, 120), text, fill="black")
    pen.ellipse((760, 1380, 1020, 1640), outline="#c0281f", width=10)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=80)
    return kept.getvalue()


def enter(student: Student, n: int) -> Act:
    """The student enters an agreement and generates it."""

    def act() -> None:
        who = party(student)
        entry = save(who, {"position": str(_terms(n)["position"])}, 0, "", late=False)
        generate(who, Filled(_terms(n), _facts(n)), entry.version, agreed=True)

    return act


def begin(student: Student) -> Act:
    """The student has typed half of it."""
    values = {"employer_name": FIRMS[0][0], "position": "机械设计员", "regular_pay": "5500"}
    return lambda: _ignore(save(party(student), values, 0, "", late=False))


def take(student: Student, step: str, reason: str = "", by: Role = Role.STUDENT) -> Act:
    """One step of the signing."""

    def act() -> None:
        found = _placement(student)
        who = party(student) if by is Role.STUDENT else _office(by, found)
        PLACEMENTS.apply(step, found.id, who, reason=reason)

    return act


def upload(student: Student, count: int) -> Act:
    """Pages of the stamped agreement."""

    def act() -> None:
        key = _placement(student).id
        for n in range(count):
            source = io.BytesIO(page(f"page {n + 1}"))
            add_scan(key, party(student), f"协议书第{n + 1}页.jpg", source)

    return act


def leave(student: Student) -> Act:
    """The student applies for termination with the employer's stamped paper."""

    def act() -> None:
        proof = accept_upload("解约证明.jpg", page("proof"))
        reason = "单位岗位撤销，已出具盖章的解约证明。"
        apply_with_proof(_placement(student).id, party(student), reason, [proof])

    return act


def _ignore(_made: object) -> None:
    """An act gives nothing back."""


REVIEWED = (("approve_form_college", Role.COLLEGE), ("approve_form", Role.SCHOOL))
ATTESTED = (("attest_college", Role.COLLEGE), ("attest", Role.SCHOOL))


def tell_papers(maker: DemoMaker, named: Student) -> None:
    """Put these stories into the schedule."""
    maker.at(20, begin(named))
    free = [s for s in maker.students[FIRST:LAST] if s.training_mode == TrainingMode.OPEN][:10]
    for n, student in enumerate(free):
        maker.at(150 + n, enter(student, n))
    for n, student in enumerate(free[1:], start=1):
        _steps(maker, student, 140, REVIEWED[: 1 if n == 1 else 2])
        if n >= 4:
            maker.at(100, upload(student, 1 + n % 2))
            maker.at(99, take(student, "hand_in"))
    maker.at(70, take(free[4], "attest_college", by=Role.COLLEGE))
    maker.at(69, take(free[4], "refuse", "第二页盖章不清晰，请重新拍照上传。", Role.SCHOOL))
    maker.at(68, take(free[6], "attest_college", by=Role.COLLEGE))
    for student in free[7:]:
        _steps(maker, student, 60, ATTESTED)
    maker.at(12, take(free[3], "ask_give_up", "单位暂停招聘，改签其他单位。"))
    maker.at(11, leave(free[8]))


def _steps(
    maker: DemoMaker, student: Student, hours: float, steps: tuple[tuple[str, Role], ...]
) -> None:
    for n, (step, role) in enumerate(steps):
        maker.at(hours - n, take(student, step, by=role))
