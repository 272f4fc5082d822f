"""The employers of the demo: registered, approved, one refused."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from app.accounts.identifiers import digest
from app.accounts.models import AppUser, Identifier
from app.accounts.queries import actor_of
from app.codes.regions import region_name
from app.core import clock
from app.core.checks import credit_code_mark
from app.core.db import db
from app.demo.maker import DemoMaker
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.schools.models import School
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


def _place(n: int) -> tuple[str, str]:
    """City and region of the so-and-so-manieth employer: most are here, some all over the country."""
    away = n >= 8 and n % 3 == 2
    return ELSEWHERE[n // 3 % len(ELSEWHERE)] if away else (HERE, "420111")


def make_employers(maker: DemoMaker, school: School, other: School) -> None:
    """Approved ones, some that wait for their check, some that were sent back."""
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
