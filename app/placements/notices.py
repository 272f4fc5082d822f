"""Who is told of each step of a placement, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core import clock
from app.notices.workflow import Letter, Letters, People, remind, tell_of
from app.people.queries import staff_of, users_of
from app.placements.models import Placement
from app.workflow.steps import Change

STUDENT, EMPLOYER, COLLEGE = "student", "employer", "college"
STUDENT_URL, EMPLOYER_URL = "/my/signings/%(id)s", "/employer/signings/%(id)s"
DESK_URL = "/desk/show/%(id)s"

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
    "propose_terms": {
        STUDENT: Letter(
            _l("%(employer)s proposes other terms"),
            _l("Compare old and new, then agree or keep the old terms, by %(until)s. "
               "Without an answer the old terms stay. The review waits meanwhile."),
            STUDENT_URL,
        ),
    },
    "agree_terms": {
        EMPLOYER: Letter(
            _l("%(student)s agreed to the new terms"),
            _l("The new terms for %(student)s count from now on. The review goes on."),
            EMPLOYER_URL,
        ),
    },
    "decline_terms": {
        EMPLOYER: Letter(
            _l("%(student)s keeps the old terms"),
            _l("%(student)s did not agree to the new terms; the old ones stay. %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "take_back_terms": {
        STUDENT: Letter(
            _l("%(employer)s took its proposal back"),
            _l("The terms you accepted stay. The review goes on."),
            STUDENT_URL,
        ),
    },
    "expire_terms": {
        STUDENT: Letter(
            _l("The time to answer %(employer)s's proposal is over"),
            _l("The terms you accepted stay. The review goes on."),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("%(student)s did not answer your proposal in time"),
            _l("The old terms for %(student)s stay. The review goes on."),
            EMPLOYER_URL,
        ),
    },
    "send_back": {
        COLLEGE: Letter(
            _l("The school sent a signing back: %(student)s"),
            _l("The signing of %(student)s with %(employer)s waits for your college again. "
               "Reason: %(reason)s"),
            DESK_URL,
        ),
    },
    "reopen": {
        STUDENT: Letter(
            _l("The school withdrew its attestation of your signing"),
            _l("Your agreement with %(employer)s is void until it is attested anew. Reason: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The school withdrew its attestation of the signing with %(student)s"),
            _l("The agreement is void until it is attested anew. Reason: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "restore": {
        STUDENT: Letter(
            _l("Your signing is under review again"),
            _l("The refusal of your signing with %(employer)s was taken back. Reason: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing with %(student)s is under review again"),
            _l("The refusal was taken back. Reason: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
}  # fmt: skip
# facts and a college's second thoughts change nothing for a party; an undone decision nobody heard of;
# what ended a placement tells by itself
SILENT = (
    "complete_facts",
    "complete_facts_college",
    "withdraw_college",
    "undo",
    "end",
    "revive",
    "void",
)

REMINDER = Letter(
    _l("%(employer)s awaits your answer to its proposal until %(until)s"),
    _l("Without an answer the terms you accepted stay."),
    STUDENT_URL,
)


def remind_student(placement: Placement) -> None:
    """The student is reminded before a proposal runs out of time (NTF-03)."""
    if placement.answer_by is not None:
        values = {
            "id": placement.id,
            "employer": placement.employer_name,
            "until": clock.shown_deadline(placement.answer_by),
        }
        users = users_of(student_id=placement.student_id)
        name = f"placement:{placement.id}"
        since, until = placement.changed_at, placement.answer_by
        remind(users, name, since, until, REMINDER, values, placement.school_id)


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    placement: Placement = change.record
    values = {
        "id": placement.id,
        "student": placement.student.name,
        "employer": placement.employer_name,
        "position": placement.terms.position if placement.terms else "",
        "number": placement.agreement_no or "",
        "until": clock.shown_deadline(placement.answer_by) if placement.answer_by else "",
        "reason": change.reason,
    }
    tell_of(change, _letters(change), people_of(placement), values, placement.school_id)


def people_of(placement: Placement) -> People:
    """The accounts of a placement's parties and of its college."""
    employer_id = placement.employer_id
    return {
        STUDENT: lambda: users_of(student_id=placement.student_id),
        EMPLOYER: lambda: users_of(employer_id=employer_id) if employer_id else [],
        COLLEGE: lambda: staff_of(placement.school_id, placement.college_id),
    }


def _letters(change: Change) -> Letters:
    """A college that decides alone brings the agreement into force: the parties read so (AGR-06)."""
    final = change.step.name == "attest_college" and change.record.agreement_no is not None
    return {"attest_college": LETTERS["attest"]} if final else LETTERS
