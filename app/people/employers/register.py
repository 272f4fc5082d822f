"""The register of employers as staff keep it: entering, correcting (ADM-06, OFF-07)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.identifiers import email_taken
from app.accounts.queries import users_of
from app.core import checks, clock
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.people.employers.account import SAME_EMAIL
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.schools.models import School
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

IN_REGISTER = _l("An employer of this credit code is on record already: %(name)s.")
ODD_CODE = _l(
    "The last character of this credit code does not fit. Compare it with the licence; if it stands "
    "there so, say that you have compared it."
)
BAD_CODE = _l("A credit code has 18 letters and digits.")
_CODE = re.compile(r"[0-9A-Z]{18}")
OPEN = ("contact_name", "email")  # kept as an empty text where nothing is known


def code_problem(code: str, *, compared: bool) -> str | None:
    """What is wrong with a credit code as staff bring it: a check mark that does not fit only warns."""
    if not _CODE.fullmatch(code):
        return str(BAD_CODE)
    if not checks.is_credit_code(code) and not compared:
        return str(ODD_CODE)
    return None


def employer_by_code(code: str) -> Employer | None:
    """Whoever is on record by this credit code, in whatever state."""
    return db.session.scalars(select(Employer).where(Employer.credit_code == code)).first()


def list_employer(
    values: Mapping[str, object], actor: Actor, *, compared: bool = False
) -> Employer:
    """Put an employer on the register of all schools, and commit. Raises Invalid, NotYours."""
    return committed(lambda: listed(values, actor, compared=compared))


def listed(values: Mapping[str, Any], actor: Actor, *, compared: bool = False) -> Employer:
    """As `list_employer`, inside the caller's transaction."""
    if actor.role is not Role.SCHOOL or actor.school_id is None:
        raise NotYours("employer")
    known = {name: value for name, value in values.items() if name != "contact_phone"}
    _check(known, compared=compared, but=None)
    employer = Employer(uid=uuid4().hex, school_id=actor.school_id, created_at=clock.now())
    for name, value in known.items():
        setattr(employer, name, value or ("" if name in OPEN else None))
    for name in OPEN:
        setattr(employer, name, getattr(employer, name) or "")
    employer.contact_phone = values.get("contact_phone") or None
    with db.session.no_autoflush:
        employer.school = db.session.get_one(School, actor.school_id)
    return EMPLOYERS.start("list", employer, actor)


def correct_employer(
    employer: Employer, values: Mapping[str, object], actor: Actor, *, compared: bool = False
) -> Employer:
    """Write the facts that differ, and commit; an empty telephone stays. Raises Invalid, Refused."""
    same = values["credit_code"] == employer.credit_code
    _check(values, compared=compared or same, but=employer)
    known = {n: v or ("" if n in OPEN else None) for n, v in values.items()}
    if not known.get("contact_phone"):
        known.pop("contact_phone", None)
    return EMPLOYERS.perform("correct_employer", employer.id, actor, values=known)


def _check(values: Mapping[str, Any], *, compared: bool, but: Employer | None) -> None:
    problems = []
    sentence = code_problem(values["credit_code"], compared=compared)
    if sentence:
        problems.append(("credit_code", sentence))
    with db.session.no_autoflush:
        other = employer_by_code(values["credit_code"])
    if other is not None and (but is None or other.id != but.id):
        problems.append(("credit_code", str(IN_REGISTER) % {"name": other.name}))
    email, users = values.get("email"), users_of(employer_id=but.id) if but is not None else []
    if email and but is not None and email != but.email and users:
        if email_taken(email, but=users[0].id):
            problems.append(("email", str(SAME_EMAIL)))
        else:
            problems.append(("email", _("The employer changes its own e-mail itself.")))
    if problems:
        raise Invalid(problems)
