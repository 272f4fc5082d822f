"""A made year: honest students with all their habits, and people who sign for others (CHK-01).

`python -m tests.plan.checks.surrogate [seed]` prints what share of each kind the signs find. Nothing in
here knows the rules' limits: times, browsers, addresses, orders and combinations are drawn.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from app.accounts.contact_models import ContactChange
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.plan.checks import sync
from app.settings.models import SchoolSetting
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Placement
from app.signing.terminations.models import Termination
from app.signing.terms.models import Terms
from app.workflow.actor import Role
from app.workflow.models import Trail
from tests import factories as make

BEGINS = datetime(2026, 10, 12, tzinfo=clock.SHANGHAI)
DAYS = 230  # from the first invitations to the summer
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) {name}/{version}"
    for system in (
        "iPhone; CPU iPhone OS 18_1",
        "Linux; Android 14; 23127PN0CC",
        "Linux; Android 15; PJX110",
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
    )
    for name, version in (
        ("MicroMessenger", "8.0.50"),
        ("Chrome", "131.0.0.0"),
        ("Safari", "605.1"),
        ("Edg", "131.0.0.0"),
        ("Quark", "7.4.6"),
    )
)
DESKTOP = tuple(name for name in BROWSERS if "Windows" in name or "Macintosh" in name)


@dataclass(frozen=True)
class Machine:
    """A browser: its cookie and what it calls itself."""

    key: str
    kind: str


@dataclass
class Person:
    """A student of the made year; machines of its own, and when it first signed in."""

    student: Student
    user: AppUser
    phone: Machine
    laptop: Machine
    joined: datetime
    home: str


@dataclass
class World:
    """A school for a year; `dice` draws everything."""

    school: Any
    colleges: Sequence[Any]
    firms: list[tuple[Employer, AppUser, Machine, str]]
    staff: list[tuple[AppUser, Machine, str, str]]  # account, own browser, office, home
    dice: random.Random
    campus: str
    lab: list[Machine]
    rows: list[Any] = field(default_factory=list)
    trail: list[Trail] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def machine(self, kinds: Sequence[str] = BROWSERS) -> Machine:
        """A browser never seen before."""
        return Machine(f"{self.dice.getrandbits(128):032x}", self.dice.choice(kinds))

    def address(self) -> str:
        """An address of a home or of a carrier; the carrier's are shared by some."""
        if self.dice.random() < 0.4:
            return f"117.136.{self.dice.randrange(4)}.{self.dice.randrange(30)}"
        return f"{self.dice.randrange(36, 60)}.{self.dice.randrange(256)}.{self.dice.randrange(256)}.{self.dice.randrange(1, 255)}"

    def moment(self, begin: int = 10, end: int = DAYS, *, night: float = 0.06) -> datetime:
        """Some waking hour of the season; now and then deep in the night."""
        hour = (
            self.dice.choice((0, 1, 2, 23))
            if self.dice.random() < night
            else self.dice.randrange(8, 23)
        )
        day = BEGINS + timedelta(days=self.dice.randrange(begin, end))
        return day + timedelta(hours=hour, seconds=self.dice.randrange(3600))

    def person(self, college: Any = None) -> Person:
        """A student with phone and laptop, who signed in first some weeks before anything happens."""
        student = make.make_student(college or self.dice.choice(self.colleges))
        person = Person(
            student,
            make.account(student),
            self.machine(BROWSERS[:15]),
            self.machine(DESKTOP),
            self.moment(-60, 8),
            self.address(),
        )
        student.verified_at = person.joined
        return person

    def sign_in(
        self, user: AppUser, machine: Machine, address: str, at: datetime, event: str = "sign_in"
    ) -> None:
        """What the security log keeps of it."""
        self.rows.append(
            SecurityEvent(
                at=at,
                event=event,
                outcome="done",
                user_id=user.id,
                actor_id=user.id,
                school_id=user.school_id,
                actor_role=user.role,
                actor_name=user.display_name,
                address=address,
                device=machine.kind,
                device_id=machine.key,
                details={},
            )
        )

    def note(
        self,
        kind: str,
        record: Any,
        step: str,
        states: tuple[str | None, str],
        user: AppUser,
        machine: Machine,
        address: str,
        at: datetime,
    ) -> None:
        """A row of the trail."""
        self.trail.append(
            Trail(
                kind=kind,
                record_id=record.id,
                school_id=self.school.id,
                step=step,
                from_state=states[0],
                to_state=states[1],
                actor_id=user.id,
                actor_role=user.role,
                actor_name=user.display_name,
                address=address,
                device=machine.kind,
                device_id=machine.key,
                factor="sms" if user.role == Role.STUDENT else "",
                at=at,
            )
        )

    def sign(
        self,
        who: Person,
        at: datetime,
        machine: Machine,
        address: str,
        *,
        thought: timedelta | None = None,
        firm: Machine | None = None,
    ) -> Placement:
        """Invited, accepted from that browser at that moment, attested."""
        dice = self.dice
        employer, user, own, office = dice.choice(self.firms)
        sent = at - (thought or timedelta(hours=dice.uniform(1.2, 70)))
        terms = Terms(**make.offer(), created_at=sent)
        db.session.add(terms)
        db.session.flush()
        letter = Invitation(
            school_id=self.school.id,
            student_id=who.student.id,
            employer_id=employer.id,
            terms_id=terms.id,
            batch=f"{dice.getrandbits(128):032x}",
            sent_at=sent,
            opens_at=sent,
            reply_by=at + timedelta(days=3),
            changed_at=at,
            state="open",
        )
        db.session.add(letter)
        db.session.flush()
        letter.state = "accepted"
        self.note("invitation", letter, "send", (None, "open"), user, firm or own, office, sent)
        self.note(
            "invitation", letter, "accept", ("open", "accepted"), who.user, machine, address, at
        )
        placement = self.placed(who, at, employer=employer, invitation=letter, terms=terms)
        self.note(
            "placement",
            placement,
            "form",
            (None, "awaiting_school"),
            who.user,
            machine,
            address,
            at,
        )
        self.attest(placement, at)
        return placement

    def placed(
        self,
        who: Person,
        at: datetime,
        *,
        kind: str = "online",
        employer: Any = None,
        invitation: Any = None,
        terms: Any = None,
    ) -> Placement:
        """A placement in force; its events are the caller's."""
        student = who.student
        number = f"1{student.graduation_year}{self.school.code}{student.id % 100000:05d}"
        placement = Placement(
            kind=kind,
            state="awaiting_school",
            school_id=self.school.id,
            college_id=student.college_id,
            major_id=student.major_id,
            student_id=student.id,
            graduation_year=student.graduation_year,
            employer_id=employer and employer.id,
            invitation_id=invitation and invitation.id,
            terms_id=terms and terms.id,
            employer_name=employer.name if employer else "江城大学",
            employer_credit_code=employer.credit_code if employer else "",
            review="school",
            plan_code=None if employer else "80",
            employer_kind="39",
            employer_industry="34",
            agreement_no=number if employer else None,
            employer_location="420111",
            created_at=at,
            changed_at=at,
            attested_at=at,
        )
        db.session.add(placement)
        db.session.flush()
        placement.state = "in_force"
        return placement

    def attest(self, placement: Placement, at: datetime) -> None:
        """Some member of staff decides within days."""
        user, machine, office, _home = self.dice.choice(self.staff)
        decided = at + timedelta(hours=self.dice.uniform(0.5, 60))
        self.note(
            "placement",
            placement,
            "attest",
            ("awaiting_school", "in_force"),
            user,
            machine,
            office,
            decided,
        )

    def change(
        self, who: Person, at: datetime, source: str = "staff", channel: str = "sms", **more: Any
    ) -> ContactChange:
        """Phone or mail of the account replaced by staff, by file, or by the person."""
        by = who.user if source == "self" else self.dice.choice(self.staff)[0]
        digest = sha256(self.dice.randbytes(8)).digest()
        row = ContactChange(
            uid=f"{self.dice.getrandbits(128):032x}",
            user_id=who.user.id,
            channel=channel,
            source=source,
            old_index=digest[:16],
            new_index=digest[16:],
            actor_id=by.id,
            actor_role=by.role,
            actor_name=by.display_name,
            at=at,
            **more,
            held_until=None if source == "self" else at + timedelta(hours=72),
        )
        self.rows.append(row)
        return row

    def write(self) -> None:
        """All rows, the trail in the order of time within each record."""
        self.trail.sort(key=lambda row: row.at)
        for row in self.trail:  # one by one: the trigger chains each to the last
            db.session.add(row)
            db.session.flush()
        db.session.add_all(self.rows)
        db.session.commit()


