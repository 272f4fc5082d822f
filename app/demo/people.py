"""Schools, staff, students and employers of the demo."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import insert, select

from app.accounts.identifiers import digest
from app.accounts.models import Identifier
from app.core import clock
from app.core.db import db
from app.core.identity import id_number_mark
from app.demo import origin
from app.demo.employers import make_employers
from app.demo.maker import DemoMaker
from app.people.schools.models import College, Major, School
from app.people.students.models import OriginState, Student, TrainingMode
from app.settings.queries import set_setting
from app.workflow.actor import Role

COLLEGES = {
    "计算机科学与技术学院": ("计算机科学与技术", "软件工程"),
    "法学院": ("法学", "知识产权"),
    "外国语学院": ("英语", "日语"),
    "经济管理学院": ("会计学", "国际经济与贸易"),
    "机械工程学院": ("机械设计制造及其自动化", "车辆工程"),
    "艺术设计学院": ("视觉传达设计", "环境设计"),
}
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红鑫浩宇轩子涵雨欣梓萱思远嘉怡晨曦文博"

HELD = 538  # whose phone the school changed yesterday
NAMED = 8  # students with an account of the table
# without a mainland ID number or phone: name, kind, country, number, phone (none: by mail); before their
# first sign-in, with an invitation each (ACC-13)
OVERSEAS = {
    534: ("陈嘉欣", "hm_permit", "", "H99999534", "+85291234534"),
    535: ("林柏翰", "tw_permit", "", "99999535", "13800099535"),
    536: ("KIM MINJUN", "passport", "KR", "M99999536", "+821099990536"),
}
ALSO = {
    HELD: "student9",
    557: "student10",
    558: "student11",  # whose stories are told in life.py
    534: "student12",
    535: "student13",
    536: "student14",
}


def make_people(maker: DemoMaker) -> None:
    """Everybody, with every way of signing in."""
    school, other = _schools()
    _staff(maker, school, other)
    _students(maker, school, other)
    make_employers(maker, school, other)
    db.session.flush()
    _identifiers(maker)


def _schools() -> tuple[School, School]:
    school = School(code="10999", name="江汉青山大学", contact="就业指导中心 027-8765 0001")
    other = School(code="10998", name="江汉碧水学院", contact="招生就业处 027-8765 0002")
    db.session.add_all([school, other])
    db.session.flush()
    set_setting(school.id, "signing_review", "both", None)
    set_setting(school.id, "termination_review", "both", None)
    set_setting(school.id, "offline_review", "both", None)
    set_setting(school.id, "forced_online", True, None)
    set_setting(school.id, "deputy_days", 3, None)
    for owner, names in ((school, COLLEGES), (other, {"文理学院": ("汉语言文学", "应用数学")})):
        for number, (name, majors) in enumerate(names.items(), 1):
            college = College(school_id=owner.id, code=f"{number:02d}", name=name)
            db.session.add(college)
            db.session.flush()
            db.session.add_all(
                Major(
                    school_id=owner.id, college_id=college.id, code=f"08{number:02d}{i:02d}", name=m
                )
                for i, m in enumerate(majors)
            )
    db.session.flush()
    return school, other


def _staff(maker: DemoMaker, school: School, other: School) -> None:
    first = db.session.scalars(select(College).where(College.school_id == school.id)).first()
    assert first is not None
    maker.user("admin", Role.ADMIN, "系统管理员")
    maker.user("security", Role.SECURITY, "安全管理员")
    maker.user("audit", Role.AUDIT, "审计管理员")
    maker.user("province", Role.PROVINCE, "省中心")
    maker.user("school", Role.SCHOOL, "王老师", school_id=school.id)
    maker.user("school2", Role.SCHOOL, "赵老师", school_id=other.id)
    maker.user("college", Role.COLLEGE, "李老师", school_id=school.id, college_id=first.id)
    maker.user("data", Role.DATA, "数据员", school_id=school.id)


def _review(n: int) -> OriginState:
    """A few graduates of committed training are not reviewed yet: figures say who is outside them."""
    if n % 50 != 49 or n < 300:
        return OriginState.APPROVED
    return OriginState.REJECTED if n == 549 else OriginState.ENTERED


def _students(maker: DemoMaker, school: School, other: School) -> None:
    year = clock.today().year + 1
    majors = {
        s.id: db.session.scalars(select(Major).where(Major.school_id == s.id)).all()
        for s in (school, other)
    }
    for n in range(600):
        owner = school if n < 560 else other
        major = majors[owner.id][n % len(majors[owner.id])]
        dice = maker.dice
        name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2, 2))))
        student = Student(
            uid=uuid4().hex, school_id=owner.id, college_id=major.college_id, major_id=major.id,
            class_name=f"{year % 100}级{n % 4 + 1}班", graduation_year=year, name=name,
            student_no=f"{year - 4}{n:06d}", examinee_no=f"{year - 4}99{n:08d}", sex=dice.choice("12"),
            education="31", origin_state=_review(n), origin="420100", nation="01",
            training_mode=TrainingMode.COMMITTED if n % 50 == 49 else TrainingMode.OPEN,
            email=f"s{n}@example.com", address="湖北省武汉市洪山区珞喻路1号", verified_at=clock.now(),
        )  # fmt: skip
        born = date(year - 23, 1, 1) + timedelta(days=n % 700)
        first17 = f"999999{born:%Y%m%d}{(2 * n + int(student.sex)) % 1000:03d}"
        student.id_number, student.phone = first17 + id_number_mark(first17), f"138000{n:05d}"
        maker.students.append(student)
    maker.students[4].name = "买买提·吾布力"
    # what the checks find: a sex unlike the ID number's, one candidate number of two
    maker.students[40].sex = "12"[maker.students[40].sex == "1"]
    maker.students[42].examinee_no = maker.students[41].examinee_no
    for n, (name, kind, country, number, phone) in OVERSEAS.items():
        student = maker.students[n]
        student.name, student.id_kind, student.id_country = name, kind, country
        student.id_number, student.phone, student.origin = number, phone, None
        student.email, student.nation = f"{ALSO[n]}@example.com", None
    origin.fill(maker.students, year)
    db.session.add_all(maker.students)
    db.session.flush()
    for n, student in enumerate(maker.students):
        named = f"student{n + 1}" if n < NAMED else ALSO.get(n, f"s{student.student_no}")
        email = f"{named}@{'example.com' if n < NAMED or n in ALSO else 'invalid'}"
        maker.user(
            named,
            Role.STUDENT,
            student.name,
            school_id=student.school_id,
            student_id=student.id,
            email=email,
        )


def _identifiers(maker: DemoMaker) -> None:
    """Every way of signing in, written at once."""
    codes = {s.id: s.code for s in db.session.scalars(select(School))}
    by_id = {s.id: s for s in maker.students}
    rows = [
        {"user_id": u.id, "kind": "username", "digest": digest("username", u.username)}
        for u in maker.users.values()
    ]
    for user in maker.users.values():
        student = by_id.get(user.student_id or 0)
        if student is None:
            continue
        for kind, value in (
            ("id_number", student.id_number),
            ("phone", student.phone),
            ("email", user.email),
        ):
            rows.append({"user_id": user.id, "kind": kind, "digest": digest(kind, value)})
        rows.append(
            {
                "user_id": user.id,
                "kind": "student_no",
                "digest": digest("student_no", student.student_no, codes[student.school_id]),
            }
        )
    db.session.execute(insert(Identifier), rows)
