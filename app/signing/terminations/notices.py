"""Who is told of each step of a termination, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.core import clock
from app.notices.letters import Letter, Letters
from app.notices.reminding import remind
from app.notices.workflow import People, tell, tell_of
from app.people.schools.queries import staff_of
from app.people.students.models import Student
from app.signing.nudges.workflow import for_receiver, who_reminds
from app.signing.terminations.models import Chance, Termination
from app.workflow.actor import Role
from app.workflow.steps import Change

STUDENT, EMPLOYER = "student", "employer"
OTHER, STARTER = "other", "starter"  # the party asked, the party that applied
COLLEGE, SCHOOL = "college", "school"
PARTY_URL, DESK_URL = "/terminations/%(id)s", "/desk/show/%(placement)s"


def _both(subject: object, body: object) -> dict[str, Letter]:
    return {name: Letter(subject, body, PARTY_URL) for name in (STUDENT, EMPLOYER)}


LETTERS: Letters = {
    "request": {
        OTHER: Letter(
            _l("%(starter)s applies for termination"),
            _l("%(starter)s wants to undo the signing of %(student)s with %(employer)s "
               "(%(number)s). Reason: %(reason)s Please answer by %(until)s."),
            PARTY_URL, owed=True,
        ),
        STARTER: Letter(
            _l("You applied for the termination of a signing"),
            _l("In your name it was applied for undoing the signing of %(student)s with %(employer)s "
               "(%(number)s). Reason: %(reason)s"),
            PARTY_URL, everywhere=True,
        ),
    },
    "apply_with_proof": {
        STUDENT: Letter(
            _l("You applied to leave %(employer)s"),
            _l("In your name a proof was handed in that the signing or registration with %(employer)s "
               "is undone. Your school decides next. Reason: %(reason)s"),
            PARTY_URL, everywhere=True,
        ),
        EMPLOYER: Letter(
            _l("%(student)s applies to undo the paper signing"),
            _l("%(student)s handed in a proof to the school that the signing with %(employer)s "
               "(%(number)s) is undone. Is that not so? Tell the school's employment office."),
            PARTY_URL,
        ),
    },
    "agree": {
        STARTER: Letter(
            _l("%(other)s agrees to terminate"),
            _l("The signing of %(student)s with %(employer)s: the school decides next."),
            PARTY_URL,
        ),
        OTHER: Letter(
            _l("You agreed to terminate a signing"),
            _l("In your name it was agreed to terminate the signing of %(student)s with %(employer)s "
               "(%(number)s). The school decides next."),
            PARTY_URL, everywhere=True,
        ),
    },
    "decline": {
        STARTER: Letter(
            _l("%(other)s does not agree to terminate"),
            _l("Reason: %(reason)s You can ask the school to mediate."),
            PARTY_URL,
        ),
        OTHER: Letter(
            _l("You did not agree to terminate a signing"),
            _l("In your name it was refused to terminate the signing of %(student)s with %(employer)s "
               "(%(number)s). Reason: %(reason)s"),
            PARTY_URL, everywhere=True,
        ),
    },
    "ask_mediation": {
        SCHOOL: Letter(
            _l("Mediation asked for: %(student)s and %(employer)s"),
            _l("The parties do not agree on a termination. Reason: %(reason)s"),
            DESK_URL,
        ),
        OTHER: Letter(
            _l("The school has been asked to mediate"),
            _l("The termination of the signing of %(student)s with %(employer)s. Reason: %(reason)s"),
            PARTY_URL,
        ),
        STARTER: Letter(
            _l("The school has been asked to mediate"),
            _l("The termination of the signing of %(student)s with %(employer)s. Reason: %(reason)s"),
            PARTY_URL,
        ),
    },
    "close": _both(
        _l("The school closed the mediation: the signing stands"),
        _l("The signing of %(student)s with %(employer)s stays in force. Reason: %(reason)s"),
    ),
    "review_one_sided": _both(
        _l("The school reviews the termination on evidence"),
        _l("The signing of %(student)s with %(employer)s: the school decides without the consent "
           "of both. Reason: %(reason)s"),
    ),
    "approve": _both(
        _l("The signing is terminated"),
        _l("The signing of %(student)s with %(employer)s (%(number)s) is terminated; the agreement "
           "is void. The student can sign again."),
    ),
    "refuse_college": _both(
        _l("The termination was not approved"),
        _l("The signing of %(student)s with %(employer)s stays in force. Reason: %(reason)s"),
    ),
    "refuse": _both(
        _l("The termination was not approved"),
        _l("The signing of %(student)s with %(employer)s stays in force. Reason: %(reason)s"),
    ),
    "send_back": {
        COLLEGE: Letter(
            _l("The school sent a termination back: %(student)s"),
            _l("The termination waits for your college again. Reason: %(reason)s"),
            DESK_URL,
        ),
    },
    "force": _both(
        _l("The school ended the signing"),
        _l("The signing of %(student)s with %(employer)s (%(number)s) was ended by the school. "
           "Reason: %(reason)s"),
    ),
    "confirm_force": _both(
        _l("The school ended the signing"),
        _l("The signing of %(student)s with %(employer)s (%(number)s) was ended by the school. "
           "Reason: %(cause)s"),
    ),
    "overtake": _both(
        _l("The termination you were dealing with is closed"),
        _l("The school acts on the signing of %(student)s with %(employer)s by itself."),
    ),
}  # fmt: skip
_NUDGE = {
    **_both(
        _l("%(who)s asks you to answer an application for termination"),
        _l(
            "%(starter)s applied to undo the signing of %(student)s with %(employer)s. Please answer "
            "by %(until)s."
        ),
    ),
    COLLEGE: Letter(
        _l("The school asks your college to decide on a termination: %(student)s"),
        _l(
            "The termination of the signing with %(employer)s has waited for your college since "
            "%(since)s. Please decide."
        ),
        DESK_URL,
    ),
}
LETTERS = {**LETTERS, **dict.fromkeys(("nudge", "nudge_student"), _NUDGE)}
# the college reads that the school decided in its place, and why (AGR-17)
STOOD_IN = {
    COLLEGE: Letter(
        _l("The school decided on a termination in your college's place: %(student)s"),
        _l(
            "The termination of the signing with %(employer)s had waited too long for your college. "
            "Reason: %(reason)s"
        ),
        DESK_URL,
    ),
}
LETTERS = {
    **LETTERS,
    "approve_for_college": STOOD_IN,
    "refuse_for_college": {**LETTERS["refuse_college"], **STOOD_IN},
}
# leaving and second thoughts within the office change nothing for a party; an undone decision nobody
# heard of; a dropped forced termination was never announced
SILENT = ("leave", "approve_college", "withdraw_college", "undo", "drop_force")

CHANCE = Letter(
    _l("You may apply for one more termination"),
    _l("Your school granted you one more termination for %(year)s. Reason: %(reason)s"),
    "/my/terminations/",
)

REMINDER = Letter(
    _l("%(starter)s awaits your answer to a termination until %(until)s"),
    _l("After that either party can ask the school to mediate."),
    PARTY_URL,
)


def remind_other(termination: Termination) -> None:
    """The party that was asked is reminded before its time is over (NTF-03)."""
    placement = termination.placement
    by_student = termination.started_by == Role.STUDENT
    values = {
        "id": termination.id,
        "starter": placement.student.name if by_student else placement.employer_name,
        "until": clock.shown_deadline(termination.reply_by),
    }
    users, name = people_of(termination)[OTHER](), f"termination:{termination.id}"
    since, until = termination.created_at, termination.reply_by
    remind(users, name, since, until, REMINDER, values, termination.school_id)


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    termination: Termination = change.record
    placement = termination.placement
    student, employer = placement.student.name, placement.employer_name
    by_student = termination.started_by == Role.STUDENT
    values = {
        "id": termination.id,
        "who": who_reminds(change) if change.step.quiet else "",
        "since": f"{clock.local(termination.changed_at):%Y-%m-%d}",
        "placement": placement.id,
        "student": student,
        "employer": employer,
        "starter": student if by_student else employer,
        "other": employer if by_student else student,
        "number": placement.agreement_no or "",
        "until": clock.shown_deadline(termination.reply_by),
        "cause": termination.reason,
        "reason": change.reason,
    }
    tell_of(change, _letters(change), people_of(termination), values, termination.school_id)


def people_of(termination: Termination) -> People:
    """The accounts of both parties, by who applied too, and of the reviewers."""
    student_id, employer_id = termination.student_id, termination.employer_id
    parties: People = {
        STUDENT: lambda: users_of(student_id=student_id),
        EMPLOYER: lambda: users_of(employer_id=employer_id) if employer_id else [],
    }
    by_student = termination.started_by == Role.STUDENT
    return {
        **parties,
        STARTER: parties[STUDENT if by_student else EMPLOYER],
        OTHER: parties[EMPLOYER if by_student else STUDENT],
        COLLEGE: lambda: staff_of(termination.school_id, termination.college_id),
        SCHOOL: lambda: staff_of(termination.school_id),
    }


def _letters(change: Change) -> Letters:
    """What is not final yet is announced to nobody; a college that decides alone announces itself."""
    if change.step.quiet:
        return for_receiver(change, LETTERS)
    final = change.record.approved_at is not None
    unsaid = change.step.name == "overtake" and change.actor.role is Role.SYSTEM
    if unsaid or (change.step.name == "force" and not final):
        return {}
    if change.step.name == "approve_college" and final:
        return {"approve_college": LETTERS["approve"]}
    if change.step.name == "approve_for_college" and final:
        return {"approve_for_college": {**LETTERS["approve"], **STOOD_IN}}
    return LETTERS


def tell_chance(chance: Chance, student: Student) -> None:
    """The student reads that it may apply once more, and why."""
    values = {"year": chance.year, "reason": chance.reason}
    for user in users_of(student_id=student.id):
        tell(user, f"chance:{chance.id}", CHANCE, values, school_id=chance.school_id)
