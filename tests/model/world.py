"""A small world in which a walker takes random steps of all tables as all roles, and time passes.

Nothing here knows a rule: what is possible is tried, and `tests.model.checks` says what may never be.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.schools.models import College, Major
from app.people.students.models import Student
from app.people.students.workflow import RESTRICTIONS, correct, restrict
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanEntry
from app.plan.rows.sync import sync
from app.plan.rows.workflow import CHANGES, PLAN, edit
from app.settings.calendar import set_window
from app.settings.models import Review, Window
from app.settings.queries import set_setting
from app.signing.invitations.models import Invitation
from app.signing.invitations.queries import open_invitation
from app.signing.invitations.workflow import INVITATIONS
from app.signing.invitations.workflow import send as send_letter
from app.signing.objections.workflow import OBJECTIONS
from app.signing.objections.workflow import report as report_untrue
from app.signing.placements.models import Placement
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import apply_with_proof, force, grant_chance, request
from app.signing.terminations.models import Termination
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import Terms
from app.workflow.actor import PARTIES, SYSTEM, Actor, Role
from tests import factories as make
from tests.cast import Cast
from tests.model import checks

BIRTHS = {  # step → what begins the record
    "send": INVITATIONS,
    "request": TERMINATIONS,
    "apply_with_proof": TERMINATIONS,
    "force": TERMINATIONS,
    "report": OBJECTIONS,
    "restrict": RESTRICTIONS,
    "register": EMPLOYERS,
}
REASON = "双方协商一致"
# the plan is moved by `_plan`: its open and filled rows leave no trace
WALKED = (INVITATIONS, PLACEMENTS, TERMINATIONS, OBJECTIONS, EMPLOYERS, RESTRICTIONS)
REVIEWS = [Review.BOTH, Review.BOTH, Review.BOTH, Review.SCHOOL, Review.COLLEGE]
LAST = 60  # goals; with fewer to reach the walker goes for them
LEAPS = {  # seconds → how often
    1: 4,
    5: 4,
    31: 8,
    600: 6,
    3700: 20,
    7200: 12,
    86_400: 6,
    3 * 86_400: 3,
    16 * 86_400: 3,
    200 * 86_400: 1,
}


def _asked(step, who: Actor) -> list[str]:
    """What a careless person may leave out."""
    asked = ["agreed"] * bool(step.tick) + ["factor"] * (who.role in step.fresh)
    return asked + ["reason"] * (step.reason == "required")


class Violation(AssertionError):
    """Something that may never be."""


@dataclass
class World:
    """Who lives in it, what has been reached, and the dice."""

    dice: random.Random
    goals: frozenset = frozenset()
    reached: Counter = field(default_factory=Counter)
    missed: Counter = field(default_factory=Counter)
    barred: Counter = field(default_factory=Counter)  # (kind, step, the only guard that objects)
    steps: int = 0
    last: str = ""

    @staticmethod
    def make() -> None:
        """More students and staff beside the cast, and schools that differ in their settings."""
        cast = Cast.load()
        for n in range(4):
            make.make_student(cast.college, f"同学{n}")
            make.make_student(cast.other_college, f"邻院{n}")
        make.make_user(Role.SCHOOL, "officer3", name="孙老师", school_id=cast.school.id)
        make.make_user(
            Role.COLLEGE,
            "college3",
            name="吴老师",
            school_id=cast.other_school.id,
            college_id=cast.far_college.id,
        )
        set_setting(cast.school.id, "signing_review", Review.BOTH, None)
        set_setting(cast.school.id, "termination_review", Review.BOTH, None)
        set_setting(cast.school.id, "offline_review", Review.BOTH, None)
        set_setting(cast.school.id, "forced_online", True, None)
        set_setting(cast.school.id, "deputy_days", 2, None)
        make.make_employer(cast.school, "远山实业有限公司")
        make.make_employer(cast.school, "性质不详的单位", kind=None)
        make.make_employer(cast.school, "新来的公司", state="awaiting")

    # -- one step ------------------------------------------------------------------------------

    def step(self) -> None:
        """Do one thing at random; raise Violation if the world is wrong afterwards."""
        self.steps += 1
        last = 0 < len(self.goals - set(self.reached)) < LAST
        act = self.dice.choices(
            [
                self._aimed,
                self._barred,
                self._known,
                self._wild,
                self._birth,
                self._time,
                self._office,
            ],
            [300 if last else 35, 10, 20, 10, 16, 6, 3],
        )[0]
        act()
        db.session.expunge_all()

    def _aimed(self) -> None:
        """Try for what was seldom reached: a step done, refused or careless, or one not one's own."""
        goals = sorted(
            self.goals,
            key=lambda goal: (self.reached[goal] + self.missed[goal] / 12, self.dice.random()),
        )
        unreached = [goal for goal in goals if not self.reached[goal]]
        rare = unreached and self.dice.random() < (0.9 if len(unreached) < LAST else 0.5)
        goal = self.dice.choice(unreached if rare else goals[:12])
        if not self._go_for(*goal):
            self.missed[goal] += 1
            if rare and self._led_towards(*goal):
                return
            births = [self._newcomer] if rare and len(unreached) < LAST else [self._birth]
            self.dice.choice([self._known, self._known, *births])()

    def _led_towards(self, kind: str, name: str, outcome: str) -> bool:
        """Bring a record where the step begins, often after the office has moved, and try for the goal again."""
        if self.dice.random() < 0.3:
            self._office()
        flow, states, ways = stores().workflows[kind], set(), []
        wanted = set(flow.step(name).sources)
        while new := wanted - states:  # from the last step back to those that begin a record
            states |= new
            steps = [s for s in flow.steps if not s.inner and new & {*s.targets, s.to}]
            ways += [s.name for s in steps if (kind, s.name, "done") in self.goals]
            wanted = {state for step in steps for state in step.sources}
        for way in dict.fromkeys(ways):
            before = self.reached[kind, way, "done"]
            if (
                way != name
                and self._go_for(kind, way, "done")
                and self.reached[kind, way, "done"] > before
            ):
                return self._go_for(kind, name, outcome) or True
        return False

    def _barred(self) -> None:
        """Try what one guard alone should stop, by turns each: without it the step would be done."""
        if self.dice.random() < 0.1:
            self._shut(self.dice.choice([True, False]))
        elif self.dice.random() < 0.2:
            self._restrict()
        flow = self.dice.choices(WALKED, [20, 35, 30, 10, 3, 6])[0]
        steps = [checks.MEANT[flow.kind, step.name] for step in flow.steps if not step.inner]
        states = sorted({state for step in steps for state in step.sources})
        found, now = [], clock.now()
        for record in self._in_state(flow.model, states, 10):
            someone = cache(partial(self._in_role, record))
            objects = cache(lambda guard, who, record=record: bool(guard(record, who, now)))
            for step in steps:
                if record.state not in step.sources:
                    continue
                who = someone(self.dice.choice(step.roles))
                guards = (*checks.ALWAYS[flow.kind], *step.when)
                stops = [guard.__name__ for guard in guards if objects(guard, who)]
                if len(stops) == 1 and step.applies(record, who):
                    found.append((flow.kind, step.name, stops[0], record, who))
        if found:
            *stopped, record, who = min(
                found, key=lambda f: (self.barred[f[:3]], self.dice.random())
            )
            self.barred[tuple(stopped)] += 1
            self._perform(flow, stopped[1], record, who, careless=False)

    def _shut(self, shut: bool) -> None:
        """The signing days of a school are over, or it has none."""
        cast, today = Cast.load(), clock.today()
        over = Window(today - timedelta(days=9), today - timedelta(days=1))
        school = self.dice.choice([cast.school, cast.other_school])
        set_window(school.id, 2027, over if shut else None, None)
        db.session.commit()

    def _go_for(self, kind: str, name: str, outcome: str) -> bool:
        """Try for one goal; False where there was nobody or nothing to try it with."""
        flow = stores().workflows[kind]
        step = flow.step(name)
        if name in BIRTHS:
            getattr(self, f"_{name}")(careless=outcome == "invalid")
            return self.reached[kind, name, outcome] > 0
        if outcome == "not yours":
            record = self._of(flow.model)
            if record is not None:
                self._perform(flow, name, record, self._anybody(), careless=False)
            return record is not None
        for record in self._in_state(flow.model, step.sources):
            who = self._in_role(record, self.dice.choice(step.roles))
            self._prepare(record)
            if who is SYSTEM:
                make.pass_time(seconds=self.dice.choice([0, 4 * 86_400]))
                self._perform(flow, name, record, who, careless=False)
                return self.reached[kind, name, outcome] > 0
            offer = flow.offer(name, record, who, clock.now())
            if offer is not None and not offer.possible and outcome != "refused":
                make.pass_time(seconds=self.dice.choice([0, 3700, 4 * 86_400, 17 * 86_400]))
                offer = flow.offer(name, record, who, clock.now())
            if offer is not None and offer.possible == (outcome != "refused"):
                self._perform(flow, name, record, who, careless=outcome == "invalid")
                return True
        if outcome == "refused" and (record := self._of(flow.model)) is not None:
            who = self._in_role(record, self.dice.choice(step.roles))
            self._perform(flow, name, record, who, careless=False)
            return True
        return False

    def _in_state(self, model, states, most: int = 6) -> list:
        """Some records in one of these states, the newest more often."""
        wanted = select(model).where(model.state.in_(states)).order_by(model.id.desc()).limit(40)
        found = db.session.scalars(wanted).all()
        return self.dice.sample(found, min(most, len(found)))

    def _known(self) -> None:
        """A step that the record's page offers to one of the people concerned, greyed ones too."""
        flow, record = self._record()
        if record is None:
            return
        who = self._someone(record)
        self._prepare(record)
        now = clock.now()
        offers = flow.offers(record, who, now)
        if not offers:
            return
        open_ones = [o for o in offers if o.possible] or offers
        seldom = min(open_ones, key=lambda o: self.reached[flow.kind, o.step.name, "done"])
        offer = seldom if self.dice.random() < 0.6 else self.dice.choice(offers)
        outcome = self._perform(flow, offer.step.name, record, who)
        expected = "done" if offer.possible else "refused"
        if outcome not in (expected, "invalid"):
            raise Violation(
                f"the page said {expected} ({offer.why_not}), it was {outcome}: {self.last}"
            )

    def _wild(self) -> None:
        """Any step by anybody on any record."""
        flow, record = self._record()
        if record is not None:
            name = self.dice.choice([s.name for s in flow.steps])
            self._perform(flow, name, record, self._anybody())

    def _perform(self, flow, name: str, record, who: Actor, careless: bool | None = None) -> str:
        step = flow.step(name)
        if careless is None:
            careless = self.dice.random() < 0.1
        omitted = (
            self.dice.choice(_asked(checks.MEANT[flow.kind, name], who) or [""]) if careless else ""
        )
        if omitted == "factor":
            who = replace(who, factor="")
        data = {"agreed": omitted != "agreed"}
        if name in ("amend", "propose_terms"):
            data["terms"] = Terms(**make.offer(regular_pay=self.dice.randint(3000, 9000)))
        if name == "extend":
            data["days"] = self.dice.randint(1, 31)
        if name.startswith("complete_facts"):
            data["values"] = {"employer_kind": "39"}
        if name == "resubmit":
            data["values"] = {}
        reason = "" if omitted == "reason" or step.reason == "none" else REASON
        key, before = record.id, checks.before(record)
        outcome = self._judged(
            flow, name, who, lambda: flow.perform(name, key, who, reason=reason, **data), before
        )
        if outcome == "done" and step.undoable and self.dice.random() < 0.2:
            self._perform(flow, "undo", db.session.get_one(flow.model, key), who, careless=False)
        return outcome

    def _judged(self, flow, name: str, who: Actor, act, before=None) -> str:
        self.last = f"{self.steps}: {flow.kind}.{name} by {who.role} {who.user_id}"
        outcome = "done"
        try:
            act()
        except NotYours as error:
            outcome = "not yours"
            self.last += f" ({error})"
        except Invalid:
            outcome = "invalid"
        except Refused as refusal:
            outcome = "refused"
            self.last += f" ({refusal})"
            if isinstance(refusal.__cause__, IntegrityError):
                raise Violation(f"only the database stopped {self.last}") from refusal
        except Exception as error:
            raise Violation(f"{self.last} broke: {type(error).__name__}: {error}") from error
        self.reached[flow.kind, name, outcome] += 1
        db.session.expunge_all()
        checks.after(self, flow, name, who, outcome, before)
        return outcome

    # -- births --------------------------------------------------------------------------------

    def _birth(self) -> None:
        births = ["sign"] * 10 + ["send"] * 3 + ["request"] * 6 + ["enter"] * 9
        births += ["apply_with_proof"] * 3 + ["force", "report", "restrict"]
        getattr(self, f"_{self.dice.choice(births)}")()

    def _newcomer(self) -> None:
        """Signing is open, and somebody comes who has signed nothing yet."""
        college = self._one(College)
        set_window(college.school_id, 2027, None, None)
        student = make.make_student(college)
        db.session.commit()
        self.dice.choice([self._sign, self._enter])(student)

    def _sign(self, student: Student | None = None) -> None:
        """The way that most records go: invited, accepted, often reviewed."""
        firm = self._one(Employer, Employer.profile_at.is_not(None))
        student = student or self._student()
        firm_id, student_id = firm.id, student.id
        if placement_of(student_id) is None:
            self._send(firm=firm, student=student)
            make.pass_time(seconds=self.dice.choice([0, 7300, 7300, 7300]))
            letter = open_invitation(firm_id, student_id)
            if letter is not None:
                who = self._in_role(letter, Role.STUDENT)
                self._perform(INVITATIONS, "accept", letter, who, careless=False)
        placement = placement_of(student_id)
        if placement is not None and self.dice.random() < 0.2:
            who = self._in_role(placement, Role.EMPLOYER)
            self._perform(PLACEMENTS, "propose_terms", placement, who, careless=False)
            return
        for name in ("attest_college", "attest"):
            placement = placement_of(student_id)
            if placement is None or self.dice.random() < 0.2:
                return
            for role in (Role.COLLEGE, Role.SCHOOL):
                who = self._in_role(placement, role)
                offer = PLACEMENTS.offer(name, placement, who, clock.now())
                if offer is not None and offer.possible:
                    self._perform(PLACEMENTS, name, placement, who, careless=False)
                    break

    def _enter(self, student: Student | None = None) -> None:
        """A student enters a paper signing or a destination, which is often reviewed at once."""
        student = student or self._one(Student)
        key, who = student.id, self._in_role(student, Role.STUDENT)
        begin = self.dice.choice([make.paper, make.paper, make.destination, self._unsettled])
        name = "generate" if begin is make.paper else "submit"
        self._judged(PLACEMENTS, name, who, lambda: begin(student))
        for name in ("approve_form_college", "approve_form", "hand_in", "attest_college", "attest"):
            placement = db.session.scalars(
                select(Placement).where(Placement.student_id == key).order_by(Placement.id.desc())
            ).first()
            if placement is None or self.dice.random() < 0.2:
                return
            self._prepare(placement)
            [*roles] = PLACEMENTS.step(name).roles
            who = self._in_role(placement, roles[0])
            offer = PLACEMENTS.offer(name, placement, who, clock.now())
            if offer is not None and offer.possible:
                self._perform(PLACEMENTS, name, placement, who, careless=False)

    @staticmethod
    def _unsettled(student) -> Placement:
        return make.destination(student, settles=False)

    def _apply_with_proof(self, careless: bool = False) -> None:
        wanted = select(Placement).where(Placement.kind != "online", Placement.state == "in_force")
        found = db.session.scalars(wanted.limit(20)).all()
        placement = self.dice.choice(found) if found else self._likely(Placement, ["in_force"])
        if placement is not None:
            who = self._in_role(placement, Role.STUDENT)
            who = who if self.dice.random() < 0.8 else self._anybody()
            proofs, key = [] if careless else [make.uploaded()], placement.id
            self._judged(
                TERMINATIONS,
                "apply_with_proof",
                who,
                lambda: apply_with_proof(key, who, REASON, proofs),
            )

    def _student(self) -> Student:
        """Somebody; often one whose chance of a termination is used up."""
        ended = select(Termination.student_id).where(Termination.state == "approved")
        used = db.session.scalars(ended.order_by(Termination.id.desc()).limit(5)).all()
        return (
            db.session.get(Student, self.dice.choice(used))
            if used and self.dice.random() < 0.4
            else self._one(Student)
        )

    def _send(self, careless: bool = False, firm=None, student=None) -> None:
        firm, student = firm or self._one(Employer), student or self._one(Student)
        who = self._in_role(firm, Role.EMPLOYER)
        who = replace(who, factor="") if careless else who
        days = self.dice.choice([1, 5, 30])

        def act() -> None:
            found = (
                make.make_candidate(firm, student)
                if not self._listed(firm, student)
                else self._listed(firm, student)
            )
            sent = send_letter([found], make.offer(reply_days=days), who, uuid4().hex)
            if sent.refused:
                raise Refused(sent.refused[0][1])

        self._judged(INVITATIONS, "send", who, act)

    def _listed(self, firm, student):
        from app.signing.invitations.models import Candidate

        return db.session.scalars(
            select(Candidate).where(
                Candidate.employer_id == firm.id, Candidate.student_id == student.id
            )
        ).first()

    def _request(self, careless: bool = False) -> None:
        placement = self._likely(Placement, ["in_force"])
        if placement is not None:
            role = self.dice.choice([Role.STUDENT, Role.EMPLOYER])
            who = self._in_role(placement, role) if self.dice.random() < 0.9 else self._anybody()
            reason, key = "" if careless else REASON, placement.id
            self._judged(
                TERMINATIONS, "request", who, lambda: request(key, who, reason, agreed=not careless)
            )

    def _force(self, careless: bool = False) -> None:
        placement = self._likely(Placement, ["in_force"])
        if placement is not None:
            who = self._in_role(placement, Role.SCHOOL)
            who = who if self.dice.random() < 0.8 else self._anybody()
            reason, key = "" if careless else REASON, placement.id
            self._judged(TERMINATIONS, "force", who, lambda: force(key, who, reason))

    def _report(self, careless: bool = False) -> None:
        flow = self.dice.choice([PLACEMENTS, INVITATIONS])
        about = self._likely(flow.model, ["open", "awaiting_school", "in_force"])
        if about is not None and (careless or self.dice.random() < 0.6):
            who = self._in_role(about, Role.STUDENT)
            who = who if self.dice.random() < 0.8 else self._anybody()
            reason, key = "" if careless else REASON, {f"{flow.kind}_id": about.id}
            self._judged(OBJECTIONS, "report", who, lambda: report_untrue(who, reason, **key))

    def _restrict(self, careless: bool = False) -> None:
        invited = db.session.scalars(
            select(Invitation.student_id).where(Invitation.state == "open").limit(20)
        ).all()
        aimed = bool(invited) and self.dice.random() < 0.6
        student = (
            db.session.get(Student, self.dice.choice(invited)) if aimed else self._one(Student)
        )
        who = self._in_role(student, Role.SCHOOL) if self.dice.random() < 0.8 else self._anybody()
        since = clock.today() + timedelta(days=self.dice.choice([-1, 0, 1]))
        until = since + timedelta(days=self.dice.choice([0, 3, -1]))
        reason, kind = (
            "" if careless else REASON,
            self.dice.choice(["all", "online", "offline", "destination"]),
        )
        self._judged(
            RESTRICTIONS,
            "restrict",
            who,
            lambda: restrict(student, who, reason, since=since, until=until, kind=kind),
        )

    def _likely(self, model, states):
        """Mostly a record in one of these states, else any."""
        found = self._in_state(model, states, 1) if self.dice.random() < 0.85 else []
        return found[0] if found else self._of(model)

    # -- time and settings ---------------------------------------------------------------------

    def _time(self) -> None:
        make.pass_time(seconds=self.dice.choices(list(LEAPS), list(LEAPS.values()))[0])
        self.reached["clock", "moved", "done"] += 1

    def _office(self) -> None:
        """Settings change, chances are granted, bars are lifted."""
        cast = Cast.load()
        school = self.dice.choice([cast.school, cast.other_school])
        what = self.dice.randrange(10)
        if what == 0:
            set_setting(school.id, "signing_review", self.dice.choice(REVIEWS), None)
            set_setting(school.id, "termination_review", self.dice.choice(REVIEWS), None)
            set_setting(school.id, "offline_review", self.dice.choice(REVIEWS), None)
            set_setting(school.id, "destination_review", self.dice.choice(REVIEWS), None)
        elif what == 1:
            set_setting(school.id, "cooling_off_hours", self.dice.choice([0, 1, 2]), None)
            set_setting(school.id, "forced_by_two", self.dice.random() < 0.5, None)
        elif what == 2:
            set_setting(school.id, "forced_online", self.dice.random() < 0.8, None)
        elif what == 4 and db.session.scalar(select(db.func.count(Employer.id))) < 12:
            make.make_employer(school, state="awaiting")
        elif what == 3:
            today = clock.today()
            found = self.dice.choice(
                [None] * 5
                + [
                    Window(today, today + timedelta(days=30)),
                    *[Window(today - timedelta(days=9), today - timedelta(days=1))] * 2,
                ]
            )
            set_window(school.id, 2027, found, None)
        elif what == 9:
            self._correct(actor_of(cast.officer if school is cast.school else cast.other_officer))
        elif what > 6:
            self._plan(actor_of(cast.officer if school is cast.school else cast.other_officer))
        else:
            who = actor_of(cast.officer if school is cast.school else cast.other_officer)
            student = self._one(Student, Student.school_id == school.id)
            grant_chance(student.id, who, REASON)
        db.session.commit()

    def _correct(self, who: Actor) -> None:
        """A student's major was wrong, and often the college with it."""
        student = self._one(Student, Student.school_id == who.school_id)
        majors = db.session.scalars(select(Major.id).where(Major.school_id == who.school_id)).all()
        key = student.id
        correct(student, {"major_id": self.dice.choice(majors)}, who)
        self._whole("student", "corrected", f"{self.steps}: the major of student {key}")

    def _plan(self, who: Actor) -> None:
        """Staff write, clear, check, report or open plan rows, and decide on what waits."""
        student = self._one(Student, Student.school_id == who.school_id)
        sync([student.id], clock.now())
        row = db.session.scalars(select(PlanEntry).where(PlanEntry.student_id == student.id)).one()
        waiting = db.session.scalars(
            select(ChangeRequest).where(
                ChangeRequest.state == "open", ChangeRequest.school_id == who.school_id
            )
        ).first()
        key, typed = row.id, {"destination_code": "76", "postcode": "430079"}
        acts = [
            lambda: edit(key, who, typed),
            lambda: edit(key, who, dict.fromkeys(typed)),
            lambda: PLAN.perform("check", key, who) and PLAN.perform("report", key, who),
        ]
        if row.state == "reported":
            acts = [lambda: PLAN.perform("reopen", key, who, reason=REASON)]
        if waiting is not None:
            change = waiting.id
            acts = [
                lambda: CHANGES.perform("apply", change, who),
                lambda: CHANGES.perform("apply", change, who, take={"postcode"}),
                lambda: CHANGES.perform("drop", change, who, reason=REASON),
            ]
        with suppress(Refused, Invalid):
            self.dice.choice(acts)()
        self._whole("plan", "moved", f"{self.steps}: the plan of student {student.id}")

    def _whole(self, kind: str, name: str, what: str) -> None:
        """What was done beside the tables of steps; raise Violation if the world is wrong."""
        self.reached[kind, name, "done"] += 1
        self.last = what
        broken = db.session.scalars(checks.EVERYTHING).all()
        if broken:
            raise Violation(f"{'; '.join(broken)} after {self.last}")

    # -- choosing ------------------------------------------------------------------------------

    def _record(self):
        flow = self.dice.choices(WALKED, [20, 35, 30, 10, 3, 6])[0]
        return flow, self._of(flow.model)

    def _of(self, model):
        """A record of that kind, newer ones more often: they are the ones that still live."""
        newest = db.session.scalar(select(db.func.max(model.id))) or 0
        if not newest:
            return None
        back = (
            int(min(self.dice.expovariate(1 / 12), newest))
            if self.dice.random() < 0.9
            else self.dice.randrange(newest)
        )
        return db.session.get(model, max(1, newest - back))

    def _one(self, model, *where):
        ids = db.session.scalars(select(model.id).where(*where).order_by(model.id)).all()
        return db.session.get_one(model, self.dice.choice(ids))

    def _someone(self, record) -> Actor:
        """Somebody concerned: one of the parties, the record's reviewers, or the clock."""
        roles = [Role.STUDENT, Role.EMPLOYER, Role.COLLEGE, Role.SCHOOL, Role.SCHOOL, Role.SYSTEM]
        return self._in_role(record, self.dice.choice(roles))

    def _in_role(self, record, role: Role) -> Actor:
        """The record's own party or reviewer in that role; the clock where there is none."""
        if role is Role.STUDENT:
            own = record.id if isinstance(record, Student) else getattr(record, "student_id", 0)
            mine = AppUser.student_id == own
        elif role is Role.EMPLOYER:
            own = record.id if isinstance(record, Employer) else getattr(record, "employer_id", 0)
            mine = AppUser.employer_id == own
        elif role is Role.COLLEGE:
            mine = AppUser.college_id == getattr(record, "college_id", 0)
        else:
            mine = AppUser.school_id == record.school_id
        wanted = select(AppUser).where(AppUser.role == role, mine).order_by(AppUser.id)
        users = db.session.scalars(wanted).all() if role is not Role.SYSTEM else []
        if not users:
            return SYSTEM
        return actor_of(self.dice.choice(users), factor="sms" if role in PARTIES else "")

    def _anybody(self) -> Actor:
        user = self._one(AppUser)
        return actor_of(user, factor="sms" if user.role in PARTIES else "")

    def _prepare(self, record) -> None:
        """Sometimes somebody has added evidence to a mediation, or the stamped agreement."""
        scanned = isinstance(record, Placement) and record.state == "awaiting_scan"
        if (scanned or isinstance(record, Termination)) and self.dice.random() < 0.5:
            make.attach(record)
