"""Who acts: a person in a role, with the ids that bound the rows the person may see (ACC-02)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the specification's §1; SYSTEM is the clock, never a person."""

    STUDENT = "student"
    EMPLOYER = "employer"
    COLLEGE = "college"
    SCHOOL = "school"
    PROVINCE = "province"
    DATA = "data"
    ADMIN = "admin"
    SYSTEM = "system"


STAFF = frozenset({Role.COLLEGE, Role.SCHOOL, Role.PROVINCE, Role.DATA, Role.ADMIN})
PARTIES = frozenset({Role.STUDENT, Role.EMPLOYER})


@dataclass(frozen=True)
class Actor:
    """The person asking, or the clock. `factor` names the second factor used for this one act."""

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


SYSTEM = Actor(Role.SYSTEM, name="system")
