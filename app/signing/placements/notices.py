"""Who is told of each step of a placement, and in which words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.core import clock
from app.notices.letters import Letter, Letters
from app.notices.reminding import remind
from app.notices.workflow import People, tell_of
from app.people.schools.queries import staff_of
from app.settings.models import Review
from app.signing.nudges.workflow import for_receiver, who_reminds
from app.signing.placements.models import Kind, Placement
from app.workflow.steps import Change

STUDENT, EMPLOYER, COLLEGE = "student", "employer", "college"
STUDENT_URL, EMPLOYER_URL = "/my/%(pages)s/%(id)s", "/employer/signings/%(id)s"
PAGES = {Kind.ONLINE: "signings", Kind.OFFLINE: "offline", Kind.DESTINATION: "destinations"}
DESK_URL = "/desk/show/%(id)s"


def _student(subject: object, body: object) -> dict[str, Letter]:
    return {STUDENT: Letter(subject, body, STUDENT_URL)}


def _employer(subject: object, body: object) -> dict[str, Letter]:
    return {EMPLOYER: Letter(subject, body, EMPLOYER_URL)}


def _own(subject: object, body: object, whose: str = STUDENT) -> dict[str, Letter]:
    """What was done in the receiver's own name: told everywhere (INV-20)."""
    url = STUDENT_URL if whose == STUDENT else EMPLOYER_URL
    return {whose: Letter(subject, body, url, everywhere=True)}


