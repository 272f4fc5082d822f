"""A world in which each phone, mailbox, device and account has an owner, and whoever acts uses HTTP.

Thieves (dishonest staff and an employer that is none) know everything that stands on paper about their
victims, but own only their own phones, mailboxes and passwords. Everybody else is honest.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from app.accounts import passwords
from app.accounts.identifiers import identify
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.workflow.actor import Role
from tests import factories as make
from tests.adversary.forms import Browser
from tests.cast import Cast

THIEVES = "thieves"
SECRET = {"thieves": "Thief-in-the-night-7", "honest": "Honest-day-work-42"}
CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
LINK = re.compile(r"(?:https?://[^/\s]+)?(/not-me/[^\s。，,）)]+)")


@dataclass
class Letter:
    """A message as its reader finds it: the code and links in it, and whose act it told of."""

    at: int
    caused_by: str
    body: str
    codes: list[str]
    links: list[str]


@dataclass
class Hand:
    """Somebody at the keyboard: browsers (each a device), passwords known, what arrived."""

    name: str
    browsers: list[Browser] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)  # sign-in name → password
    inbox: list[Letter] = field(default_factory=list)
    handled: int = 0

    def code(self) -> str:
        """The newest code that reached this hand."""
        return next((c for letter in reversed(self.inbox) for c in letter.codes[-1:]), "")


class World:
    """The cast with phones, passwords and owners; `turn` says whose hand moves now."""

    def __init__(self, app: Any, rng: random.Random, gang: tuple[str, ...]) -> None:
        self.app, self.rng, self.gang = app, rng, gang
        self.cast = Cast.load()
        self.hands = {THIEVES: Hand(THIEVES)}
        self.owner_of: dict[str, str] = {}  # address → hand; what nobody has is the thieves'
        self.person_of_student: dict[int, str] = {}
        self.person_of_employer: dict[int, str] = {}
        self.person_of_account: dict[int, str] = {}
        self.turn = ""
        self.seen_message = 0
        self.told: set[str] = set()  # who got a word since the judge looked
        self.spare = iter(range(10**6))
        self._people()
        self.deliver()

    @staticmethod
    def make() -> None:
        """What the cast lacks for a walk: passwords of honest people, and a first sign-in to come."""
        cast = Cast.load()
        good = passwords.hashed(SECRET["honest"])
        for user in db.session.scalars(select(AppUser)):
            user.password = good
            user.email = f"{user.username}@honest.example"
            identify(user, "email", user.email)
        newcomer = make.make_student(cast.college, "丁新", student_no="N1", verified_at=None)
        make.account(newcomer).password = None
        for student in db.session.scalars(select(Student)):
            user = make.account(student)
            user.email = student.email or user.email
            identify(user, "phone", student.phone)
            identify(user, "id_number", student.id_number)
            identify(user, "email", user.email)
        for employer in db.session.scalars(select(Employer)):
            user = make.account(employer)
            user.email = employer.email
            employer.contact_phone = f"137{employer.id % 10**8:08d}"
            identify(user, "phone", employer.contact_phone)
            identify(user, "email", employer.email)

    def _people(self) -> None:
        cast, mine = self.cast, set(self.gang)
        for student in db.session.scalars(select(Student)):
            name = f"student {student.student_no}"
            self.person_of_student[student.id] = name
            self._person(name, make.account(student), student.phone, student.email)
        for role, employer in (("employer", cast.employer), ("fake", cast.rival)):
            name = THIEVES if role in mine else f"employer {employer.name}"
            self.person_of_employer[employer.id] = name
            self._person(name, make.account(employer), employer.contact_phone, employer.email)
        staff = db.session.scalars(
            select(AppUser).where(AppUser.student_id.is_(None), AppUser.employer_id.is_(None))
        )
        for user in staff:
            self._person(THIEVES if user.username in mine else user.username, user)

    def _person(self, name: str, user: AppUser, phone: str = "", email: str = "") -> None:
        self.person_of_account[user.id] = name
        hand = self.hands.setdefault(name, Hand(name))
        for address in (phone, email, user.email):
            if address:
                self.owner_of[address] = name
        if user.password:
            hand.passwords[user.username] = SECRET["honest"]
        if name != THIEVES:
            hand.browsers.append(Browser(self.app, name))

    @property
    def thieves(self) -> Hand:
        """The gang."""
        return self.hands[THIEVES]

    def honest(self) -> list[Hand]:
        """Everybody else who has an account."""
        return [hand for name, hand in self.hands.items() if name != THIEVES]

    def fresh_address(self, channel: str) -> str:
        """A phone or mailbox that only the thieves have."""
        n = next(self.spare)
        return f"139{n:08d}" if channel == "sms" else f"thief{n}@evil.example"

    # -- messages --------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Send what waits and put it before whoever owns the address."""
        waiting = db.session.scalars(
            select(mail.Message).where(mail.Message.id > self.seen_message).order_by("id")
        ).all()
        for message in waiting:
            self.seen_message = message.id
            owner = self.owner_of.get(message.address or "", THIEVES)
            body = message.body or ""
            self.hands[owner].inbox.append(
                Letter(message.id, self.turn, body, CODE.findall(body), LINK.findall(body))
            )
            if message.code is None:  # a code alone tells nobody what was done with it
                self.told.add(owner)
            if message.sent_at is None:
                mail.send_message(message_id=message.id)

    # -- time ------------------------------------------------------------------------------------

    def pass_time(self, **by: float) -> None:
        """Let the clock of the database run on for everybody."""
        shift = db.session.execute(text("SELECT seconds FROM clock_shift")).scalar_one()
        clock.shift(timedelta(seconds=shift) + timedelta(**by))
        db.session.commit()

    def account(self, username: str) -> AppUser:
        """An account by its user name."""
        return db.session.scalars(select(AppUser).where(AppUser.username == username)).one()

    def roles_of_thieves(self) -> set[str]:
        """The roles that the gang has by right."""
        return {Role(self.account(name).role or "") for name in self.gang if name != "fake"}
