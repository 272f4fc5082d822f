"""The first sign-in: a code proves the contact, the rest is how to reach the student (ACC-04)."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.accounts import code_budgets, contacts, one_time, own_contacts, reach, security_log
from app.accounts.identifiers import email_taken
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.warnings import warn
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.people.students.models import Student
from app.people.students.queries import code_contact
from app.people.students.sheets import MAIL_TAKEN
from app.workflow.engine import committed
from app.workflow.locks import lock_row

VERIFY = "verify"  # the purpose of the first sign-in's code
# for so long the code that set the password proves the contact
PROVES_CONTACT = timedelta(hours=24)


def verify(
    student: Student, user: AppUser, values: dict[str, str], code: str, *, campus: bool = False
) -> None:
    """Pass the first sign-in: the code proves the contact, the rest is how to reach the student (ACC-04).

    The code that set the password proves it too (`contact_proved`). Whose code came by mail keeps that
    address: another one would be proved by nothing (ACC-13). Who came in by its campus's
    service has proved who it is (CHN-08): the code may be left out, since no phone may be on record, or one
    that is not the student's any more. The code is looked at first: a wrong one writes nothing. A mail that
    is on record stays while a changed way in is held (ACC-15). Commits. Raises Invalid for the code, or for
    an e-mail of another account, and the code stays good.
    """
    by_campus = campus and not code.strip()

    def act() -> None:
        lock_row(Student, student.id)
        contact = code_contact(student, user)
        factor = "campus" if by_campus else contact[0] if contact else mail.SMS
        if not by_campus and not contact_proved(student, user):
            factor = one_time.check(f"student:{student.id}", VERIFY, code)
        email = values.get("email", "").strip()
        if contact is not None and contact[0] == mail.MAIL and not campus:
            email = contact[1]
        if reach.has_mail(user) and contacts.hold_of(user, clock.now()) is not None:
            email = user.email
        _check_mail(email, user)
        own_contacts.keep_mail(user, student, email, actor_of(user, factor=factor))
        student.address, student.verified_at = values["address"], clock.now()
        security_log.note("first_sign_in", user=user, who=actor_of(user), proof=factor)
        warn(user, f"verified:{user.id}:{student.verified_at.isoformat()}", *VERIFIED)

    committed(act)


VERIFIED = (
    _l("The first sign-in to your account was passed"),
    _l(
        "Somebody has confirmed your details by a code to your phone or e-mail; e-mail and address were "
        "set."
    ),
)


def contact_proved(student: Student, user: AppUser) -> bool:
    """Whether the account's password was just set by a code to where its codes go now: phone or mail."""
    contact = code_contact(student, user)
    return contact is not None and code_budgets.proved_lately(
        f"user:{user.id}", code_budgets.Pool.RESET, contact[1], PROVES_CONTACT
    )


def send_first_code(student: Student, user: AppUser) -> tuple[str, str]:
    """Send the code of the first sign-in; where to. Raises Refused: unreachable, or asked too often."""
    contact = code_contact(student, user)
    if contact is None:
        raise Refused(str(one_time.UNREACHED))
    one_time.send(f"student:{student.id}", VERIFY, *contact, pool=code_budgets.Pool.FIRST)
    return contact


def keep_address(student: Student, address: str) -> None:
    """Change what a student keeps itself without more: the postal address (ACC-12). Commits."""
    student.address = address
    db.session.commit()


def _check_mail(email: str, user: AppUser) -> None:
    if email_taken(email, but=user.id):
        raise Invalid([("email", str(MAIL_TAKEN))])
