"""Making records for tests, the demo's generator of numbers included; nothing here commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from uuid import uuid4

from app.accounts.identifiers import identify
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.codes.regions import region_name
from app.core import clock
from app.core.checks import credit_code_mark
from app.core.db import db
from app.core.identity import id_number_mark
from app.core.mail import Message, send_message
from app.files.documents.attachments import Upload
from app.files.documents.models import Attachment
from app.notices import queries as notices
from app.people.employers.models import Employer, EmployerState
from app.people.employers.workflow import EMPLOYERS
from app.people.schools.models import College, Major, School
from app.people.students.models import OriginState, Student
from app.settings.queries import settings
from app.signing.invitations.models import Candidate
from app.signing.invitations.workflow import INVITATIONS, send
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import request
from app.signing.terminations.models import Termination
from app.signing.terms.models import BY_NAME, FIELDS, NOT_RECEIVED, Terms
from app.signing.terms.queries import samples
from app.workflow.actor import Role
from app.workflow.engine import committed
from tests.kept import kept

# of one length, so that no name or number made from it is the beginning of another; above those of files
_next = count(600_001)
# what tests sign in with; hashing is slow on purpose, so it is done once
PASSWORD = "Correct-horse-7"


@contextmanager
def numbered(first: int) -> Iterator[None]:
    """Number from there for a while: what is copied into other processes meets none of their own."""
    global _next
    before, _next = _next, count(first)
    try:
        yield
    finally:
        _next = before


def called(n: int) -> str:
    """A name that nobody else has; real ones have no digits: 12 → 学生一二."""
    return "学生" + str(n).translate(str.maketrans("0123456789", "〇一二三四五六七八九"))


def id_number(n: int) -> str:
    """A valid ID number of a region that does not exist."""
    born = date(2004, 1, 1) + timedelta(days=(n + n // 9000) % 900)  # unique to 900,000
    first = f"999999{born:%Y%m%d}{n % 1000:03d}"
    return first + id_number_mark(first)


def credit_code(n: int) -> str:
    """A valid unified social credit code."""
    first = f"91999999MA{n:07d}"
    return first + credit_code_mark(first)


def make_user(role: Role, username: str | None = None, **more) -> AppUser:
    """An account without a password."""
    n = next(_next)
    name = more.pop("name", username or f"{role}{n}")
    user = AppUser(
        username=username or f"{role}{n}",
        first_name="",
        last_name=name,
        role=role,
        active=True,
        email=more.pop("email", f"user{n}@example.com"),
        **more,
    )
    db.session.add(user)
    db.session.flush()
    identify(user, "username", user.username)
    return user


def make_school(code: str, name: str) -> School:
    """A school with one college and one major."""
    school = School(code=code, name=name)
    db.session.add(school)
    db.session.flush()
    return school


def make_college(school: School, code: str, name: str) -> College:
    """A college with one major of its own."""
    college = College(school_id=school.id, code=code, name=name)
    db.session.add(college)
    db.session.flush()
    db.session.add(
        Major(school_id=school.id, college_id=college.id, code=f"08{code}", name=f"{name}专业")
    )
    db.session.flush()
    return college


def make_student(college: College, name: str = "", *, account: bool = True, **more) -> Student:
    """A verified student who may sign, with an account unless told otherwise."""
    n = next(_next)
    major = db.session.query(Major).filter_by(college_id=college.id).first()
    student = Student(
        uid=uuid4().hex,
        school_id=college.school_id,
        college_id=college.id,
        major_id=major.id,
        graduation_year=more.pop("graduation_year", 2027),
        name=name or called(n),
        sex="12"[n % 2 == 0],
        student_no=more.pop("student_no", f"2023{n:06d}"),
        education=more.pop("education", "31"),
        origin_state=more.pop("origin_state", OriginState.APPROVED),
        class_name="1班",
        email=f"student{n}@example.com",
        address="武汉市洪山区珞喻路1号",
        verified_at=more.pop("verified_at", clock.now()),
        **more,
    )
    student.id_number, student.phone = id_number(n), f"138{n:08d}"
    db.session.add(student)
    db.session.flush()
    if account:
        user = make_user(
            Role.STUDENT,
            f"s{n}",
            name=student.name,
            school_id=student.school_id,
            student_id=student.id,
            email=student.email,
        )
        identify(user, "student_no", student.student_no, college.school.code)
    return student


def make_employer(school: School, name: str = "", *, state: str = EmployerState.APPROVED, **more):
    """An employer with account and profile, approved unless told otherwise."""
    n = next(_next)
    now = clock.now()
    values = {
        "kind": "39",
        "industry": "34",
        "location": "420111",
        "address": "武汉市洪山区1号",
        "postcode": "430000",
        "archive_receiver": "UNIT",
        "archive_to": "单位人事部",
        "archive_address": "武汉市",
        "archive_postcode": "430000",
        "archive_contact": "王先生",
        "archive_phone": "02787654321",
        "household_kind": "NONE",
        "profile_at": now,
    } | more
    employer = Employer(
        uid=uuid4().hex,
        credit_code=credit_code(n),
        name=name or f"第{n}科技有限公司",
        school_id=school.id,
        contact_name="张先生",
        email=f"hr{n}@example.com",
        created_at=now,
        **values,
    )
    employer.contact_phone = "13800000000"
    employer.school = school
    user = make_user(Role.EMPLOYER, f"e{n}", name=employer.name, email=employer.email)
    EMPLOYERS.start("register", employer, actor_of(user))
    user.employer_id = employer.id
    identify(user, "credit_code", employer.credit_code)
    db.session.flush()
    if state == EmployerState.APPROVED:
        checker = AppUser(
            id=None,
            username="x",
            last_name="审核",
            first_name="",
            role=Role.SCHOOL,
            school_id=school.id,
        )
        EMPLOYERS.apply("approve", employer.id, actor_of(checker))
    return employer


def account(record) -> AppUser:
    """The account of a student or an employer."""
    column = AppUser.student_id if isinstance(record, Student) else AppUser.employer_id
    return db.session.query(AppUser).filter(column == record.id).one()


def actor(record):
    """The actor of a student or an employer (with a fresh code), or of an account."""
    user = record if isinstance(record, AppUser) else account(record)
    return actor_of(user, factor={Role.STUDENT: "sms", Role.EMPLOYER: "mail"}.get(user.role, ""))


def unread(user: AppUser) -> int:
    """How many notices the account has not read, as its pages say it."""
    return db.session.scalar(db.select(notices.unread(actor_of(user))))


def offer(**changes) -> dict:
    """The values of a letter, as the form gives them; archive and household stay where they are."""
    heads = {field.only_if: NOT_RECEIVED for field in FIELDS if field.only_if}
    return samples(**heads | changes)


def typed(values: dict) -> dict[str, str]:
    """Terms as a form posts them: texts, regions by name and code, nothing where nothing counts."""
    regions = [name for name in values if BY_NAME[name].kind == "region"]
    texts = {name: "" if value is None else str(value) for name, value in values.items()}
    texts |= {f"{name}_code": texts[name] for name in regions}
    return texts | {name: region_name(texts[name]) for name in regions}


def make_candidate(employer: Employer, student: Student) -> Candidate:
    """The student on the employer's send list."""
    found = Candidate(employer_id=employer.id, student_id=student.id, added_at=clock.now())
    db.session.add(found)
    db.session.flush()
    return found


