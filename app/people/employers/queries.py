"""Which employers a person sees, and how they are found."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import joinedload

from app.accounts import beside
from app.accounts.models import AppUser
from app.accounts.queries import users_of
from app.core.db import db
from app.core.named import initials, initials_have, title_has
from app.core.names import clean_title
from app.core.text import clean_code
from app.people.employers.models import Employer, EmployerState
from app.people.names.models import FormerName
from app.people.names.queries import MOST, called, merged
from app.people.reveals.workflow import PHONE, Subject
from app.people.schools.queries import EVERYWHERE
from app.workflow.actor import Actor, Role


def employer_called(text: str) -> ColumnElement[bool]:
    """The employers whose present or former name has the text."""
    found, letters = called(Employer, FormerName.employer_id, text, clean_title), initials(text)
    return or_(found, initials_have(Employer.name_order, letters)) if letters else found


def renamed_employers(text: str) -> Sequence[int]:
    """The employers that had another name and whose present or former name has the text.

    What was signed under another name is found by them; what was signed under this one, by itself.
    """
    wanted = (
        select(Employer.id)
        .join(FormerName, FormerName.employer_id == Employer.id)
        .where(or_(title_has(Employer.name, text), title_has(FormerName.name, text)))
    )
    return db.session.scalars(wanted.distinct().limit(MOST)).all()


SHARED = (EmployerState.APPROVED, EmployerState.BLOCKED, EmployerState.LISTED)


# the record of an employer's account: see `registry.records`
EMPLOYER_RECORD = (Employer, "employer_id", lambda: [joinedload(Employer.school)])


def employers_for(who: Actor) -> Select[Employer]:
    """The checking school sees its employers; those approved or on the register, every school."""
    if who.role is Role.EMPLOYER:
        return select(Employer).where(Employer.id == who.employer_id)
    if who.role in (Role.SCHOOL, Role.COLLEGE, Role.DATA) and who.school_id is not None:
        return select(Employer).where(
            or_(Employer.school_id == who.school_id, Employer.state.in_(SHARED))
        )
    return select(Employer).where(true() if who.role in (*EVERYWHERE, Role.DATA) else false())


# see `registry.numbers`
EMPLOYER_NUMBERS = Subject(
    visible=employers_for,
    model=Employer,
    account=lambda employer: next(iter(users_of(employer_id=employer.id)), None),
    columns={PHONE: "contact_phone"},
    page="EmployersView.show",
)


def account_spoken_to(employer: Employer, who: Actor) -> int | None:
    """The employer's account for those who speak to it: the school that checks it, and the province."""
    if who.role is not Role.PROVINCE and (who.role, who.school_id) != (
        Role.SCHOOL,
        employer.school_id,
    ):
        return None
    return next((user.id for user in users_of(employer_id=employer.id)), None)


def employer_of(user: AppUser) -> Employer | None:
    """The employer that an account acts for."""
    if user.role != Role.EMPLOYER or user.employer_id is None:
        return None
    beside.note(beside.RECORD)
    return db.session.get(Employer, user.employer_id)


def licence_of(employer: Employer) -> object:
    """What pages show of the employer's licence scan (the table lies in a package above)."""
    if employer.licence_id is None:
        return None
    [key] = Employer.__table__.c.licence_id.foreign_keys
    file = key.column.table.c
    shown = (file[name] for name in ("uid", "mime", "original_name", "size", "pages", "thumb_key"))
    return db.session.execute(select(*shown).where(file.id == employer.licence_id)).first()


def employer_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the employers' list; None: all."""
    states = {s.value: s for s in EmployerState}
    return Employer.state == states[name] if name in states else None


def finds_employer(text: str) -> ColumnElement[bool]:
    """The employers whose credit code begins with the text, or whose present or former name has it."""
    code = clean_code(text)
    return or_(
        Employer.credit_code.startswith(code, autoescape=True),
        Employer.id.in_(merged("employer", code)),
        employer_called(text),
    )
