"""Who is told of each step of a placement, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.models import AppUser
from app.notices.workflow import Letter, Letters, tell
from app.people.queries import users_of
from app.placements.models import Placement
from app.workflow.engine import Change

STUDENT, EMPLOYER = "student", "employer"
STUDENT_URL, EMPLOYER_URL = "/my/signings/%(id)s", "/employer/signings/%(id)s"

LETTERS: Letters = {
    "form": {
        EMPLOYER: Letter(
            _l("%(student)s accepted your invitation"),
            _l("%(student)s accepted the position “%(position)s”. The school attests next."),
            EMPLOYER_URL,
        ),
    },
    "attest_college": {
        STUDENT: Letter(
            _l("Your college approved your signing"),
            _l("Your signing with %(employer)s was approved by the college; the school attests next."),
            STUDENT_URL,
        ),
    },
    "refuse_college": {
        STUDENT: Letter(
            _l("Your college refused your signing"),
            _l("Your signing with %(employer)s was refused. Reason: %(reason)s "
               "You can sign with another employer at once."),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing with %(student)s was refused"),
            _l("The college refused the signing with %(student)s. Reason: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "attest": {
        STUDENT: Letter(
            _l("Your agreement is in force"),
            _l("Your signing with %(employer)s was attested. Agreement number %(number)s. "
               "You can download the agreement."),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The agreement with %(student)s is in force"),
            _l("The school attested the signing with %(student)s. Agreement number %(number)s. "
               "You can download the agreement."),
            EMPLOYER_URL,
        ),
    },
    "refuse": {
        STUDENT: Letter(
            _l("The school refused your signing"),
            _l("Your signing with %(employer)s was refused. Reason: %(reason)s "
               "You can sign with another employer at once."),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing with %(student)s was refused"),
            _l("The school refused the signing with %(student)s. Reason: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
}  # fmt: skip
# filling in an employer's missing facts decides nothing
SILENT = ("complete_facts", "complete_facts_college")


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    placement: Placement = change.record
    values = {
        "id": placement.id,
        "student": placement.student.name,
        "employer": placement.employer_name,
        "position": placement.terms.position if placement.terms else "",
        "number": placement.agreement_no or "",
        "reason": change.reason,
    }
    key = f"placement:{placement.id}:{change.step.name}:{change.now.isoformat()}"
    for receiver, letter in LETTERS.get(change.step.name, {}).items():
        for user in _accounts(receiver, placement):
            tell(user, key, letter, values)


def _accounts(receiver: str, placement: Placement) -> list[AppUser]:
    if receiver == STUDENT:
        return users_of(student_id=placement.student_id)
    return users_of(employer_id=placement.employer_id) if placement.employer_id else []
