"""A frozen account: nothing is done by it and nobody signs in, until a person has cleared it (INV-20).

It is frozen by the link «this was not me»; the rules of opening it again stand in `app.signing.disputes`.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.accounts import beside, code_voiding, living_sessions
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import OWN_WORD
from app.accounts.models import AppUser
from app.accounts.reach import REMEMBERED
from app.core import clock
from app.core.db import db, forget, remembered
from app.core.errors import Refused
from app.workflow.actor import Actor, Role
from app.workflow.locks import lock_row

PARTY = _l(
    "This account is frozen: somebody answered one of our messages with “This was not me”. "
    "Speak to your school's employment office (employers: to the school that approved you); "
    "it opens the account again once it has spoken to you."
)
STAFF = _l(
    "This account is frozen: somebody answered one of our messages with “This was not me”. "
    "Speak to an administrator of the platform, who opens it again."
)


def sentence(user_id: int, *, taken: bool = False) -> Any:
    """Why this account may do nothing now; None where it is not frozen.

    With `taken` the account's row is locked for sharing until the commit: a freeze comes before or
    after the act, never in between.
    """
    if not taken and beside.of_asker(user_id):
        return None  # a page is made for a session that lives, and a frozen account has none
    role = remembered(("frozen", user_id, taken), lambda: _role_if_frozen(user_id, taken))
    if role is None:
        return None
    return PARTY if role in (Role.STUDENT, Role.EMPLOYER) else STAFF


def _role_if_frozen(user_id: int, taken: bool) -> str | None:
    wanted = select(AppUser.role, AppUser.frozen_at).where(AppUser.id == user_id)
    row = db.session.execute(wanted.with_for_update(read=True) if taken else wanted).first()
    return (row.role or "") if row is not None and row.frozen_at is not None else None


def refuse_frozen(user: AppUser, *, taken: bool = False) -> None:
    """Raises Refused with the sentence where the account is frozen."""
    if text := sentence(user.id, taken=taken):
        raise Refused(str(text))


def freeze(user_id: int) -> None:
    """Nothing goes in or out: sessions end, codes are void, held changes wait. Not committed."""
    lock_row(AppUser, user_id)
    user = db.session.get_one(AppUser, user_id)
    code_voiding.void_free(f"user:{user.id}", f"student:{user.student_id or 0}")
    user.frozen_at = user.frozen_at or clock.now()
    living_sessions.end_all_sessions(user_id)
    db.session.execute(
        update(ContactChange).where(*_open_changes(user_id)).values(disputed_at=clock.now())
    )
    _forget(user_id)


def thaw(user_id: int, *, taken_back: bool) -> None:
    """The account opens again, without a password: whoever set one may have been another. Not committed.

    `taken_back`: what was disputed was another's hand, so that it holds nothing any more.
    """
    lock_row(AppUser, user_id)
    user = db.session.get_one(AppUser, user_id)
    code_voiding.void(f"user:{user.id}", f"student:{user.student_id or 0}")
    user.frozen_at, user.password, user.must_change_password = None, None, False
    living_sessions.end_all_sessions(user_id)
    now = {"disputed_at": None} | ({"undone_at": clock.now()} if taken_back else {})
    mine = (ContactChange.user_id == user_id, ContactChange.disputed_at.is_not(None))
    db.session.execute(update(ContactChange).where(*mine).values(now))
    _forget(user_id)


def _open_changes(user_id: int) -> tuple[Any, ...]:
    """What was changed lately and can be another's hand: whatever nobody who owns it has confirmed."""
    return (
        ContactChange.user_id == user_id,
        ContactChange.at > clock.now() - REMEMBERED,
        ContactChange.undone_at.is_(None),
        ContactChange.disputed_at.is_(None),
        ContactChange.confirmed_by.not_in(OWN_WORD),
    )


def _forget(user_id: int) -> None:
    db.session.flush()
    for taken in (False, True):
        forget(("frozen", user_id, taken))


def not_frozen(actor: Actor, taken: bool) -> str | None:
    """A frozen account takes no step of any table (INV-20)."""
    return sentence(actor.user_id or 0, taken=taken)
