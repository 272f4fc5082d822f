"""The rules of employers (ACC-07, ADM-06)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.hold_confirming import note_who_confirmed
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.people.employers.account import (
    SAME_CODE,
    check_new,
    credit_code_taken,
    keep_identifiers,
    open_account,
)
from app.people.employers.effects import note_target, own_phone, take_corrections, write_employer
from app.people.employers.models import EMPLOYER_STATES, Employer, EmployerState
from app.people.employers.notices import tell_employer
from app.people.employers.queries import employers_for
from app.people.schools.models import School
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Verdict

S = EmployerState
KEPT = tuple(state for state in S if state != S.MERGED)
OFFICE = (Role.SCHOOL, Role.PROVINCE)


def my_school_checks(employer: Employer, actor: Actor, now: datetime) -> str | None:
    """The school that the employer chose decides; its approval counts for all schools (ACC-07)."""
    if employer.school_id == actor.school_id:
        return None
    return _("%(school)s checks this employer.", school=employer.school.name)


def as_it_was(change: Change) -> EmployerState:
    """Corrected facts leave the review as it stands."""
    return S(change.source or S.LISTED)


EMPLOYERS: Workflow[Employer] = Workflow(
    kind="employer",
    name=_l("Employer"),
    model=Employer,
    scope=employers_for,
    labels=EMPLOYER_STATES,
    after=(tell_employer,),
    steps=(
        Step("register", None, S.AWAITING, by=Role.EMPLOYER, label=_l("Register"), binds=False),
        Step("approve", S.AWAITING, S.APPROVED, by=Role.SCHOOL, label=_l("Approve"),
             when=(my_school_checks,), bulk=True,
             done=_l("Approved; the employer can now find and invite students."),
             verdict=Verdict.APPROVE),
        Step("reject", S.AWAITING, S.REJECTED, by=Role.SCHOOL, label=_l("Reject"),
             when=(my_school_checks,), reason=Reason.REQUIRED, bulk=True, danger=True,
             done=_l("Rejected, with the reason."),
             verdict=Verdict.REFUSE),
        Step("resubmit", S.REJECTED, S.AWAITING, by=Role.EMPLOYER, label=_l("Submit again"),
             fill=(take_corrections,), done=_l("Submitted again; the school checks next.")),
        Step("list", None, S.LISTED, by=Role.SCHOOL, label=_l("Add to the register"),
             done=_l("On the register; its facts fill in paper signings.")),
        Step("claim", S.LISTED, S.AWAITING, by=Role.EMPLOYER, label=_l("Register"), binds=False,
             fill=(take_corrections,)),
        Step("correct_employer", KEPT, as_it_was, by=Role.SCHOOL, label=_l("Correct the facts"),
             targets=KEPT, when=(my_school_checks,), fill=(write_employer,),
             done=_l("The facts are corrected."), typed=True),
        Step("block", S.APPROVED, S.BLOCKED, by=Role.SCHOOL, label=_l("Block"),
             when=(my_school_checks,), reason=Reason.REQUIRED, danger=True, bulk=True,
             confirm=_l("It no longer finds or invites students of any school, and nobody can "
                        "accept. Signings in force stay. Block now?"),
             done=_l("Blocked, with the reason.")),
        Step("confirm_contact", KEPT, as_it_was, by=Role.EMPLOYER, targets=KEPT, inner=True, binds=False,
             label=_l("Confirm the changed sign-in"), fill=(note_who_confirmed,)),
        Step("confirm_contact_office", KEPT, as_it_was, by=OFFICE, targets=KEPT, inner=True, step_up=True,
             label=_l("Confirm the changed sign-in (office)"), reason=Reason.REQUIRED,
             fill=(note_who_confirmed,)),
        Step("undo_contact", KEPT, as_it_was, by=Role.EMPLOYER, targets=KEPT, inner=True, binds=False,
             label=_l("Take the changed sign-in back")),
        Step("undo_contact_office", KEPT, as_it_was, by=OFFICE, targets=KEPT, inner=True, step_up=True,
             label=_l("Take the changed sign-in back (office)"), reason=Reason.REQUIRED),
        Step("change_mail", KEPT, as_it_was, by=Role.EMPLOYER, targets=KEPT, inner=True,
             label=_l("Change the own e-mail")),
        Step("merge_into", KEPT, S.MERGED, by=Role.SCHOOL, label=_l("Merge into another"), inner=True,
             when=(my_school_checks,), fill=(note_target,), reason=Reason.REQUIRED, danger=True),
        Step("unblock", S.BLOCKED, S.APPROVED, by=Role.SCHOOL, label=_l("Unblock"),
             when=(my_school_checks,), reason=Reason.REQUIRED,
             done=_l("Unblocked; the employer can invite again.")),
    ),
)  # fmt: skip

MAIL_ELSEWHERE = _l("The e-mail is changed on a page of its own: it is your way back in.")
Attach = Callable[[Employer, AppUser], None]


def register(
    values: dict[str, Any], password: str, again: str, school: School, attach: Attach
) -> AppUser:
    """Open an employer's account and registration, and commit (ACC-07).

    `values`: credit_code, name, contact_name, contact_phone, email. `attach` keeps the licence.
    Raises Invalid; of two at the same moment the database lets one through.
    """
    check_new(values, password, again)
    try:
        user = open_account(values, password)
        employer = _claimed(values, school, user) or _begun(values, school, user)
        keep_identifiers(user, values)
        attach(employer, user)
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Invalid([("credit_code", str(SAME_CODE))]) from error
    return user


def _begun(values: dict[str, Any], school: School, user: AppUser) -> Employer:
    employer = Employer(uid=uuid4().hex, school_id=school.id, **_facts(values))
    employer.created_at = clock.now()
    employer.contact_phone = values["contact_phone"]
    with db.session.no_autoflush:
        employer.school = school
    EMPLOYERS.start("register", employer, actor_of(user, factor="mail"))
    user.employer_id = employer.id
    return employer


def _claimed(values: Mapping[str, object], school: School, user: AppUser) -> Employer | None:
    """Whom staff had put on the register takes its place there, and is checked as any other (ACC-07)."""
    mine = (Employer.credit_code == values["credit_code"], Employer.state == S.LISTED)
    key = db.session.scalar(select(Employer.id).where(*mine))
    if key is None:
        return None
    user.employer_id = key
    facts = {**_facts(values), "contact_phone": values["contact_phone"], "school_id": school.id}
    return EMPLOYERS.apply("claim", key, actor_of(user, factor="mail"), values=facts)


def resubmit(employer: Employer, user: AppUser, values: dict[str, Any]) -> None:
    """Bring a rejected registration before the school again, corrected, and commit (ACC-07).

    `values` as for `register`, with school_id and licence_id.
    """
    if credit_code_taken(values["credit_code"], but=employer.id):
        raise Invalid([("credit_code", str(SAME_CODE))])
    if values["email"].lower() != user.email.lower():
        raise Invalid([("email", str(MAIL_ELSEWHERE))])
    if user.username == employer.credit_code:
        user.username = values["credit_code"]
    user.last_name = values["name"][:60]
    if values["contact_phone"] != employer.contact_phone:
        own_phone(user, employer, values["contact_phone"])
    keep_identifiers(user, values)
    EMPLOYERS.perform("resubmit", employer.id, actor_of(user), values=values)


def update_profile(employer: Employer, user: AppUser, values: dict[str, Any]) -> None:
    """Write the facts an employer keeps itself, and commit (ACC-08, ACC-12).

    Name and credit code are not among them: a school checked those; nor the e-mail, its way back in.
    Raises Refused for another telephone while a way in is held.
    """
    phone = values.pop("contact_phone")
    try:
        for name, value in values.items():
            setattr(employer, name, value)
        employer.profile_at = employer.profile_at or clock.now()
        if phone and phone != employer.contact_phone:  # left empty: the page shows it masked
            own_phone(user, employer, phone)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def _facts(values: Mapping[str, object]) -> dict[str, object]:
    return {name: values[name] for name in ("credit_code", "name", "contact_name", "email")}
