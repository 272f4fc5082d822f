"""What people do: thieves anything that any route takes, honest people their own business."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from werkzeug.routing import BuildError

from app.accounts.models import AppUser
from app.core.db import db
from app.people.employers.models import Employer
from app.people.staff.models import RequestState, StaffRequest
from app.people.students.models import Student
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.workflow import send
from app.signing.objections.models import Objection
from app.signing.placements.models import Placement
from app.signing.terminations.models import Termination
from tests import factories as make
from tests.adversary.forms import Browser, Filler, Form, forms_of
from tests.adversary.world import SECRET, THIEVES, Hand, World

# what only slows the walk down or ends its sessions; each has tests of its own
LEFT_OUT = (
    "static",
    "healthz",
    "AuthView.logout",
    "LocaleView.index",
    "MessagesView",
    "ExportsView",
    "PapersView",
    "RegionView",
    "OfficialView",
    "PlanYearView",
    "ChecksView.run",
    "JobsView",
)
OF_STAFF = ("officer2", "province", "officer", "college2", "security")
RECORDS = (Student, Employer, Invitation, Placement, Termination, Objection, AppUser)


class Moves:
    """The moves of one hand in a world."""

    def __init__(self, world: World, hand: Hand) -> None:
        self.world, self.hand = world, hand
        self.rng: random.Random = world.rng
        self.done: Counter[str] = Counter()

    def knows(self) -> dict[str, list[str]]:
        """What this hand would type into a field whose name contains the key."""
        raise NotImplementedError

    def submit(self, browser: Browser, url: str, **sure: str) -> Any:
        """Open a page, fill its form and send it, asking for the code that it wants first."""
        page = browser.get(url)
        fitting = [f for f in forms_of(page) if set(sure) <= set(f.fields) | set(f.boxes)]
        forms = [f for f in fitting if f.method == "post" and "logout" not in f.url]
        return self.send(browser, self.rng.choice(forms), **sure) if forms else page

    def send(self, browser: Browser, form: Form, **sure: str) -> Any:
        """Send one form."""
        filler = Filler(self.rng, self.knows())
        values = filler.fill(form, **sure)
        if form.asks and self.rng.random() < 0.9:
            self.world.pass_time(seconds=61)  # codes are a minute apart
            browser.post(form.asks[0], values)
            self.world.deliver()
        if "code" in form.fields:
            values["code"] = self.hand.code() or "000000"
        values |= {name: sure[name] for name in sure}
        if form.method == "get":
            return browser.client.get(form.url, query_string=values, follow_redirects=True)
        return browser.post(form.url, values)

    def sign_in(self, browser: Browser, who: str, password: str, school: str = "") -> Any:
        """Sign in on that device."""
        browser.post("/logout", {})
        return browser.post("/login/", {"who": who, "password": password, "school": school})

    def reset(self, browser: Browser, who: str, school: str, password: str) -> bool:
        """Set a password by a code to wherever the codes of that account go now; whether it opened."""
        browser.post("/logout", {})
        self.world.pass_time(seconds=61)
        browser.post("/password/forgotten", {"who": who, "school": school})
        make.worker_answers_resets()
        db.session.commit()
        self.world.deliver()
        browser.post(
            "/password/reset", {"code": self.hand.code(), "password": password, "again": password}
        )
        self.sign_in(browser, who, password, school)
        return browser.user_id() is not None


class Thieves(Moves):
    """They try every route that their sessions reach, and the chains that have worked elsewhere."""

    def __init__(self, world: World, chains: float) -> None:
        super().__init__(world, world.thieves)
        self.chains = chains  # share of the moves that are links of a chain that worked elsewhere
        self.routes = [
            r for r in world.app.url_map.iter_rules() if not r.endpoint.startswith(LEFT_OUT)
        ]
        self.target, self.sure = 0, False
        self.phones = [world.fresh_address("sms") for _n in range(3)]
        self.mails = [world.fresh_address("mail") for _n in range(3)]
        self.tricks: list[Callable[[], None]] = [
            self.dummy_student,
            self.merge_students,
            self.merge_employers,
            self.change_phone,
            self.correct_employer,
            self.begin_anew,
            self.loosen,
            self.take_over,
            self.take_over,
            self.blitz,
            self.blitz,
            self.blitz,
            self.first_sign_in,
            self.act_for_victim,
            self.act_for_victim,
            self.staff_account,
            self.staff_account,
            self.own_candidate,
        ]
        self.own: dict[str, Browser] = {}  # user name → the browser in which it is signed in
        for name in world.gang:
            user = make.account(world.cast.rival) if name == "fake" else world.account(name)
            self.own[user.username] = Browser(world.app, f"thief {name}")
        self.stolen = [Browser(world.app, "thief anywhere")]
        world.thieves.browsers = [*self.own.values(), *self.stolen]
        self.enter()

    def enter(self) -> None:
        """Sign in with one's own accounts where the session is over."""
        for username, browser in self.own.items():
            if browser.client.get("/notices/").status_code != 200:
                for password in (SECRET["honest"], SECRET[THIEVES]):
                    self.sign_in(browser, username, password)
                    if browser.user_id():
                        break

    def knows(self) -> dict[str, list[str]]:
        victims = [self.victim() for _n in range(3)]
        return {
            "phone": self.phones,
            "email": self.mails,
            "password": [SECRET[THIEVES]],
            "again": [SECRET[THIEVES]],
            "old": [SECRET[THIEVES], SECRET["honest"]],
            "reason": ["本人来电要求"],
            "code": [self.hand.code()],
            "student_no": [v.student_no for v in victims],
            "id_number": [v.id_number for v in victims],
            "name": [v.name for v in victims],
            "other": [v.student_no for v in victims],
            "who": [name for v in victims for name in (v.student_no, v.id_number, v.phone)],
            "address": ["武汉市洪山区2号"],
        }

    def victim(self) -> Student:
        """A student who is no dummy of theirs: mostly the one they are at, for some time."""
        keys = [k for k, name in self.world.person_of_student.items() if name != THIEVES]
        if self.target not in keys or (not self.sure and self.rng.random() < 0.03):
            self.target = self.rng.choice(keys)
        key = self.target if self.sure or self.rng.random() < 0.8 else self.rng.choice(keys)
        return db.session.get_one(Student, key)

    def step(self) -> None:
        """One move: a chain's next link, or any route."""
        if self.rng.random() < 0.05:
            self.enter()
        move = self.rng.choice(self.tricks) if self.rng.random() < self.chains else self.any_route
        self.done[move.__name__] += 1
        move()

    def seat(self, *roles: str) -> Browser | None:
        """A browser of theirs in which an account of one of these roles is signed in."""
        found = []
        for browser in self.hand.browsers:
            user = db.session.get(AppUser, browser.user_id() or 0)
            if user is not None and (not roles or user.role in roles):
                found.append(browser)
        return self.rng.choice(found) if found else None

    # -- any route -------------------------------------------------------------------------------

    def any_route(self) -> None:
        """GET a random address and send one of the forms on it; or POST to one that has no page."""
        browser = self.rng.choice(self.hand.browsers)
        rule = self.rng.choice(self.routes)
        url = self._address(rule)
        if "GET" in rule.methods:
            page = browser.get(url)
            forms = [f for f in forms_of(page) if "/logout" not in f.url and "/lang" not in f.url]
            if forms and self.rng.random() < 0.8:
                self.send(browser, self.rng.choice(forms))
            return
        everything = {name: self.rng.choice(pool) for name, pool in self.knows().items() if pool}
        keys = {"rowid": str(self._key()), "agreed": "1", "sure": "1", "action": self._action(rule)}
        browser.post(url, everything | keys)

    def _address(self, rule: Any) -> str:
        values = {}
        for name in sorted(rule.arguments):
            converter = rule._converters[name]
            if hasattr(converter, "num_convert") or name == "pk":
                values[name] = self._key()
            elif name in ("step", "name"):
                values[name] = self._action(rule)
            else:
                values[name] = "x" * 32
        try:
            return self.world.app.url_map.bind("localhost").build(rule.endpoint, values)
        except BuildError:  # a value that this route's converter does not take
            return "/"

    def _key(self) -> int:
        model = self.rng.choice(RECORDS)
        keys = db.session.scalars(select(model.id).order_by(model.id).limit(40)).all()
        return self.rng.choice(keys) if keys else 1

    def _action(self, rule: Any) -> str:
        builder = self.world.app.extensions["appbuilder"]
        view = next(
            (v for v in builder.baseviews if v.endpoint == rule.endpoint.split(".")[0]), None
        )
        names = [
            *getattr(view, "actions", {}),
            "agree",
            "accept",
            "students",
            "undo",
            "write",
            "agree_terms",
            "hand_in",
            "approve",
        ]
        return self.rng.choice(names)

    # -- chains that have worked -----------------------------------------------------------------

    def dummy_student(self) -> None:
        """A second record with a victim's name and a thief's phone."""
        seat, victim = self.seat("school"), self.victim()
        if seat is None:
            return
        number = f"D{next(self.world.spare):06d}"
        self.submit(
            seat,
            "/students/add",
            student_no=number,
            name=victim.name,
            id_number=make.id_number(900_000 + next(self.world.spare)),
            phone=self.rng.choice(self.phones),
            training_mode="1",
            graduation_year=str(victim.graduation_year),
        )
        for student in db.session.scalars(select(Student).where(Student.student_no == number)):
            self.world.person_of_student[student.id] = THIEVES
            self.world.person_of_account[make.account(student).id] = THIEVES

    def _dummy(self) -> Student | None:
        keys = [k for k, name in self.world.person_of_student.items() if name == THIEVES]
        found = [s for k in keys if (s := db.session.get(Student, k)) is not None]
        return self.rng.choice(found) if found else None

    def merge_students(self) -> None:
        """Merge a dummy into a victim, or the victim into the dummy."""
        seat, dummy, victim = self.seat("school"), self._dummy(), self.victim()
        if seat is None or dummy is None:
            return
        same = db.session.scalars(select(Student).where(Student.name == dummy.name)).all()
        victims = [s for s in same if self.world.person_of_student.get(s.id) != THIEVES]
        victim = self.rng.choice(victims) if victims else victim
        keep, gone = (victim, dummy) if self.rng.random() < 0.5 else (dummy, victim)
        self._merge(seat, f"/students/merge/{keep.id}", gone.student_no, "phone", "id_number")

    def merge_employers(self) -> None:
        """The same with two employers."""
        seat = self.seat("school")
        if seat is None:
            return
        pair = [self.world.cast.employer, self.world.cast.rival]
        self.rng.shuffle(pair)
        self._merge(seat, f"/employers/merge/{pair[0].id}", pair[1].credit_code, "email")

    def _merge(self, seat: Browser, url: str, other: str, *take: str) -> None:
        taken = {f"take_{name}": "other" for name in take if self.rng.random() < 0.7}
        values = {"other": other, "sure": "1", "reason": "重复登记", "code": self.hand.code()}
        seat.post(f"{url}?other={other}", values | taken)

    def change_phone(self) -> None:
        """The official change of a victim's phone to one of theirs."""
        seat = self.seat("school")
        if seat is not None:
            url = f"/students/{self.victim().id}/phone"
            self.submit(seat, url, phone=self.rng.choice(self.phones), reason="换号")

    def correct_employer(self) -> None:
        """An employer's telephone and mail, by staff."""
        seat = self.seat("school")
        if seat is not None:
            self.submit(
                seat,
                f"/employers/edit/{self.world.cast.employer.id}",
                email=self.rng.choice(self.mails),
            )

    def begin_anew(self) -> None:
        """The reset of a victim's first sign-in."""
        seat = self.seat("school")
        if seat is not None:
            seat.post(f"/students/action/begin_anew/{self.victim().id}", {"reason": "忘记密码"})

    def loosen(self) -> None:
        """The settings of the school as loose as they go."""
        seat = self.seat("school")
        if seat is not None:
            self.submit(seat, "/settings/", cooling_off_hours="0")

    def take_over(self, *known: tuple[str, str]) -> None:
        """Set a victim's password by whatever code arrives, and sign in; one of `known` (name, school)."""
        names = [*self._names_of_victim()]
        if self.rng.random() < 0.4:
            others = (*self.mails, self.world.cast.employer.credit_code, *OF_STAFF)
            names = [(name, "") for name in others]
        browser = Browser(self.world.app, f"thief {next(self.world.spare)}")
        who, school = self.rng.choice(known or names)
        if self.reset(browser, who, school, SECRET[THIEVES]):
            self._sit_down(browser)

    def _names_of_victim(self) -> tuple[tuple[str, str], ...]:
        victim = self.victim()
        return (
            (victim.student_no, victim.school.code),
            (victim.id_number or "", ""),
            (victim.phone or "", ""),
        )

    def blitz(self) -> None:
        """One plan to its end within two hours, while the victim sleeps (S-03)."""
        self.sure = True
        known: tuple[tuple[str, str], ...] = self._names_of_victim()
        plan = self.rng.choice(
            (
                self.change_phone,
                self.change_phone,
                self.merge_students,
                self.begin_anew,
                self.correct_employer,
                self.staff_account,
            )
        )
        plan()
        if plan == self.correct_employer:
            known = (
                (self.world.cast.employer.credit_code, ""),
                *((mail, "") for mail in self.mails),
            )
        elif plan == self.staff_account:
            known = tuple((name, "") for name in OF_STAFF)
        else:
            self.own_candidate()
        self.world.pass_time(hours=1.1)
        self.enter()
        for _n in range(2):
            self.take_over(*known)
        self.stolen = self.stolen[-1:]
        self.hand.browsers = [*self.own.values(), *self.stolen]
        self.first_sign_in()
        for _n in range(6):
            self.act_for_victim()
        self.sure = False

    def _sit_down(self, browser: Browser) -> None:
        self.stolen = [*self.stolen[-7:], browser]
        self.hand.browsers = [*self.own.values(), *self.stolen]

    def first_sign_in(self) -> None:
        """Pass the first page of a victim's account, with a mailbox of theirs."""
        seat = self.seat("student")
        if seat is not None:
            self.submit(seat, "/my/verify/", email=self.rng.choice(self.mails), address="武汉市")

    def act_for_victim(self) -> None:
        """In an account that is not theirs: send any form of a page where parties act."""
        sat = [b for b in self.stolen if b.user_id()]
        if not sat:
            return
        seat = self.rng.choice(sat)
        user = db.session.get(AppUser, seat.user_id() or 0)
        if user is None or not (user.student_id or user.employer_id):
            return
        if user.student_id:
            mine = Invitation.student_id == user.student_id
            keys = db.session.scalars(select(Invitation.id).where(mine)).all()
            pages = [f"/my/invitations/{key}" for key in keys] * 3
            held = Placement.student_id == user.student_id
            for key in db.session.scalars(select(Placement.id).where(held)).all():
                pages += [f"/my/signings/{key}", f"/my/terminations/signing/{key}"]
            pages += ["/my/offline/entry", "/my/destinations/new", "/my/origin/", "/my/profile/"]
        else:
            pages = [
                "/employer/invitations/",
                "/employer/terminations/",
                "/employer/profile/",
                "/employer/candidates/",
            ]
            held = Placement.employer_id == user.employer_id
            for key in db.session.scalars(select(Placement.id).where(held)).all():
                pages += [f"/employer/terminations/show/{key}", f"/employer/amendments/{key}"]
        page = seat.get(self.rng.choice(pages))
        forms = [f for f in forms_of(page) if f.method == "post" and "/logout" not in f.url]
        if forms:
            self.send(seat, self.rng.choice(forms))

    def own_candidate(self) -> None:
        """The false employer invites a victim, as any employer may."""
        if "fake" in self.world.gang:
            invite(self.world, self.world.cast.rival, self.victim())

    def staff_account(self) -> None:
        """An administrator's ways to become somebody else of the staff."""
        seat = self.seat("admin")
        if seat is None:
            return
        names = ("officer", "officer2", "province", "college2", "data")
        user = self.world.account(self.rng.choice([n for n in names if n not in self.world.gang]))
        what = self.rng.choice(("edit", "forget_password", "add", "activate"))
        if what == "edit":
            self.submit(seat, f"/accounts/edit/{user.id}", email=self.rng.choice(self.mails))
        elif what == "add":
            self.submit(
                seat,
                "/accounts/add",
                email=self.rng.choice(self.mails),
                role="school",
                username=f"t{next(self.world.spare)}",
            )
        else:
            seat.post(f"/accounts/action/{what}/{user.id}", {"reason": "忘记密码"})
        waits = StaffRequest.state == RequestState.OPEN
        for key in db.session.scalars(select(StaffRequest.id).where(waits)).all():
            seat.post(f"/accounts/requests/action/confirm/{key}", {})


