"""Who is told of a correction, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.notices.letters import Letter, Letters
from app.notices.workflow import tell_of
from app.people.corrections.models import Correction
from app.workflow.steps import Change

STUDENT = "student"
ACCEPTED = Letter(
    _l("Your correction was accepted"),
    _l("%(school)s has corrected your origin record: %(field)s is now %(wish)s."),
    "/my/origin/",
)
LETTERS: Letters = {
    "accept": {STUDENT: ACCEPTED},
    "accept_anyway": {STUDENT: ACCEPTED},
    "refuse": {
        STUDENT: Letter(
            _l("Your correction was refused"),
            _l("%(school)s has not accepted your correction of %(field)s. Reason: %(reason)s"),
            "/my/origin/",
        ),
    },
}
# the school finds proposals on its list; what the student does itself is shown to it at once
SILENT = ("propose", "withdraw")


def tell(change: Change) -> None:
    """Tell the student, once for this step of this correction."""
    correction: Correction = change.record
    values = {
        "school": correction.student.school.name,
        "field": correction.label,
        "wish": correction.wish,
        "reason": change.reason,
    }
    people = {STUDENT: lambda: users_of(student_id=correction.student_id)}
    tell_of(change, LETTERS, people, values, correction.school_id)
