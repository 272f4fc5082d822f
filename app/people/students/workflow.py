"""The rules of a student's record (ADM-02) and of restrictions (ADM-03)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select

from app.accounts import contacts
from app.accounts.hold_confirming import note_who_confirmed
from app.accounts.identifiers import email_taken
from app.core import clock, identity, phones
from app.core.db import db
from app.core.emails import is_email
from app.core.errors import Invalid, NotYours
from app.core.forms import MISSING, NO_EMAIL
from app.core.identity import IdKind
from app.core.names import clean_name, name_problem
from app.people.schools.models import Major, School
from app.people.students import fields
from app.people.students.effects import (
    SECRETS,
    begin_anew,
    keep_phone,
    note_gone,
    open_account,
    write_mail_of,
    write_record,
)
from app.people.students.models import (
    ORIGIN_STATES,
    RESTRICTION_KINDS,
    RESTRICTION_STATES,
    OriginState,
    Restriction,
    RestrictionState,
    Student,
)
from app.people.students.notices import tell_of_record, tell_student
from app.people.students.queries import account_of, restricted_alike, restrictions_for, students_for
from app.people.students.sheets import COUNTRY, MAIL_TAKEN, MOBILE, PHONE_TAKEN, TAKEN
from app.people.students.ways_in import no_change_held, no_reset_held, nothing_else_held
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow, committed
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict


def dates_in_order(restriction: Restriction, actor: Actor, now: datetime) -> str | None:
    """A restriction does not end before it begins (ADM-03)."""
    if restriction.until is None or restriction.since <= restriction.until:
        return None
    return _("The restriction would end before it begins.")


def not_restricted_alike(restriction: Restriction, actor: Actor, now: datetime) -> str | None:
    """A student has one restriction of a kind at a time; a longer one is set after releasing it (ADM-03)."""
    if not restricted_alike(restriction):
        return None
    return _("%(student)s is restricted in this way already.", student=restriction.student.name)


RESTRICTIONS: Workflow[Restriction] = Workflow(
    kind="restriction",
    name=_l("Restriction"),
    model=Restriction,
    scope=restrictions_for,
    first_locks=lambda restriction: ((Student, restriction.student_id),),
    labels=RESTRICTION_STATES,
    title=lambda restriction: restriction.student.name,
    after=(tell_student,),
    steps=(
        Step(
            "restrict",
            None,
            RestrictionState.SET,
            by=Role.SCHOOL,
            label=_l("Restrict"),
            when=(dates_in_order, not_restricted_alike),
            reason=Reason.REQUIRED,
            danger=True,
            confirm=_l("Employers no longer find the student, and it cannot sign. Restrict now?"),
            done=_l("Restricted: the student cannot sign."),
        ),
        Step(
            "release",
            RestrictionState.SET,
            RestrictionState.RELEASED,
            by=Role.SCHOOL,
            label=_l("Release"),
            reason=Reason.REQUIRED,
            bulk=True,
            confirm=_l("The student can sign again from now on. Release now?"),
            done=_l("Released: the student can sign again."),
            tone=Tone.DONE,
        ),
    ),
)


def restrict(
    student: Student,
    actor: Actor,
    reason: str,
    *,
    kind: str = "all",
    since: date,
    until: date | None = None,
) -> Restriction:
    """Bar a student from signing between two days, both included, and commit (ADM-03).

    Raises NotYours outside the scope, Refused, Invalid where the reason is missing.
    """
    found = db.session.execute(
        students_for(actor).where(Student.id == student.id)
    ).scalar_one_or_none()
    if found is None or kind not in RESTRICTION_KINDS:
        raise NotYours(f"student {student.id}")
    new = restriction_of(student, kind=kind, since=since, until=until, reason=reason)
    return committed(lambda: RESTRICTIONS.start("restrict", new, actor, reason=reason))


def restriction_of(student: Student, **values: object) -> Restriction:
    """A restriction as it would be set; in no session yet."""
    new = Restriction(school_id=student.school_id, student_id=student.id, **values)
    with db.session.no_autoflush:
        new.student = student
    return new


S = OriginState
ANY = tuple(S)
CONFIRM = (Role.SCHOOL, Role.PROVINCE)

MAIL_ELSEWHERE = _l("It is changed on a page of its own, with a reason.")
NUMBER_TAKEN = _l("Another student of this school has this student number.")


def has_id_number(student: Student, _actor: Actor, _now: datetime) -> str | None:
    """Nobody is approved whom employers could not find (ADM-02)."""
    if student.id_number_index is not None:
        return None
    return _("The ID number is missing. Enter it first.")


def as_it_was(change: Change) -> OriginState:
    """What is corrected stays reviewed, or not yet, as before."""
    return S(change.source or S.ENTERED)


def _keeps_state(name: str, label: Any, by: Any = Role.SCHOOL, **more: Any) -> Step:
    return Step(name, ANY, as_it_was, by=by, label=label, targets=ANY, **more)


STUDENTS: Workflow[Student] = Workflow(
    kind="student",
    name=_l("Student"),
    model=Student,
    scope=students_for,
    labels=ORIGIN_STATES,
    title=lambda student: student.name,
    after=(tell_of_record,),
    steps=(
        Step("enter", None, S.ENTERED, by=Role.SCHOOL, label=_l("Enter"), then=(open_account,),
             done=_l("Entered; the origin record is to be reviewed.")),
        Step("approve_record", (S.ENTERED, S.REJECTED), S.APPROVED, by=Role.SCHOOL,
             label=_l("Approve the record"), when=(has_id_number,), bulk=True,
             done=_l("The origin record is approved; the student can sign."),
             verdict={S.ENTERED: Verdict.APPROVE}),
        Step("reject_record", S.ENTERED, S.REJECTED, by=Role.SCHOOL, label=_l("Reject the record"),
             reason=Reason.REQUIRED, bulk=True, danger=True,
             done=_l("The origin record is rejected."),
             verdict=Verdict.REFUSE),
        Step("review_again", S.APPROVED, S.ENTERED, by=Role.SCHOOL,
             label=_l("Take the approval back"), reason=Reason.REQUIRED, danger=True,
             confirm=_l("Until it is approved again the student can neither sign nor be found. "
                        "Take the approval back now?"),
             done=_l("The origin record is to be reviewed again.")),
        _keeps_state("correct", _l("Correct the record"), fill=(write_record,),
                     done=_l("The record is corrected."), typed=True),
        _keeps_state("change_phone", _l("Change the phone"), reason=Reason.REQUIRED, step_up=True,
                     when=(no_reset_held,), fill=(keep_phone,),
                     done=_l("The phone is changed. The new one can sign in and read; it can sign once the "
                             "change is confirmed or the time of holding is over."), typed=True),
        _keeps_state("change_mail_office", _l("Change the e-mail"), reason=Reason.REQUIRED, step_up=True,
                     when=(nothing_else_held,), fill=(write_mail_of,),
                     done=_l("The e-mail is changed. Whether it is held, and until when, stands on this "
                             "page."), typed=True),
        _keeps_state("merge", _l("Merge a second record"), reason=Reason.REQUIRED, inner=True,
                     fill=(note_gone,), done=_l("Merged; everything of the second record is here.")),
        _keeps_state("begin_anew", _l("Reset the first sign-in"), reason=Reason.REQUIRED,
                     danger=True, step_up=True, when=(no_change_held,), fill=(begin_anew,),
                     confirm=_l("The student is signed out everywhere, and sets a new password by a "
                                "code to the phone or e-mail on record. Reset now?"),
                     done=_l("Reset. The student sets a password by code and confirms its details "
                             "anew.")),
        _keeps_state("confirm_contact", _l("Confirm the changed sign-in"), by=Role.STUDENT,
                     inner=True, binds=False, fill=(note_who_confirmed,)),
        _keeps_state("confirm_contact_office", _l("Confirm the changed sign-in (office)"), by=CONFIRM,
                     inner=True, step_up=True, reason=Reason.REQUIRED,
                     fill=(note_who_confirmed,)),
        _keeps_state("undo_contact", _l("Take the changed sign-in back"), by=Role.STUDENT,
                     inner=True, binds=False),
        _keeps_state("undo_contact_office", _l("Take the changed sign-in back (office)"), by=CONFIRM,
                     inner=True, step_up=True, reason=Reason.REQUIRED),
        _keeps_state("change_mail", _l("Change the own e-mail"), by=Role.STUDENT, inner=True),
    ),
)  # fmt: skip


def enter(school_id: int, values: Mapping[str, object], actor: Actor) -> Student:
    """Write a new student of the school with its account, and commit. Raises Invalid, NotYours."""
    if actor.school_id != school_id:
        raise NotYours(f"school {school_id}")
    student = Student(uid=uuid4().hex, school_id=school_id, origin_state=S.ENTERED)
    known = checked(student, values)
    for name, value in known.items():
        setattr(student, name, value)
    with db.session.no_autoflush:
        student.school = db.session.get_one(School, school_id)
    return committed(lambda: STUDENTS.start("enter", student, actor))


def correct(student: Student, values: Mapping[str, object], actor: Actor) -> Student:
    """Write the school's facts about a student where they differ, and commit. Raises Invalid, NotYours."""
    known = checked(student, values)
    return STUDENTS.perform("correct", student.id, actor, values=known)