@kept
def invite(employer: Employer, *students: Student, **changes) -> list:
    """Open invitations, sent now."""
    rows = [make_candidate(employer, student) for student in students]
    result = send(rows, offer(**changes), actor(employer), uuid4().hex)
    assert not result.refused, result.refused
    return result.made


def pass_time(**by) -> None:
    """Let the database's clock run on, for this test only."""
    clock.shift(timedelta(seconds=db.session.execute(_SHIFT).scalar_one()) + timedelta(**by))
    db.session.commit()


_SHIFT = db.text("SELECT seconds FROM clock_shift")


@kept
def accept(invitation) -> Placement:
    """The invitation accepted after the cooling-off; the placement that it formed."""
    pass_time(hours=2)
    INVITATIONS.perform("accept", invitation.id, actor(invitation.student), agreed=True)
    found = placement_of(invitation.student_id)
    assert found is not None
    return found


def entered(student: Student, step: str, **facts) -> Placement:
    """A placement that the student entered: a paper signing generated, a destination submitted."""
    now = clock.now()
    placement = Placement(
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        created_at=now,
        **facts,
    )
    placement.student = student
    return committed(lambda: PLACEMENTS.start(step, placement, actor(student)))


@kept
def paper(student: Student, **facts) -> Placement:
    """A paper signing, its form generated."""
    terms = Terms(**offer(), created_at=clock.now())
    db.session.add(terms)
    db.session.flush()
    known = {
        "kind": Kind.OFFLINE,
        "review": settings(student.school_id).offline_review,
        "terms_id": terms.id,
        "employer_name": "江城钢铁厂",
        "employer_credit_code": "91110000600037341L",
        "employer_kind": "39",
        "employer_industry": "34",
        "employer_location": "420111",
    }
    return entered(student, "generate", **known | facts)