def make_world(seed: int, school: Any, colleges: Sequence[Any], *, staff: int = 8) -> World:
    """A school, its people and machines, and a year of the staff's own work."""
    dice = random.Random(seed)
    campus = f"202.114.{dice.randrange(256)}.{dice.randrange(1, 255)}"
    world = World(school, colleges, [], [], dice, campus, [])
    world.lab = [world.machine(DESKTOP[:3]) for _n in range(8)]
    for n in range(staff):
        role = (Role.SCHOOL, Role.COLLEGE, Role.DATA)[n % 3]
        more = {"college_id": colleges[n % len(colleges)].id} if role is Role.COLLEGE else {}
        user = make.make_user(
            role, name=f"{'陈周吴郑冯褚卫蒋'[n % 8]}老师", school_id=school.id, **more
        )
        # most offices lie behind the campus's one address, some have a line of their own
        office = campus if dice.random() < 0.5 else world.address()
        world.staff.append((user, world.machine(DESKTOP), office, world.address()))
    world.firms = [
        (firm, make.account(firm), world.machine(DESKTOP), world.address())
        for firm in (make.make_employer(school) for _n in range(12))
    ]
    for day in range(DAYS + 10):
        for user, machine, office, home in world.staff:
            if (BEGINS + timedelta(days=day)).weekday() < 5:
                at = BEGINS + timedelta(days=day, hours=dice.uniform(8, 10))
                world.sign_in(user, machine, office, at)
                if dice.random() < 0.7:
                    world.sign_in(user, machine, office, at + timedelta(hours=dice.uniform(4, 8)))
            if dice.random() < 0.1:
                world.sign_in(user, machine, home, BEGINS + timedelta(days=day, hours=21))
    return world


