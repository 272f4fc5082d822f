"""Who is told of a student's record and restriction, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.notices.letters import Letter, Letters
from app.notices.workflow import tell_of
from app.people.students.models import RESTRICTION_KINDS, Restriction, Student
from app.workflow.steps import Change

STUDENT = "student"

LETTERS: Letters = {
    "restrict": {
        STUDENT: Letter(
            _l("Your school has restricted your signing"),
            _l("%(kind)s, from %(since)s to %(until)s. Reason: %(reason)s Ask the employment office."),
            "/",
        ),
    },
    "release": {
        STUDENT: Letter(
            _l("You can sign again"),
            _l("Your school has lifted the restriction of your signing. Reason: %(reason)s"),
            "/",
        ),
    },
    "approve_record": {
        STUDENT: Letter(
            _l("Your origin record is approved"),
            _l("%(school)s has approved your origin record. You can sign now."), "/",
        ),
    },
    "reject_record": {
        STUDENT: Letter(
            _l("Your origin record was rejected"),
            _l("%(school)s rejected your origin record. Reason: %(reason)s"), "/my/profile/",
        ),
    },
    "review_again": {
        STUDENT: Letter(
            _l("Your origin record is reviewed again"),
            _l("%(school)s has taken the approval of your origin record back. Until it is approved "
               "again you cannot sign. Reason: %(reason)s"), "/my/profile/",
        ),
    },
    "correct": {
        STUDENT: Letter(
            _l("Your school corrected your origin record"),
            _l("%(school)s corrected your origin record. Please look whether it is right."),
            "/my/profile/",
        ),
    },
    "change_phone": {
        STUDENT: Letter(
            _l("The phone of your account was changed"),
            _l("%(school)s changed your phone on record to %(phone)s. Reason: %(reason)s If you did "
               "not ask for it, call the employment office at once."), "/my/profile/",
        ),
    },
    "change_mail_office": {
        STUDENT: Letter(
            _l("The e-mail of your account was changed"),
            _l("%(school)s changed your e-mail on record. Reason: %(reason)s If you did not ask for it, "
               "call the employment office at once."), "/my/profile/",
        ),
    },
    "begin_anew": {
        STUDENT: Letter(
            _l("Your first sign-in was reset"),
            _l("%(school)s has reset your sign-in. Set a password by code, then confirm your "
               "details. Reason: %(reason)s"), "/", everywhere=True,
        ),
    },
}  # fmt: skip


# a changed way in is told on every contact, by `accounts.warnings`
SILENT = (
    "enter",
    "merge",
    "confirm_contact",
    "confirm_contact_office",
    "undo_contact",
    "undo_contact_office",
    "change_mail",
)


def tell_student(change: Change) -> None:
    """Tell a student that its signing was restricted or released (ADM-03)."""
    restriction: Restriction = change.record
    values = {
        "kind": RESTRICTION_KINDS[restriction.kind],
        "since": restriction.since.isoformat(),
        "until": restriction.until.isoformat() if restriction.until else "–",
        "reason": change.reason,
    }
    people = {STUDENT: lambda: users_of(student_id=restriction.student_id)}
    tell_of(change, LETTERS, people, values, restriction.school_id)


def tell_of_record(change: Change) -> None:
    """Tell a student what its school did to its record (ADM-02); what changed nothing is not told."""
    student: Student = change.record
    if change.data.get("quiet"):
        return  # told by the correction that the student asked for
    if change.step.name == "correct" and not change.details.get("changed"):
        return
    values = {
        "school": student.school.name,
        "phone": student.phone_masked or "–",
        "reason": change.reason,
    }
    people = {STUDENT: lambda: users_of(student_id=student.id)}
    tell_of(change, LETTERS, people, values, student.school_id)
