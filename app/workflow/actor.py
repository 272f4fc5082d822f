"""Who acts: a person in a role, with the ids that bound the rows the person may see (ACC-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import FactorNeeded


class Role(StrEnum):
    """The roles of the specification's §1; SYSTEM is the clock, never a person."""

    STUDENT = "student"
    EMPLOYER = "employer"
    COLLEGE = "college"
    SCHOOL = "school"
    PROVINCE = "province"
    DATA = "data"
    ADMIN = "admin"
    SECURITY = "security"
    AUDIT = "audit"
    SYSTEM = "system"


# three, none of whom can become the school: accounts and codes; their second pair of eyes; the logs
ADMINISTRATORS = frozenset({Role.ADMIN, Role.SECURITY, Role.AUDIT})
STAFF = frozenset({Role.COLLEGE, Role.SCHOOL, Role.PROVINCE, Role.DATA}) | ADMINISTRATORS
PARTIES = frozenset({Role.STUDENT, Role.EMPLOYER})


@dataclass(frozen=True)
class Actor:
    """The person asking, or the clock. `factor` names the second factor used for this one act.

    `steps_up`: the person has a second factor (or must have one), so acts of CHN-09 ask for it anew;
    `factor_at` and `stepped_up` say when and by what this session proved it last.
    """

    role: Role
    user_id: int | None = None
    name: str = ""
    school_id: int | None = None
    college_id: int | None = None
    employer_id: int | None = None
    student_id: int | None = None
    address: str = ""
    device: str = ""
    device_id: str = ""
    factor: str = ""
    steps_up: bool = False
    factor_at: datetime | None = None
    stepped_up: str = ""


ANEW = timedelta(minutes=5)  # how old a second factor may be for the acts of CHN-09


def ask_anew(actor: Actor, now: datetime, act: object = "") -> None:
    """Raise FactorNeeded unless the person has no second factor, or proved it in the last 5 minutes.

    A workflow's step says `step_up=True` instead; this is for acts that are no step.
    """
    if actor.steps_up and (actor.factor_at is None or now - actor.factor_at > ANEW):
        raise FactorNeeded(str(act))


SYSTEM = Actor(Role.SYSTEM, name="system")
