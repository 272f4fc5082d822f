"""Who is told of each step of an invitation, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import lazy_gettext as _l

from app.accounts.models import AppUser
from app.accounts.queries import users_of
from app.core import clock
from app.notices.fates import WHY, Fate, Reach
from app.notices.letters import Letter, Letters
from app.notices.models import NO_ACCOUNT
from app.notices.reached import reach_of
from app.notices.reminding import remind
from app.notices.workflow import People, tell, tell_of
from app.people.students.effects import open_accounts
from app.signing.invitations.models import Invitation
from app.signing.nudges.workflow import who_reminds
from app.workflow.steps import Change, event_key

STUDENT, EMPLOYER = "student", "employer"
STUDENT_URL, EMPLOYER_URL = "/my/invitations/%(id)s", "/employer/invitations/%(id)s"

LETTERS: Letters = {
    "send": {
        STUDENT: Letter(
            _l("%(employer)s invites you to sign"),
            _l("%(employer)s offers you the position “%(position)s”. "
               "Please answer by %(until)s; after that the invitation ends by itself."),
            STUDENT_URL, owed=True,
        ),
    },
    "amend": {
        STUDENT: Letter(
            _l("%(employer)s changed its invitation"),
            _l("%(employer)s changed the terms of the position “%(position)s”. "
               "Please read them again and answer by %(until)s."),
            STUDENT_URL, owed=True,
        ),
        EMPLOYER: Letter(
            _l("You changed the invitation of %(student)s"),
            _l("In your name the terms of the position “%(position)s” were changed."),
            EMPLOYER_URL, everywhere=True,
        ),
    },
    "extend": {
        STUDENT: Letter(
            _l("%(employer)s gives you more time to answer"),
            _l("The invitation to the position “%(position)s” can be answered until %(until)s. "
               "Nothing else of it has changed."),
            STUDENT_URL, owed=True,
        ),
    },
    "accept": {
        STUDENT: Letter(
            _l("You accepted the invitation of %(employer)s"),
            _l("In your name the position “%(position)s” at %(employer)s was accepted. "
               "Your school attests next."),
            STUDENT_URL, everywhere=True,
        ),
    },
    "withdraw": {
        STUDENT: Letter(
            _l("%(employer)s withdrew its invitation"),
            _l("The invitation to the position “%(position)s” was withdrawn. %(reason)s"),
            STUDENT_URL,
        ),
    },
    "decline": {
        EMPLOYER: Letter(
            _l("%(student)s declined your invitation"),
            _l("%(student)s declined the position “%(position)s”. %(reason)s"),
            EMPLOYER_URL,
        ),
    },
    "expire": {
        STUDENT: Letter(
            _l("The invitation of %(employer)s has expired"),
            _l("You did not answer in time. If you are still interested, "
               "ask the employer to invite you again."),
            STUDENT_URL,
        ),
        EMPLOYER: Letter(
            _l("Your invitation to %(student)s has expired"),
            _l("%(student)s did not answer by %(until)s. You may invite again."),
            EMPLOYER_URL,
        ),
    },
}  # fmt: skip
_WAITS = _l(
    "The invitation to the position “%(position)s” waits for your answer until %(until)s; "
    "after that it ends by itself."
)
LETTERS = {
    **LETTERS,
    "nudge": {
        STUDENT: Letter(
            _l("%(who)s asks you to answer the invitation of %(employer)s"), _WAITS, STUDENT_URL
        )
    },
    "nudge_student": {
        STUDENT: Letter(_l("%(employer)s asks you to answer its invitation"), _WAITS, STUDENT_URL)
    },
}
# the employer hears of accepting by the placement that it forms; of closing as untrue the report tells
SILENT = ("void",)

BATCH = Letter(
    _l("You sent invitations to %(count)s students"),
    _l("In your name %(count)s students were invited to the position “%(position)s”."),
    "/employer/invitations/",
    everywhere=True,
)
REMINDER = Letter(
    _l("%(employer)s awaits your answer until %(until)s"),
    _l("The invitation to the position “%(position)s” ends by itself after that."),
    STUDENT_URL,
)


def tell_of_batch(made: Sequence[Invitation], batch: str) -> None:
    """The employer is told everywhere, once for a batch, that letters went out in its name (INV-20)."""
    if made:
        values = {"count": len(made), "position": made[0].terms.position}
        for user in users_of(employer_id=made[0].employer_id):
            tell(user, f"letters:{batch}", BATCH, values)


def remind_student(invitation: Invitation) -> None:
    """The student is reminded before the invitation ends (NTF-03)."""
    values = {
        "id": invitation.id,
        "employer": invitation.employer.name,
        "position": invitation.terms.position,
        "until": clock.shown_deadline(invitation.reply_by),
    }
    users = users_of(student_id=invitation.student_id)
    name = f"invitation:{invitation.id}"
    since, until = invitation.changed_at, invitation.reply_by  # sent, or amended since
    remind(users, name, since, until, REMINDER, values, invitation.school_id)


def students_account(student_id: int) -> list[AppUser]:
    """The account of a student; whose file came a moment ago has none yet, and gets it now (INV-07)."""
    if found := users_of(student_id=student_id):
        return found
    open_accounts("s.id = :id", id=student_id)
    return users_of(student_id=student_id)


def told_key(invitation: Invitation, step: str) -> str:
    """The event by which the student was last told of the letter, where that was this step."""
    return event_key("invitation", invitation.id, step, invitation.sent_at)


def reach_of_students(found: Sequence[Invitation]) -> dict[int, Reach]:
    """How far each of these letters, as it stands now, has come to its student, by invitation (NTF-05)."""
    keys = {told_key(row, step): row for row in found for step in ("send", "amend")}
    reached = {keys[key].id: rows[0] for key, rows in reach_of(keys).items() if rows}
    return {row.id: _as_read(row, reached.get(row.id)) for row in found}


def _as_read(invitation: Invitation, reach: Reach | None) -> Reach:
    if reach is None:
        reach = Reach("", Fate.UNTOLD, why=str(WHY[NO_ACCOUNT]))
    if invitation.read_at is None:
        return reach
    return replace(reach, fate=Fate.READ, ways=(), why="")


def tell_parties(change: Change) -> None:
    """Tell whom the table names, once for this step of this record (GRD-06)."""
    invitation: Invitation = change.record
    values = {
        "id": invitation.id,
        "who": who_reminds(change) if change.step.quiet else "",
        "student": invitation.student.name,
        "employer": invitation.employer.name,
        "position": invitation.terms.position,
        "until": clock.shown_deadline(invitation.reply_by),
        "reason": change.reason,
    }
    people: People = {
        STUDENT: lambda: students_account(invitation.student_id),
        EMPLOYER: lambda: users_of(employer_id=invitation.employer_id),
    }
    tell_of(change, LETTERS, people, values, invitation.school_id)
