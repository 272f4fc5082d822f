"""What an account of staff may be: name, mail, role and scope (ADM-01)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.accounts import identifiers
from app.accounts.models import AppUser
from app.core.errors import Refused
from app.core.registry import stores
from app.core.text import clean_line
from app.workflow.actor import Role

# whether a role has a school: always, never, or as it may be
SCOPED = {
    Role.SCHOOL: True,
    Role.COLLEGE: True,
    Role.DATA: None,
    Role.PROVINCE: False,
    Role.ADMIN: False,
    Role.SECURITY: False,
    Role.AUDIT: False,
}
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


def is_username(text: str) -> bool:
    """Whether a member of staff can sign in by that name."""
    return _USERNAME.fullmatch(text) is not None


def refuse_party(user: AppUser) -> None:
    """Raise Refused for an account of a student or an employer."""
    if not user.is_staff:
        raise Refused(_("Accounts of students and employers are kept with their records."))


def staff_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the scope only what the role has."""
    role = Role(values["role"])
    school = values.get("school_id") or None if SCOPED[role] is not False else None
    college = values.get("college_id") or None if role is Role.COLLEGE else None
    return {
        "name": clean_line(values["name"]),
        "email": values["email"].lower(),
        "role": role.value,
        "school_id": school,
        "college_id": college,
    }


def checked(values: Mapping[str, Any], *, but: int | None) -> list[tuple[str, str]]:
    """What is wrong: a school's and a college's people have one; the address is no other account's."""
    problems = _scope_problems(values)
    if identifiers.email_taken(values["email"], but=but):
        problems.append(("email", _("Another account uses this e-mail address.")))
    return problems


def _scope_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    role = values.get("role")
    if role not in SCOPED:
        return [("role", _("Please choose"))]
    school, college = values.get("school_id"), values.get("college_id")
    if SCOPED[Role(role)] and not school:
        return [("school_id", _("Please choose"))]
    if role == Role.COLLEGE and (school, college) not in set(colleges_known()):
        return [("college_id", _("Please choose a college of this school."))]
    return []


def colleges_known() -> list[tuple[int, int]]:
    """School and id of every college: the packages above know them."""
    return [(school, key) for school, key, _name in stores().all_colleges()]
