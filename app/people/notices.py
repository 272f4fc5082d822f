"""Who is told of each step of an employer's review, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.workflow import Letter, Letters, tell
from app.people.models import Employer
from app.people.queries import users_of
from app.workflow.engine import Change

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
    key = f"employer:{employer.id}:{change.step.name}:{change.now.isoformat()}"
    for letter in LETTERS.get(change.step.name, {}).values():
        for user in users_of(employer_id=employer.id):
            tell(user, key, letter, values)