# -- honest lives ----------------------------------------------------------------------------------


def honest(world: World, count: int) -> list[Person]:
    """Students who do everything themselves, with the accidents of a year."""
    dice, people = world.dice, [world.person() for _n in range(count)]
    for n, who in enumerate(people):
        world.sign_in(who.user, who.phone, who.home, who.joined)
        if dice.random() < 0.8:  # the origin record is read and corrected at a desk
            world.sign_in(who.user, who.laptop, world.campus, who.joined + timedelta(hours=30))
        for _visit in range(dice.randrange(1, 9)):
            machine = dice.choice((who.phone, who.phone, who.laptop))
            where = dice.choice((world.campus, world.campus, who.home, world.address()))
            world.sign_in(who.user, machine, where, world.moment(0, dice.choice((15, DAYS))))
        _live(world, who, n)
    _roommates(world, people[:6])
    changed = BEGINS + timedelta(days=120, hours=10)  # a file corrects the numbers of a whole class
    for who in people[10:30]:
        world.change(who, changed, "file")
    for key, value, day in (("cooling_off_hours", 2, -20), ("cooling_off_hours", 1, 90)):
        world.rows.append(
            SchoolSetting(
                school_id=world.school.id, key=key, value=value, set_at=BEGINS + timedelta(days=day)
            )
        )
    return people


