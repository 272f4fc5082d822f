"""Who is told of a report of untruth and of its answer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.workflow import Letter, Letters, People, tell_of
from app.objections.models import Objection
from app.people.queries import staff_of, users_of
from app.workflow.steps import Change

STUDENT, EMPLOYER, SCHOOL = "student", "employer", "school"
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
SILENT = ()


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    objection: Objection = change.record
    values = {
        "id": objection.id,
        "what": "signings" if objection.placement_id else "invitations",
        "about": objection.placement_id or objection.invitation_id,
        "student": objection.student.name,
        "employer": objection.employer_name,
        "reason": change.reason,
    }
    employer_id = objection.employer_id
    people: People = {
        STUDENT: lambda: users_of(student_id=objection.student_id),
        EMPLOYER: lambda: users_of(employer_id=employer_id) if employer_id else [],
        SCHOOL: lambda: staff_of(objection.school_id),
    }
    tell_of(change, LETTERS, people, values, objection.school_id)