class Honest(Moves):
    """One honest person: own business, and a report of whatever the person did not do."""

    def knows(self) -> dict[str, list[str]]:
        mine = [a for a, owner in self.world.owner_of.items() if owner == self.hand.name]
        return {
            "code": [self.hand.code()],
            "reason": ["个人原因"],
            "address": ["武汉市洪山区1号"],
            "email": [a for a in mine if "@" in a],
            "password": [SECRET["honest"]],
            "again": [SECRET["honest"]],
            "old": [SECRET["honest"]],
        }

    def read(self) -> None:
        """Read what came; what somebody else did to the own account or record is reported."""
        for letter in self.hand.inbox[self.hand.handled :]:
            if letter.caused_by != self.hand.name:
                for link in letter.links:
                    self.submit(self.hand.browsers[0], link)
        self.hand.handled = len(self.hand.inbox)

    def step(self) -> None:
        """One thing of the own life."""
        self.read()
        kind = self.hand.name.partition(" ")[0]
        if kind == "student":
            self._student()
        elif kind == "employer":
            self._employer()

    def _enter(self) -> Browser | None:
        browser = self.hand.browsers[0]
        for name, password in self.hand.passwords.items():
            if browser.client.get("/notices/").status_code == 200:
                return browser
            self.sign_in(browser, name, password)
        if browser.user_id() is None and self.hand.passwords and self.rng.random() < 0.3:
            self.reset(browser, next(iter(self.hand.passwords)), "", SECRET["honest"])
        return browser if browser.user_id() else None

    def _student(self) -> None:
        key = next(k for k, n in self.world.person_of_student.items() if n == self.hand.name)
        student, browser = db.session.get(Student, key), self._enter()
        if student is None or browser is None:
            return
        open_ones = select(Invitation.id).where(
            Invitation.student_id == key, Invitation.state == "open"
        )
        found = db.session.scalars(open_ones).first()
        held = db.session.scalars(select(Placement.id).where(Placement.student_id == key)).all()
        what = self.rng.random()
        if found and what < 0.5:
            self.submit(browser, f"/my/invitations/{found}", agreed="1")
        elif held and what < 0.8:
            page = self.rng.choice(
                (f"/my/signings/{held[-1]}", f"/my/terminations/signing/{held[-1]}")
            )
            self.submit(browser, page)
        elif what < 0.9:
            self.submit(browser, "/my/profile/", email=self.knows()["email"][0])
        else:
            self.reset(browser, student.id_number or "", "", SECRET["honest"])

    def _employer(self) -> None:
        key = next(k for k, n in self.world.person_of_employer.items() if n == self.hand.name)
        employer, browser = db.session.get_one(Employer, key), self._enter()
        what = self.rng.random()
        if what < 0.4:
            keys = [k for k, n in self.world.person_of_student.items() if n != THIEVES]
            student = db.session.get(Student, self.rng.choice(keys))
            if student is not None:
                invite(self.world, employer, student)
        elif browser is not None:
            held = select(Placement.id).where(Placement.employer_id == employer.id)
            keys = db.session.scalars(held).all()
            pages = ["/employer/profile/", "/employer/terminations/"]
            pages += [f"/employer/terminations/show/{k}" for k in keys]
            pages += [f"/employer/amendments/{k}" for k in keys]
            self.submit(browser, self.rng.choice(pages))


def invite(world: World, employer: Employer, student: Student) -> None:
    """An employer's letter, by the rules of the house; who has an open one gets no second."""
    employer = db.session.get_one(Employer, employer.id)
    wanted = (Candidate.employer_id == employer.id, Candidate.student_id == student.id)
    row = db.session.scalars(select(Candidate).where(*wanted)).first()
    row = row or make.make_candidate(employer, student)
    send([row], make.offer(), make.actor(employer), uuid4().hex)