def change_phone(student_id: int, phone: str, actor: Actor, reason: str) -> Student:
    """Give the student another phone, and commit (ADM-02). Raises Invalid, NotYours."""
    student = STUDENTS.find(student_id, actor)
    phone = phones.folded(phone)
    if not phones.is_mobile(phone):
        raise Invalid([("phone", str(MOBILE))])
    if phone == student.phone:
        raise Invalid([("phone", _("This is the phone on record already."))])
    if _another(student, Student.phone_index == Student.phone.index(phone)):
        raise Invalid([("phone", str(PHONE_TAKEN))])
    return STUDENTS.perform("change_phone", student.id, actor, reason=reason, phone=phone)


def change_mail(student_id: int, email: str, actor: Actor, reason: str) -> Student:
    """Give the student another e-mail, or take it away, and commit (ACC-15). Raises Invalid, NotYours."""
    student = STUDENTS.find(student_id, actor)
    if email.lower() == (student.email or "").lower():
        raise Invalid([("email", _("This is the address on record already."))])
    problems = _wrong_mail(student, email)
    if problems:
        raise Invalid(problems)
    return STUDENTS.perform(
        "change_mail_office", student.id, actor, reason=reason, email=email.strip()
    )


def mail_is_free(student: Student) -> bool:
    """Whether the e-mail may be written with the other facts: none is on record, and nobody signed in yet."""
    user = account_of(student) if student.id else None
    return not student.email and (user is None or not contacts.used(user))


