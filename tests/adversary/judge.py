"""What must hold after every step of the walk, whoever took it (ACC-10, ACC-15, NTF-05, S-01…S-04, S-12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text

from app.accounts.models import AppUser
from app.core.db import db
from app.core.registry import stores
from app.people.names.models import Merged
from app.people.staff.models import StaffRequest
from app.people.students.models import Student
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import STAFF, Role
from app.workflow.models import Trail
from tests.adversary.world import THIEVES, World

RECORDS_OF_STAFF = (
    "student",
    "employer",
    "account",
)  # kinds whose rows are no acts between parties
# what a student proves by a code, as the tables say before a hole is planted: nobody waives it (ACC-10)
PROVED = {
    (flow.kind, step.name)
    for flow in (INVITATIONS, PLACEMENTS, TERMINATIONS)
    for step in flow.steps
    if Role.STUDENT in step.fresh
}
BY_TWO = ("open", "change", "forget_password", "reset_factor", "activate")  # of staff accounts
NO_ACTS = {("objection", "report")}  # whoever holds a phone may freeze: it ends nothing

WAYS = text(
    """
SELECT u.id, u.username, u.role, u.school_id, u.student_id, u.employer_id,
  md5(coalesce(u.password, '')) AS password, u.email AS mail,
  coalesce(encode(s.phone_index, 'hex'), '') AS phone, s.verified_at IS NOT NULL AS verified,
  coalesce(s.email, e.email, '') AS record_mail,
  coalesce(e.contact_phone_masked, '') AS telephone,
  (SELECT string_agg(i.kind || ':' || encode(i.digest, 'hex'), ',' ORDER BY i.kind) FROM identifier i
    WHERE i.user_id = u.id AND i.kind IN ('phone', 'email')) AS opens_by
FROM ab_user u LEFT JOIN student s ON s.id = u.student_id LEFT JOIN employer e ON e.id = u.employer_id
"""
)
TOLD = ("password", "mail", "phone", "record_mail", "telephone", "opens_by")


class Violation(AssertionError):
    """Somebody acted for another, or nobody was told."""


class Judge:
    """Looks at what a step wrote."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.last_trail = db.session.scalar(select(func.max(Trail.id))) or 0
        self.ways = self._ways()
        self.acts = 0

    def _ways(self) -> dict[int, dict[str, Any]]:
        return {row.id: dict(row._mapping) for row in db.session.execute(WAYS)}

    def look(self) -> None:
        """Judge what the hand whose turn it is has just done. Raises Violation."""
        db.session.rollback()
        rows = db.session.scalars(
            select(Trail).where(Trail.id > self.last_trail).order_by(Trail.id)
        ).all()
        self.world.deliver()
        came, self.world.told = self.world.told, set()
        self._merged()
        for row in rows:
            self.last_trail = row.id
            self._act(row, came)
            self._alone(row)
        self._changed_ways(came)
        self._sessions()

    # -- no party's act is proved by what its person does not own --------------------------------

    def _act(self, row: Trail, came: set[str]) -> None:
        if row.actor_role not in (Role.STUDENT, Role.EMPLOYER) or row.kind in RECORDS_OF_STAFF:
            return
        person = self._person_of(row)
        if person in (None, THIEVES) or (row.kind, row.step) in NO_ACTS:
            return
        self.acts += 1
        if person != self.world.turn:
            raise Violation(f"{self.world.turn} took {row.kind}.{row.step} of {person}")
        if row.actor_role == Role.STUDENT and (row.kind, row.step) in PROVED and not row.factor:
            raise Violation(f"{person} took {row.kind}.{row.step} without a proof")
        step = next(s for s in stores().workflows[row.kind].steps if s.name == row.step)
        if Role(row.actor_role) in step.fresh and person not in came:
            raise Violation(f"{person} was not told of {row.kind}.{row.step}")

    def _alone(self, row: Trail) -> None:
        """No administrator changes a staff account without the other (ADM-01, S-04)."""
        asked = db.session.get(StaffRequest, row.record_id) if row.kind == "staff_request" else None
        if asked is not None and row.step == "confirm" and row.actor_id == asked.asked_by:
            raise Violation(f"{row.actor_name} confirmed what he had asked for {asked.username}")
        alone = row.kind == "account" and row.step in BY_TWO and row.actor_role == Role.ADMIN
        if alone and db.session.get_one(AppUser, row.record_id).role in STAFF:
            raise Violation(f"{row.actor_name} took account.{row.step} alone")

    def _person_of(self, row: Trail) -> str | None:
        """Whose act the record's row would be: by the record, not by the account that took it."""
        record = db.session.get(stores().workflows[row.kind].model, row.record_id)
        if record is None:
            return None
        if row.actor_role == Role.STUDENT:
            return self.world.person_of_student.get(
                getattr(record, "student_id", None) or 0, THIEVES
            )
        return self.world.person_of_employer.get(getattr(record, "employer_id", None) or 0, THIEVES)

    def _merged(self) -> None:
        """Whose record was merged into another is whose that other is now."""
        people = self.world.person_of_student
        there = set(db.session.scalars(select(Student.id)))
        for gone in set(people) - there:
            whose = people.pop(gone)
            into = db.session.scalar(
                select(Merged.into_id).where(Merged.kind == "student", Merged.gone_id == gone)
            )
            if whose != THIEVES and into is not None:
                people[into] = whose

    # -- no way in changes without a word to its person ------------------------------------------

    def _changed_ways(self, came: set[str]) -> None:
        now = self._ways()
        for key, ways in now.items():
            person = self.world.person_of_account.get(key)
            old = self.ways.get(key)
            self._stranger(key, ways)
            if person in (None, THIEVES) or old is None:
                continue
            changed = [name for name in TOLD if ways[name] != old[name]]
            if changed and person not in came:
                raise Violation(
                    f"{self.world.turn} changed {', '.join(changed)} of {person}, untold"
                )
        self.ways = now

    def _stranger(self, key: int, ways: dict[str, Any]) -> None:
        """No account of another becomes one of this person's record (S-01, S-02)."""
        world = self.world
        whose = world.person_of_student.get(ways["student_id"]) or world.person_of_employer.get(
            ways["employer_id"]
        )
        mine = world.person_of_account.get(key, THIEVES)
        if whose not in (None, THIEVES, mine):
            raise Violation(f"an account of {mine} belongs to the record of {whose} now")

    # -- no administrator becomes the school -----------------------------------------------------

    def _sessions(self) -> None:
        for browser in self.world.thieves.browsers:
            key = browser.user_id()
            user = db.session.get(AppUser, key) if key else None
            if user is None or self.world.person_of_account.get(user.id) == THIEVES:
                continue
            if Role(user.role or "") in STAFF and alive(browser):
                raise Violation(f"thieves sit in the staff account {user.username}")


def alive(browser: Any) -> bool:
    """Whether the session does anything but ask for a further proof."""
    return browser.client.get("/notices/").status_code == 200
