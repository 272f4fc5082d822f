"""Account, record and sign-in have one e-mail address; what a wrong one had opened ends (ACC-15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from app.accounts.contact_models import ContactChange
from app.accounts.contacts import SELF, password_digest
from app.accounts.identifiers import identify, identify_all, identify_if_free
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.workflow.actor import Role


def read_anew(users: Sequence[int]) -> None:
    """The accounts as they are behind the locks, for changing them."""
    wanted = select(AppUser).where(AppUser.id.in_(users)).order_by(AppUser.id)
    again = wanted.with_for_update(key_share=True, of=AppUser)
    db.session.scalars(again.execution_options(populate_existing=True)).all()


def end_what_was_opened(row: ContactChange, user: AppUser, record: Any) -> None:
    """A password, a first sign-in, a mail that came since the change are none."""
    if password_digest(user) != row.password_digest:
        user.password = None
    if user.role == Role.STUDENT:
        record.verified_at = None
    later = db.session.scalars(
        select(ContactChange)
        .where(
            ContactChange.user_id == user.id,
            ContactChange.channel == mail.MAIL,
            ContactChange.source == SELF,
            ContactChange.at >= row.at,
            ContactChange.undone_at.is_(None),
        )
        .order_by(ContactChange.id)
    ).all()
    for change in later:
        change.undone_at = clock.now()
    if later:
        write_mail(user, record, later[0].old)


def write_mail(user: AppUser, record: Any, email: str | None) -> None:
    """Account, record and sign-in have the same address; without one the account has its placeholder."""
    user.email = email or f"{record.uid}@invalid"
    student = user.role == Role.STUDENT
    record.email = email if student else email or ""
    write: Callable[..., None] = identify if student else identify_if_free
    write(user, "email", email or "")


def write_mails(pairs: Sequence[tuple[AppUser, Any]]) -> None:
    """Accounts and sign-ins of many have the e-mails of their records; nothing is taken from another account.

    Raises IntegrityError where another account has an address. Not committed.
    """
    for user, student in pairs:
        user.email = student.email or f"{student.uid}@invalid"
    db.session.flush()
    identify_all("email", {user.id: student.email for user, student in pairs})
