"""Schools, staff, students and employers of the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import insert, select

from app.accounts.models import AppUser, Identifier
from app.accounts.queries import actor_of, digest
from app.codes.queries import region_name
from app.core import clock
from app.core.checks import credit_code_mark
from app.core.db import db
from app.core.identity import id_number_mark
from app.demo import origin
from app.demo.maker import DemoMaker
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.schools.models import College, Major, School
from app.people.students.models import OriginState, Student, TrainingMode
from app.settings.queries import set_setting
from app.workflow.actor import Role

DAYS = 120
HERE = "武汉"
ELSEWHERE = (
    ("深圳", "440305"),
    ("宜昌", "420503"),
    ("上海", "310115"),
    ("长沙", "430102"),
    ("北京", "110108"),
    ("襄阳", "420606"),
    ("杭州", "330106"),
    ("广州", "440106"),
    ("成都", "510107"),
    ("西安", "610113"),
)  # where employers are that are not here
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
TRADES = (
    ("科技", "34", "13"),
    ("建筑", "24", "13"),
    ("商贸", "31", "21"),
    ("教育", "42", "24"),
    ("医药", "43", "19"),
    ("金融", "35", "22"),
    ("文化传媒", "44", "27"),
    ("制造", "22", "60"),
)
BRANDS = "光谷星光长江东湖楚天珞珈黄鹤汉阳江城南湖云鹤九州鼎盛华科"

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
    _employers(maker, school, other)
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


def _place(n: int) -> tuple[str, str]:
    """City and region of the so-and-so-manieth employer: most are here, some all over the country."""
    away = n >= 8 and n % 3 == 2
    return ELSEWHERE[n // 3 % len(ELSEWHERE)] if away else (HERE, "420111")


def _employers(maker: DemoMaker, school: School, other: School) -> None:
    for n in range(80):
        trade, industry, _position = TRADES[n % len(TRADES)]
        city, region = _place(n)
        brand = BRANDS[n * 2 % 30 : n * 2 % 30 + 2]
        name = (
            "星光集团有限公司"
            if n == 0
            else f"{city}{brand}{trade}{'' if n < 40 else '（湖北）' if city == HERE else '（集团）'}有限公司"
        )
        first17 = f"91999999MA{n:07d}"
        now = clock.now()
        employer = Employer(
            uid=uuid4().hex,
            credit_code=first17 + credit_code_mark(first17),
            name=name,
            school_id=(other if n % 20 == 19 else school).id,
            contact_name="张先生",
            email=f"hr{n}@example.com",
            kind="39",
            industry=None if n % 16 == 5 else industry,
            location=region,
            address=f"{region_name(region)}光谷大道{n + 1}号",
            postcode="430074",
            archive_receiver="UNIT",
            archive_to=f"{name}人力资源部",
            archive_address="湖北省武汉市洪山区光谷大道1号",
            archive_postcode="430074",
            archive_contact="张先生",
            archive_phone="027-87654321",
            household_kind="NONE",
            profile_at=now if n < 72 else None,
            created_at=now,
        )
        employer.contact_phone = f"139000{n:05d}"
        named = f"employer{n + 1}" if n < 2 else f"e{n + 1}"
        user = maker.user(named, Role.EMPLOYER, name,
                          email=f"{named}@example.com" if n < 2 else f"{named}@invalid")  # fmt: skip
        maker.employers.append(employer)
        hours = (
            maker.dice.uniform(DAYS * 24 + 24, DAYS * 24 + 400)
            if n < 72
            else maker.dice.uniform(2, 90)
        )
        maker.at(hours, _register(employer, user))
        if n < 72:
            maker.at(hours - 20, _approve(maker, employer))
        elif n > 77:
            maker.at(1.5, _reject(maker, employer))


def _register(employer: Employer, user: AppUser) -> Callable[[], None]:
    def act() -> None:
        employer.school = db.session.get_one(School, employer.school_id)
        EMPLOYERS.start("register", employer, actor_of(user))
        user.employer_id = employer.id
        db.session.add(
            Identifier(
                user_id=user.id,
                kind="credit_code",
                digest=digest("credit_code", employer.credit_code),
            )
        )
        db.session.flush()

    return act


def _checker(maker: DemoMaker, employer: Employer) -> AppUser:
    mine = maker.users["school"]
    return mine if employer.school_id == mine.school_id else maker.users["school2"]


def _approve(maker: DemoMaker, employer: Employer) -> Callable[[], None]:
    def act() -> None:
        EMPLOYERS.apply("approve", employer.id, actor_of(_checker(maker, employer)))

    return act


def _reject(maker: DemoMaker, employer: Employer) -> Callable[[], None]:
    def act() -> None:
        EMPLOYERS.apply(
            "reject",
            employer.id,
            actor_of(_checker(maker, employer)),
            reason="营业执照照片不清晰，请重新上传。",
        )

    return act


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