def _wrong_mail(student: Student, email: str) -> list[tuple[str, str]]:
    if not email:
        return []
    if not is_email(email):
        return [("email", str(NO_EMAIL))]
    with db.session.no_autoflush:
        user = account_of(student) if student.id else None
        taken = email_taken(email, but=user.id if user is not None else None)
    if taken or _another(student, func.lower(Student.email) == email.lower()):
        return [("email", str(MAIL_TAKEN))]
    return []


def checked(student: Student, values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that may be written, with the college of the major. Raises Invalid with all that is wrong.

    An empty number, phone or other sealed field changes nothing: pages show them masked. A number is that
    of the kind of document that stands with it, else of the one on record. An e-mail that is on record, or
    of an account in use, has a page of its own.
    """
    known = {name: value for name, value in values.items() if value or name not in SECRETS}
    if known.get("phone"):
        known["phone"] = phones.folded(known["phone"])
    problems = [*_wrong_document(student, known), *_wrong_numbers(student, known)]
    wrong = {name: fields.problem(name, known.get(name)) for name in fields.NAMES}
    problems += [(name, sentence) for name, sentence in wrong.items() if sentence]
    if known.get("name"):
        known["name"] = clean_name(known["name"])
        odd = name_problem(known["name"])
        problems += [("name", odd)] if odd else []
    if "email" in known and (known["email"] or "") != (student.email or ""):
        if not mail_is_free(student):
            problems.append(("email", str(MAIL_ELSEWHERE)))
        problems += _wrong_mail(student, known["email"] or "")
    if "major_id" in known:
        major = db.session.get(Major, known["major_id"] or 0)
        if major is None or major.school_id != student.school_id:
            problems.append(("major_id", _("Please choose")))
        else:
            known["college_id"] = major.college_id
    if problems:
        raise Invalid(problems)
    return known


def _wrong_numbers(student: Student, known: Mapping[str, Any]) -> list[tuple[str, str]]:
    problems = []
    number = known.get("student_no")
    if number and _another(student, Student.student_no == number):
        problems.append(("student_no", str(NUMBER_TAKEN)))
    phone = known.get("phone")
    if phone and not phones.is_mobile(phone):
        problems.append(("phone", str(MOBILE)))
    elif phone and _another(student, Student.phone_index == Student.phone.index(phone)):
        problems.append(("phone", str(PHONE_TAKEN)))
    return problems


def _wrong_document(student: Student, known: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind, number and country of the document go together; in `known` they become as they are kept."""
    kind = known.get("id_kind") or student.id_kind or IdKind.ID_CARD
    if kind not in identity.NAMES:
        return [("id_kind", str(MISSING))]
    if not any(known.get(name) for name in ("id_number", "id_kind", "birth_date")):
        return []
    country = known.get("id_country", student.id_country) or ""
    known |= {"id_kind": kind, "id_country": country if kind == IdKind.PASSPORT else ""}
    if known["id_country"] and country not in identity.countries():
        return [("id_country", str(COUNTRY))]
    number = identity.canonical(kind, known.get("id_number") or student.id_number or "")
    if known.get("id_number"):
        known["id_number"] = number
    if unlike := fields.wrong_birth(known, kind, number):
        return [("birth_date", unlike)]
    return _wrong_number(student, known, number) if number else []


def _wrong_number(student: Student, known: Mapping[str, Any], number: str) -> list[tuple[str, str]]:
    kind, country = known["id_kind"], known["id_country"]
    wrong = identity.problem(kind, number, clock.today())
    year = known.get("graduation_year") or student.graduation_year
    if wrong is None and _another(
        student, same_document(kind, country, number) & (Student.graduation_year == year)
    ):
        wrong = str(TAKEN)
    return [("id_number", wrong)] if wrong else []


def same_document(kind: str, country: str, number: str) -> ColumnElement[bool]:
    """The students whose document it is: of a passport whose country one side leaves open, it may be."""
    same = (Student.id_number_index == Student.id_number.index(number)) & (Student.id_kind == kind)
    return same & Student.id_country.in_(("", country)) if country else same


def _another(student: Student, same: ColumnElement[bool]) -> bool:
    """Whether another student of the school is so."""
    wanted = select(Student.id).where(Student.school_id == student.school_id, same)
    with db.session.no_autoflush:
        found = db.session.scalars(wanted.where(Student.id != (student.id or 0)).limit(1))
        return found.first() is not None