def _live(world: World, who: Person, n: int) -> None:
    dice = world.dice
    at = world.moment(15)
    machine, where = _habit(world, who)
    if dice.random() < 0.04:  # invited before the first sign-in; reads, asks at home, then accepts
        who.joined = at - timedelta(hours=dice.uniform(0.6, 30))
        who.student.verified_at = who.joined
        world.sign_in(who.user, machine, where, who.joined)
    if dice.random() < 0.08:  # forgotten password
        reset = at - timedelta(minutes=dice.uniform(2, 40))
        world.sign_in(who.user, machine, where, reset, "password_reset")
        world.sign_in(who.user, machine, where, reset + timedelta(minutes=1))
    if dice.random() < 0.04:
        world.change(who, at - timedelta(days=dice.uniform(0.2, 25)), "self")
    if dice.random() < 0.04:  # the office enters a new phone; the old one, or the mail, confirms
        moved = at - timedelta(days=dice.uniform(1, 29))
        sure = dice.choice(("old_phone", "old_phone", "mail", "", ""))
        world.change(
            who, moved, confirmed_by=sure, confirmed_at=moved + timedelta(hours=1) if sure else None
        )
    elif n % 150 == 149:  # phone and laptop stolen: everything is new
        world.change(who, at - timedelta(days=5))
        machine = world.machine()
    world.sign_in(who.user, machine, where, at - timedelta(minutes=dice.uniform(1, 20)))
    placement = world.sign(who, at, machine, where)
    if dice.random() < 0.06:
        later = at + timedelta(days=dice.uniform(6, 40))
        terminated(world, who, placement, later, *_habit(world, who))


def _habit(world: World, who: Person) -> tuple[Machine, str]:
    """On what and from where a student does things."""
    dice, r = world.dice, world.dice.random()
    if r < 0.08:
        return dice.choice(world.lab), world.campus
    where = dice.choice((world.campus, world.campus, world.campus, who.home, world.address()))
    return (who.phone if r < 0.75 else who.laptop if r < 0.97 else world.machine()), where


def terminated(
    world: World, who: Person, placement: Placement, at: datetime, machine: Machine, where: str
) -> None:
    """The student applies for a termination; it waits for the employer."""
    found = Termination(
        state="requested",
        way="agreed",
        placement_id=placement.id,
        school_id=world.school.id,
        college_id=who.student.college_id,
        student_id=who.student.id,
        employer_id=placement.employer_id,
        started_by=Role.STUDENT,
        starter_id=who.user.id,
        reason="双方协商一致",
        review="school",
        reply_by=at + timedelta(days=10),
        created_at=at,
        changed_at=at,
    )
    db.session.add(found)
    db.session.flush()
    world.note("termination", found, "request", (None, "requested"), who.user, machine, where, at)


def _roommates(world: World, people: Sequence[Person]) -> None:
    """Some use one laptop now and then, hours apart or the same evening."""
    for first, second in zip(people[::2], people[1::2], strict=True):
        for who in (first, second):
            world.sign_in(who.user, first.laptop, world.campus, world.moment(0, 12))


# -- who signs for another -------------------------------------------------------------------------

Trick = Callable[[World], list[Person]]


def _victim(world: World) -> Person:
    who = world.person()
    if world.dice.random() < 0.5:  # the real one was there once
        world.sign_in(who.user, who.phone, who.home, who.joined)
    return who


def _anywhere(world: World) -> tuple[Machine, str]:
    """A browser and an address that lead to nobody."""
    return world.machine(), world.dice.choice((world.campus, world.address(), world.address()))


def _done(world: World, who: Person, at: datetime, machine: Machine, where: str) -> None:
    """Some act of a party: mostly an acceptance, sometimes a destination or a termination."""
    r = world.dice.random()
    if r < 0.7:
        world.sign(who, at, machine, where)
    elif r < 0.85:
        placement = world.placed(who, at, kind="destination")
        world.note(
            "placement",
            placement,
            "submit",
            (None, "awaiting_school"),
            who.user,
            machine,
            where,
            at,
        )
        world.attest(placement, at)
    else:  # the signing was honest, the termination is not
        world.sign_in(who.user, who.phone, who.home, who.joined)
        before = at - timedelta(days=world.dice.uniform(9, 60))
        who.student.verified_at = who.joined = min(who.joined, before - timedelta(days=2))
        terminated(world, who, world.sign(who, before, who.phone, who.home), at, machine, where)