@kept
def destination(student: Student, *, settles: bool = True, **facts) -> Placement:
    """A destination, submitted; one that settles nothing by choice."""
    known = {
        "kind": Kind.DESTINATION,
        "review": settings(student.school_id).destination_review,
        "settles": settles,
        "plan_code": "80" if settles else "70",
        "employer_credit_code": "",
        "employer_name": "江城大学" if settles else "待就业",
    }
    return entered(student, "submit", **known | facts)


def uploaded(name: str = "证明.jpg") -> Upload:
    """A decoded upload."""
    return Upload("image", "image/jpeg", b"picture", name, "0" * 64)


def someone() -> int:
    """The id of an account, where it does not matter whose."""
    return db.session.query(AppUser.id).order_by(AppUser.id).limit(1).scalar()


def attach(record) -> None:
    """A file that belongs to the record."""
    db.session.add(
        Attachment(
            record_kind=record.__tablename__,
            record_id=record.id,
            owner_user_id=someone(),
            size=1,
            mime="image/jpeg",
            original_name="证明.jpg",
            sha256="0" * 64,
            school_id=record.school_id,
            file_key=f"{uuid4().hex[:2]}/{uuid4().hex}.jpg",
            created_at=clock.now(),
        )
    )
    db.session.commit()


@kept
def terminate(placement: Placement, by=None, reason: str = "双方协商一致") -> Termination:
    """A termination asked for by the student, or by `by`."""
    return request(placement.id, actor(by or placement.student), reason, agreed=True)


def code_for(browser, url: str, data: dict | None = None) -> str:
    """Ask for the fresh code of an act as the page's script does, and read it from the message."""
    assert browser.post(url, data=data, headers={"Accept": "application/json"}).status_code == 200
    newest = db.session.query(Message).order_by(Message.id.desc()).first()
    return re.search(r"\d{6}", newest.body).group()


def worker_answers_resets() -> None:
    """What the worker does with the asked-for codes of forgotten passwords, in the test's transaction."""
    from app.accounts.resetting import send_code_for_reset

    waiting = db.text(
        "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE task_name = 'accounts.send_reset'"
        " AND status = 'todo' RETURNING args"
    )
    for (asked,) in db.session.execute(waiting).all():
        send_code_for_reset.func(**asked)


def sent() -> None:
    """The worker has sent all that waits."""
    for message in db.session.query(Message).filter_by(sent_at=None).all():
        send_message.func(message.id)


@kept
def attest(placement: Placement, officer: AppUser) -> Placement:
    """The placement attested by the school."""
    return PLACEMENTS.perform("attest", placement.id, actor_of(officer))
