"""Who is told of an employer's review and of a student's restriction, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.workflow import Letter, Letters, tell_of
from app.people.models import RESTRICTION_KINDS, Employer, Restriction
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
}  # fmt: skip
# what the employer does itself is shown to it at once; the school finds it on its desk
SILENT = ("register", "resubmit")


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
