"""Who is told that an account is under dispute and frozen, and that it is open again (INV-20)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, true

from app.accounts.models import AppUser
from app.core.db import db
from app.notices.letters import Letter, Letters
from app.notices.workflow import People, tell_of
from app.people.schools.queries import provincial_staff, staff_of
from app.signing.disputes.models import Dispute
from app.workflow.actor import PARTIES, Role
from app.workflow.steps import Change

PERSON, OFFICE = "person", "office"
URL = "/disputes/show/%(id)s"

LETTERS: Letters = {
    "report": {
        OFFICE: Letter(
            _l("%(name)s says “This was not me”: the account is frozen"),
            _l(
                "The message that was answered: “%(subject)s”. Speak to the person by a way that nobody "
                "changed lately, then decide."
            ),
            URL,
        ),
        PERSON: Letter(
            _l("Your account is frozen"),
            _l(
                "The message “%(subject)s” was answered with “This was not me”. Nothing is done by the "
                "account and nobody signs in until your school, or an administrator, has spoken to you."
            ),
            everywhere=True,
        ),
    },
    "uphold": {
        OFFICE: Letter(
            _l("Another's hand on the account of %(name)s"),
            _l(
                "It was confirmed; the account stays frozen until it is put right. Reason: %(reason)s"
            ),
            URL,
        ),
    },
    "clear": {
        OFFICE: Letter(
            _l("The account of %(name)s is open again"),
            _l("Who spoke to the person writes: %(reason)s"),
            URL,
        ),
        PERSON: Letter(
            _l("Your account is open again"),
            _l(
                "It was opened after a talk with you. Set a new password by code; the old one no longer "
                "works. Reason: %(reason)s"
            ),
            everywhere=True,
        ),
    },
}
# the account is frozen already and its dispute waits on every desk
SILENT = ("also",)


def tell(change: Change) -> None:
    """Tell school and province of a party, the administrators of staff; and the person everywhere."""
    dispute: Dispute = change.record
    values = {
        "id": dispute.id,
        "name": dispute.name,
        "subject": dispute.subject,
        "reason": change.reason,
    }
    people: People = {
        OFFICE: lambda: [user for user in _office(dispute) if user.id != dispute.user_id],
        PERSON: lambda: [db.session.get_one(AppUser, dispute.user_id)],
    }
    tell_of(change, LETTERS, people, values, dispute.school_id)


def _office(dispute: Dispute) -> list[AppUser]:
    if dispute.role not in PARTIES:
        admins = select(AppUser).where(
            AppUser.role.in_((Role.ADMIN, Role.SECURITY)), AppUser.active == true()
        )
        return list(db.session.scalars(admins))
    school = staff_of(dispute.school_id) if dispute.school_id else []
    return [*school, *provincial_staff()]
