"""Who is told of an employer's review and of a student's restriction, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.workflow import Letter, Letters, tell_of
from app.people.models import RESTRICTION_KINDS, Employer, Restriction, Student
from app.people.queries import users_of
from app.workflow.steps import Change

EMPLOYER, STUDENT = "employer", "student"

LETTERS: Letters = {
    "approve": {
        EMPLOYER: Letter(
            _l("Your registration is approved"),
            _l("%(school)s approved the registration of %(employer)s. "
               "Sign in and complete the signing profile; then you can invite students."),
            "/",
        ),
    },
    "reject": {
        EMPLOYER: Letter(
            _l("Your registration was rejected"),
            _l("%(school)s rejected the registration of %(employer)s. Reason: %(reason)s "
               "Sign in, correct it and submit it again."),
            "/",
        ),
    },
    "block": {
        EMPLOYER: Letter(
            _l("Your account is blocked"),
            _l("%(school)s has blocked %(employer)s: no student can be found or invited. Signings in "
               "force stay. Reason: %(reason)s"), "/",
        ),
    },
    "unblock": {
        EMPLOYER: Letter(
            _l("Your account is no longer blocked"),
            _l("%(school)s has lifted the block of %(employer)s. Reason: %(reason)s"), "/",
        ),
    },
    "correct_employer": {
        EMPLOYER: Letter(
            _l("Your details were corrected"),
            _l("%(school)s has corrected the details of %(employer)s. Please look whether they are "
               "right."), "/employer/profile/",
        ),
    },
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
# what the employer does itself is shown to it at once; the school finds it on its desk
# a changed way in is told on every contact, by `accounts.warnings`
SILENT = ("register", "resubmit", "enter", "list", "claim", "merge", "merge_into", "confirm_contact",
          "confirm_contact_office", "undo_contact", "undo_contact_office", "change_mail")  # fmt: skip


def tell_employer(change: Change) -> None:
    """Tell whom the table names, once for this step of this record."""
    employer: Employer = change.record
    values = {
        "employer": employer.name,
        "school": employer.school.name,
        "reason": change.reason,
    }
    people = {EMPLOYER: lambda: users_of(employer_id=employer.id)}
    tell_of(change, LETTERS, people, values, employer.school_id)


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