def new_phone(world: World) -> list[Person]:
    """A phone or mail replaced by staff or file; then the act, once the hold is over or vouched for."""
    dice, who, at = world.dice, _victim(world), world.moment()
    vouched = dice.random() < 0.3
    before = (
        timedelta(days=dice.uniform(0.02, 3)) if vouched else timedelta(days=dice.uniform(3, 29))
    )
    world.change(
        who,
        at - before,
        dice.choice(("staff", "staff", "file")),
        dice.choice(("sms", "sms", "mail")),
        confirmed_by="second_person" if vouched else "",
        confirmed_at=at - before / 2 if vouched else None,
        undone_at=at + timedelta(hours=dice.uniform(0.2, 50)) if dice.random() < 0.3 else None,
    )
    machine, where = _anywhere(world)
    world.sign_in(who.user, machine, where, at - timedelta(minutes=dice.uniform(1, 600)))
    _done(world, who, at, machine, where)
    return [who]


def own_browser(world: World) -> list[Person]:
    """The member of staff did it in the browser of its own work."""
    who, at = _victim(world), world.moment(night=0.2)
    user, machine, office, home = world.dice.choice(world.staff)
    lag = timedelta(hours=world.dice.uniform(-20, 20))
    where = world.dice.choice((office, home, world.address()))
    world.sign_in(user, machine, where, at + lag)
    _done(world, who, at, machine, where)
    return [who]


def own_address(world: World) -> list[Person]:
    """From the office's own line or from home, in a private window or on another phone."""
    who, at = _victim(world), world.moment(night=0.3)
    staff = [row for row in world.staff if row[2] != world.campus] or world.staff
    user, own, office, home = world.dice.choice(staff)
    where = office if office != world.campus and world.dice.random() < 0.6 else home
    world.sign_in(user, own, where, at + timedelta(hours=world.dice.uniform(-20, 20)))
    machine = Machine(world.machine().key, world.dice.choice((own.kind, *BROWSERS)))
    _done(world, who, at, machine, where)
    return [who]


def first_day(world: World) -> list[Person]:
    """The account is opened and the letter accepted in one breath."""
    who, at = world.person(), world.moment()
    who.student.verified_at = who.joined = at - timedelta(minutes=world.dice.uniform(0.5, 14.5))
    machine, where = _anywhere(world)
    world.sign_in(who.user, machine, where, who.joined)
    world.sign(who, at, machine, where)
    return [who]


def one_machine(world: World) -> list[Person]:
    """Several students, one after another, on one browser."""
    dice, at, (machine, where) = world.dice, world.moment(), _anywhere(world)
    people = [_victim(world) for _n in range(dice.randrange(2, 7))]
    pause = 4 if len(people) == 2 else 25
    for who in people:
        world.sign_in(who.user, machine, where, at - timedelta(minutes=1))
        _done(world, who, at, machine, where)
        at += timedelta(minutes=dice.uniform(0.5, pause))
    return people


def private_windows(world: World) -> list[Person]:
    """The same, but each in a private window: the cookie is new every time."""
    dice, at = world.dice, world.moment()
    kind, where = dice.choice(BROWSERS), dice.choice((world.campus, world.address()))
    people = [_victim(world) for _n in range(dice.randrange(4, 9))]
    for who in people:
        machine = Machine(world.machine().key, kind)
        world.sign_in(who.user, machine, where, at - timedelta(minutes=dice.uniform(0.5, 3)))
        _done(world, who, at, machine, where)
        at += timedelta(minutes=dice.uniform(1, 7))
    return people


def both_sides(world: World) -> list[Person]:
    """A made-up employer and the student act on one browser."""
    who, at, (machine, where) = _victim(world), world.moment(), _anywhere(world)
    world.sign(who, at, machine, where, firm=machine)
    return [who]


def loosened(world: World) -> list[Person]:
    """The time to think is taken away, the letter accepted, and the time given back."""
    dice, who, at = world.dice, _victim(world), world.moment()
    key, strict, loose = dice.choice(
        (
            ("cooling_off_hours", 24, 0),
            ("cooling_off_hours", 2, 1),
            ("signing_review", "both", "school"),
        )
    )
    begin = at - timedelta(hours=dice.uniform(0.1, 160))
    for value, moment in (
        (strict, begin - timedelta(days=9)),
        (loose, begin),
        (strict, at + timedelta(hours=dice.uniform(1, 90))),
    ):
        world.rows.append(
            SchoolSetting(
                school_id=world.school.id,
                key=key,
                value=value,
                set_at=moment,
                set_by=dice.choice(world.staff)[0].id,
            )
        )
    world.sign(who, at, *_anywhere(world))
    return [who]


