"""Who is told of an employer's review, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.notices.letters import Letter, Letters
from app.notices.workflow import tell_of
from app.people.employers.models import Employer
from app.workflow.steps import Change

EMPLOYER = "employer"

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
}  # fmt: skip
# what the employer does itself is shown to it at once; the school finds it on its desk
# a changed way in is told on every contact, by `accounts.warnings`
SILENT = (
    "register",
    "resubmit",
    "list",
    "claim",
    "merge_into",
    "confirm_contact",
    "confirm_contact_office",
    "undo_contact",
    "undo_contact_office",
    "change_mail",
)


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
