"""What the officer who wants to sign for another has: his own phone and mailbox, and what arrives there."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from app.core.db import db
from app.core.mail import Message
from app.people.students.models import Student
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Placement
from app.workflow.models import Trail
from tests import factories as make
from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)

THIEF = "13700009999"
THIEF_MAIL = "thief@example.com"
PASSWORD = "Wind-over-lake-3"


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


def told(address: str, since: int = 0) -> list[str]:
    """What arrived at that contact after the message of that id, codes too."""
    rows = db.session.query(Message).filter(Message.id > since).order_by(Message.id).all()
    return [row.body for row in rows if row.address == address]


def last_message() -> int:
    return db.session.query(db.func.coalesce(db.func.max(Message.id), 0)).scalar()


def code_at(address: str) -> str:
    """The newest code that arrived there; one that is wrong where none did."""
    found = [re.search(r"\b\d{6}\b", body) for body in told(address)]
    return next((m.group() for m in reversed(found) if m), "000000")


def no_act(*parties) -> None:
    """Nothing was signed in the name of these students, by nobody."""
    db.session.expire_all()
    ids = [party.id for party in parties]
    assert not db.session.query(Placement).filter(Placement.student_id.in_(ids)).count()
    taken = db.session.query(Trail).filter_by(kind="invitation", step="accept").count()
    assert not taken


class Thief:
    """What the officer does at the public pages with his own phone."""

    def __init__(self, client: FlaskClient, school: str) -> None:
        self.client, self.school = client, school

    def signs_in(self, who: str, phone: str = THIEF) -> bool:
        """Password by code, first sign-in; whether he is in."""
        make.pass_time(minutes=2)
        self.client.post("/password/forgotten", data={"who": who, "school": self.school})
        make.worker_answers_resets()
        new = {"code": code_at(phone), "password": PASSWORD, "again": PASSWORD}
        self.client.post("/password/reset", data=new)
        asked = {"who": who, "school": self.school, "password": PASSWORD}
        return self.client.post("/login/", data=asked).status_code == 302

    def passes_first_page(self, phone: str = THIEF, email: str = THIEF_MAIL) -> None:
        make.pass_time(minutes=2)
        self.client.post("/my/verify/code")
        data = {"email": email, "address": "武汉市1号", "code": code_at(phone)}
        self.client.post("/my/verify/", data=data)

    def accepts(self, letter: Invitation, phone: str = THIEF) -> None:
        make.pass_time(minutes=2)
        self.client.post(f"/acts/invitation/{letter.id}/accept/code")
        data = {"agreed": "1", "code": code_at(phone)}
        self.client.post(f"/my/answer/{letter.id}/accept", data=data)


def dummy(cast, office, victim, **more) -> Student:
    """A record of the same name with the officer's own phone, entered by the page."""
    form = {
        "student_no": "D1",
        "name": victim.name,
        "id_number": make.id_number(700_123),
        "phone": THIEF,
        "sex": "1",
        "nation": "01",
        "examinee_no": "",
        "major_id": victim.major_id,
        "class_name": "1班",
        "graduation_year": "2027",
        "education": "31",
        "training_mode": "1",
        "origin": "",
    } | more
    assert office.post("/students/add", data=form).status_code in (302, 303)
    found = db.session.query(Student).filter_by(student_no=form["student_no"]).one()
    office.post(f"/students/action/approve_record/{found.id}")
    return found


def merge(office, keep: Student, other: str, *take: str):
    data = {"other": other, "sure": "1", "reason": "重复录入"} | {
        f"take_{n}": "other" for n in take
    }
    return office.post(f"/students/merge/{keep.id}", data=data)


def changed(office, student, phone=THIEF, reason="本人到场"):
    data = {"phone": phone, "reason": reason}
    return office.post(f"/students/{student.id}/phone", data=data)