def staff_mail(world: World) -> list[Person]:
    """The student's codes go to the mailbox of a member of staff."""
    who = _victim(world)
    who.student.email = world.dice.choice(world.staff)[0].email
    _done(world, who, world.moment(), *_anywhere(world))
    return [who]


def patient(world: World) -> list[Person]:
    """One who waits until every trace is cold: five weeks, a new browser, an address of nobody."""
    who, at = _victim(world), world.moment(45)
    world.change(who, at - timedelta(days=world.dice.uniform(31, 44)))
    _done(world, who, at, *_anywhere(world))
    return [who]


TRICKS: dict[Trick, int] = {  # of so many hundred patterns; each may be several students
    new_phone: 26,
    own_browser: 18,
    own_address: 12,
    first_day: 10,
    one_machine: 10,
    private_windows: 6,
    both_sides: 5,
    loosened: 8,
    staff_mail: 4,
    patient: 1,
}


def fakes(world: World, count: int) -> list[tuple[str, Person]]:
    """So many patterns, each kind in its share, in a drawn order."""
    tricks = [t for t, share in TRICKS.items() for _n in range(max(1, round(count * share / 100)))]
    world.dice.shuffle(tricks)
    return [(trick.__name__, who) for trick in tricks for who in trick(world)]


def signs_of(school: Any, year: int = 2027) -> dict[int, set[str]]:
    """Student → the signs that the pass has found."""
    sync.run(school.id, year)
    db.session.commit()
    found = text("""SELECT student_id, rule FROM finding WHERE school_id = :school AND state = 'open'
      AND rule LIKE 'sign%'""")
    signs: dict[int, set[str]] = {}
    for student, rule in db.session.execute(found, {"school": school.id}):
        signs.setdefault(student, set()).add(rule)
    return signs


@dataclass
class Figures:
    """What was found: kind → (flagged, made), and the honest ones that were flagged."""

    kinds: dict[str, tuple[int, int]]
    honest: tuple[int, int]
    why: Counter[str]

    @property
    def found(self) -> float:
        """The share of the fakes that were flagged."""
        made = list(self.kinds.values())
        return sum(flagged for flagged, _all in made) / max(1, sum(every for _f, every in made))

    @property
    def wronged(self) -> float:
        """The share of the honest who were."""
        return self.honest[0] / max(1, self.honest[1])


def measured(seed: int, school: Any, colleges: Sequence[Any], lives: int, patterns: int) -> Figures:
    """A year of honest lives with that many dishonest patterns among them, and what the signs say."""
    world = make_world(seed, school, colleges)
    people = honest(world, lives) if lives else []
    false = fakes(world, patterns) if patterns else []
    world.write()
    signs = signs_of(school)
    kinds: dict[str, tuple[int, int]] = {}
    for kind, who in false:
        flagged, made = kinds.get(kind, (0, 0))
        kinds[kind] = (flagged + bool(signs.get(who.student.id)), made + 1)
    wronged = [who for who in people if signs.get(who.student.id)]
    why = Counter(rule for who in wronged for rule in signs[who.student.id])
    return Figures(kinds, (len(wronged), len(people)), why)


def main(seed: int = 11) -> None:
    """Print the figures of three years."""
    from bench.batches import load
    from bench.server import server
    from tests.cast import furnish

    with server() as (url, folder), load(url, folder).app_context():
        furnish()
        for n, (what, lives, patterns) in enumerate(
            (("an honest year", 600, 0), ("both in one school", 400, 200), ("the same", 400, 200))
        ):
            school = make.make_school(f"{10900 + n}", f"第{n}试验大学")
            colleges = [make.make_college(school, f"0{c}", f"第{c}学院") for c in range(3)]
            figures = measured(seed + n, school, colleges, lives, patterns)
            print(
                f"\n{what} (seed {seed + n}): {figures.wronged:.1%} of {figures.honest[1]} honest "
                f"students flagged {dict(figures.why)}"
            )
            if patterns:
                print(f"{figures.found:.1%} of the acts of others flagged")
            for kind, (flagged, made) in sorted(figures.kinds.items()):
                print(f"  {kind:18}{flagged:5} of {made}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