LETTERS: dict[str, dict[str, Letter]] = {
    "form": _employer(_l("%(student)s accepted your invitation"),
            _l("%(student)s accepted the position “%(position)s”. The school attests next.")),
    "attest_college": _student(_l("Your college approved your signing"),
            _l("Your signing with %(employer)s was approved by the college; the school attests next.")),
    "refuse_college": {
        **_student(_l("Your college refused your signing"),
            _l("Your signing with %(employer)s was refused. Reason: %(reason)s "
               "You can sign with another employer at once.")),
        **_employer(_l("The signing with %(student)s was refused"),
            _l("The college refused the signing with %(student)s. Reason: %(reason)s")),
    },
    "attest": {
        **_student(_l("Your agreement is in force"),
            _l("Your signing with %(employer)s was attested. Agreement number %(number)s. "
               "You can download the agreement.")),
        **_employer(_l("The agreement with %(student)s is in force"),
            _l("The school attested the signing with %(student)s. Agreement number %(number)s. "
               "You can download the agreement.")),
    },
    "refuse": {
        **_student(_l("The school refused your signing"),
            _l("Your signing with %(employer)s was refused. Reason: %(reason)s "
               "You can sign with another employer at once.")),
        **_employer(_l("The signing with %(student)s was refused"),
            _l("The school refused the signing with %(student)s. Reason: %(reason)s")),
    },
    "propose_terms": {
        STUDENT: Letter(_l("%(employer)s proposes other terms"),
            _l("Compare old and new, then agree or keep the old terms, by %(until)s. "
               "Without an answer the old terms stay. The review waits meanwhile."),
            STUDENT_URL, owed=True),
        **_own(_l("You proposed other terms to %(student)s"),
            _l("In your name other terms were proposed for the signing with %(student)s; the review "
               "waits for the student's answer until %(until)s."), EMPLOYER),
    },
    "agree_terms": {
        **_employer(_l("%(student)s agreed to the new terms"),
            _l("The new terms for %(student)s take the place of the old ones. The review goes on.")),
        **_own(_l("You agreed to the new terms of %(employer)s"),
            _l("In your name the new terms of the signing with %(employer)s were agreed to. "
               "The review goes on.")),
    },
    "generate": _own(_l("You generated a paper agreement with %(employer)s"),
            _l("In your name a paper agreement with %(employer)s was entered and generated. "
               "Your school reviews it next.")),
    "hand_in": _own(_l("You handed in the stamped agreement with %(employer)s"),
            _l("In your name the signed and stamped agreement was handed in. "
               "Your school reviews it next.")),
    "ask_give_up": _own(_l("You asked to give up the paper signing with %(employer)s"),
            _l("In your name the school was asked to let the paper signing be given up. Reason: %(reason)s")),
    "submit": _own(_l("You registered a destination: %(employer)s"),
            _l("In your name the destination “%(employer)s” was submitted. Your school reviews it next.")),
    "decline_terms": _employer(_l("%(student)s keeps the old terms"),
            _l("%(student)s did not agree to the new terms; the old ones stay. %(reason)s")),
    "take_back_terms": _student(_l("%(employer)s took its proposal back"),
            _l("The terms you accepted stay. The review goes on.")),
    "expire_terms": {
        **_student(_l("The time to answer %(employer)s's proposal is over"),
            _l("The terms you accepted stay. The review goes on.")),
        **_employer(_l("%(student)s did not answer your proposal in time"),
            _l("The old terms for %(student)s stay. The review goes on.")),
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
        **_student(_l("The school withdrew its attestation of your signing"),
            _l("Your agreement with %(employer)s is void until it is attested anew. Reason: %(reason)s")),
        **_employer(_l("The school withdrew its attestation of the signing with %(student)s"),
            _l("The agreement is void until it is attested anew. Reason: %(reason)s")),
    },
    "restore": {
        **_student(_l("Your signing is under review again"),
            _l("The refusal of your signing with %(employer)s was taken back. Reason: %(reason)s")),
        **_employer(_l("The signing with %(student)s is under review again"),
            _l("The refusal was taken back. Reason: %(reason)s")),
    },
    "approve_form_college": _student(_l("Your college approved your agreement form"),
            _l("The form for %(employer)s was approved by the college; the school reviews it next.")),
    "approve_form": _student(_l("Your agreement form was approved: have it stamped"),
            _l("Agreement number %(number)s. Download the agreement with %(employer)s, have it signed and "
               "stamped, then upload photos or a scan.")),
    "give_up": _student(_l("Your paper signing is given up"),
            _l("The school confirmed it: agreement number %(number)s is void, and you can sign elsewhere.")),
    "keep": _student(_l("Your paper signing goes on"),
            _l("The school did not let the signing with %(employer)s be given up. Reason: %(reason)s")),
}  # fmt: skip
_NUDGE = {
    **_student(
        _l("%(who)s asks you to act on your signing with %(employer)s"),
        _l("It has waited for you since %(since)s. Please open it and take the next step."),
    ),
    **_employer(
        _l("%(who)s asks you to act on the signing with %(student)s"),
        _l("It has waited for you since %(since)s. Please open it and take the next step."),
    ),
    COLLEGE: Letter(
        _l("The school asks your college to decide: %(student)s"),
        _l(
            "The signing of %(student)s with %(employer)s has waited for your college since "
            "%(since)s. Please decide."
        ),
        DESK_URL,
    ),
}
LETTERS["nudge"] = _NUDGE
LETTERS["nudge_student"] = _student(
    _l("%(employer)s asks you to act on your signing"),
    _l("It has waited for you since %(since)s. Please open it and take the next step."),
)
_FORM_REFUSED = _student(
    _l("Your agreement form was refused"),
    _l(
        "The form for %(employer)s was refused. Reason: %(reason)s "
        "You can correct it and generate it anew, or sign otherwise."
    ),
)
LETTERS |= dict.fromkeys(("refuse_form", "refuse_form_college"), _FORM_REFUSED)
_SCAN_REFUSED = _student(
    _l("Please upload the stamped agreement again"),
    _l("What you uploaded for %(employer)s was not approved. Reason: %(reason)s"),
)
_DESTINATION_REFUSED = _student(
    _l("Your destination was not approved"),
    _l(
        "“%(employer)s” was not approved. Reason: %(reason)s You can correct it and submit it again."
    ),
)
# the college reads that the school decided in its place, and why (AGR-17)
STOOD_IN = {
    COLLEGE: Letter(
        _l("The school decided in your college's place: %(student)s"),
        _l(
            "The signing of %(student)s with %(employer)s had waited too long for your college. "
            "Reason: %(reason)s"
        ),
        DESK_URL,
    ),
}
LETTERS |= {
    f"{step}_for_college": {**LETTERS[f"{step}_college"], **STOOD_IN}
    for step in ("approve_form", "refuse_form", "attest", "refuse")
}
REFUSALS = ("refuse", "refuse_college")
# what a kind says in other words
OF_KIND: dict[Kind, dict[str, dict[str, Letter]]] = {
    Kind.OFFLINE: dict.fromkeys(REFUSALS, _SCAN_REFUSED),
    Kind.DESTINATION: {
        **dict.fromkeys(REFUSALS, _DESTINATION_REFUSED),
        "attest_college": _student(
            _l("Your college approved your destination"),
            _l("“%(employer)s” was approved by the college; the school reviews it next."),
        ),
        "attest": _student(
            _l("Your destination is registered"), _l("“%(employer)s” was approved and is in force.")
        ),
        "restore": _student(
            _l("Your destination is under review again"),
            _l("The refusal of “%(employer)s” was taken back. Reason: %(reason)s"),
        ),
    },
}
# facts and a college's second thoughts change nothing for a party; an undone decision nobody heard of;
# what ended a placement tells by itself
SILENT = (
    "follow_student",
    "complete_facts",
    "complete_facts_college",
    "withdraw_college",
    "undo",
    "end",
    "revive",
    "void",
    "go_on",
    "give_way",
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
            "pages": PAGES[Kind(placement.kind)],
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
    quiet = change.step.quiet
    values = {
        "who": who_reminds(change) if quiet else "",
        "since": f"{clock.local(placement.changed_at):%Y-%m-%d}",
        "id": placement.id,
        "pages": PAGES[Kind(placement.kind)],
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


# a college's step, and the school's step it stands for where the college decides alone
FINAL = {"attest_college": "attest", "approve_form_college": "approve_form"}


def _letters(change: Change) -> Letters:
    """A college that decides alone brings the agreement into force: the parties read so (AGR-06)."""
    letters = LETTERS | OF_KIND.get(Kind(change.record.kind), {})
    name = change.step.name
    if change.step.quiet:
        return for_receiver(change, letters)
    step = _as_college(name)
    alone = change.record.review == Review.COLLEGE and step in FINAL
    told = letters[FINAL[step]] if alone else letters.get(step, {})
    return {name: {**told, **(STOOD_IN if name != step else {})}}


def _as_college(step: str) -> str:
    """The college's step that the school took in its place: the parties read the same (AGR-17)."""
    return f"{step.removesuffix('_for_college')}_college" if step.endswith("_for_college") else step
