"""Who is told of a report of untruth and of its answer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.notices.letters import Letter, Letters
from app.notices.workflow import People, tell_of
from app.people.schools.queries import provincial_staff, staff_of
from app.signing.objections.models import Objection, ReportWay
from app.workflow.steps import Change

STUDENT, EMPLOYER, SCHOOL, PROVINCE = "student", "employer", "school", "province"
STUDENT_URL, EMPLOYER_URL = "/my/%(what)s/%(about)s", "/employer/%(what)s/%(about)s"

LETTERS: Letters = {
    "report": {
        SCHOOL: Letter(
            _l("%(student)s reports as untrue: %(employer)s"),
            _l("It rests until you have answered. The student writes: %(reason)s"),
            "/objections/show/%(id)s",
        ),
        EMPLOYER: Letter(
            _l("%(student)s reported your signing or invitation as untrue"),
            _l("It rests until the student's school has answered."),
            EMPLOYER_URL,
        ),
    },
    "disown": {
        **dict.fromkeys(
            (SCHOOL, PROVINCE),
            Letter(
                _l("%(who)s says “This was not me”: %(student)s, %(employer)s"),
                _l("It rests until the school has answered. The message it was about: %(text)s"),
                "/objections/show/%(id)s",
            ),
        ),
        STUDENT: Letter(
            _l("The signing with %(employer)s rests"),
            _l(
                "A message about it was answered with “This was not me”. It rests until your school "
                "has answered."
            ),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing with %(student)s rests"),
            _l(
                "A message about it was answered with “This was not me”. It rests until the student's "
                "school has answered."
            ),
            EMPLOYER_URL,
        ),
    },
    "uphold": {
        STUDENT: Letter(
            _l("Your school confirmed your report on %(employer)s"),
            _l("It has been closed; you are free to sign. The school writes: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The school closed your signing or invitation with %(student)s"),
            _l("The student had reported it as untrue. The school writes: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "dismiss": {
        STUDENT: Letter(
            _l("Your school answered your report on %(employer)s"),
            _l("It goes on as it was. The school writes: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing or invitation with %(student)s goes on"),
            _l("The school answered the student's report: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
}
# what the employer disowned, or what ended a termination only, is answered in other words
ANSWERED: Letters = {
    "uphold": {
        STUDENT: Letter(
            _l("The school confirmed the report on the signing with %(employer)s"),
            _l("What was done by another's hand has been closed. The school writes: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The school confirmed the report on the signing with %(student)s"),
            _l("What was done by another's hand has been closed. The school writes: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "dismiss": {
        STUDENT: Letter(
            _l("The signing with %(employer)s goes on"),
            _l("The school answered “This was not me”: %(reason)s"),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("The signing with %(student)s goes on"),
            _l("The school answered “This was not me”: %(reason)s"),
            EMPLOYER_URL,
        ),
    },
}
SILENT = ()


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    objection: Objection = change.record
    by_student = objection.reporter == STUDENT
    values = {
        "id": objection.id,
        "what": "signings" if objection.placement_id else "invitations",
        "about": objection.placement_id or objection.invitation_id,
        "student": objection.student.name,
        "employer": objection.employer_name,
        "reason": change.reason,
        "who": objection.student.name if by_student else objection.employer_name,
        "text": objection.reason,
    }
    employer_id = objection.employer_id
    people: People = {
        STUDENT: lambda: users_of(student_id=objection.student_id),
        EMPLOYER: lambda: users_of(employer_id=employer_id) if employer_id else [],
        SCHOOL: lambda: staff_of(objection.school_id),
        PROVINCE: provincial_staff,
    }
    other_words = objection.way == ReportWay.LINK and (
        not by_student or objection.act == "termination"
    )
    letters = {**LETTERS, **(ANSWERED if other_words else {})}
    tell_of(change, letters, people, values, objection.school_id)
