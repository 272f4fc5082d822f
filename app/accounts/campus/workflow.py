"""Whose account a campus sign-in opens: bound once, by issuer, subject and record, never by a name (CHN-08).

A student's subject is bound at its first sign-in, when the number that the service claims is the number
of exactly one record of the way's school. A member of staff has no such record: it binds its own account,
signed in by other means and with a fresh code. An e-mail address or a name binds nobody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts import freezing, security_log
from app.accounts.campus.binding import NotOpened, bind, living, masked, tell_owner
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusIdentity, SignInWay
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.limits import Limit
from app.core.registry import stores
from app.workflow.actor import Role

TOLD_OF_STRANGERS = Limit("campus-stranger", 3, timedelta(days=1))  # messages about one account


def signed_in(way: SignInWay, claim: Claim) -> AppUser:
    """The account that this sign-in opens, bound now where it is the first. Not committed.

    Raises NotOpened; a refusal is logged, told and committed by `refused`.
    """
    if not way.active:
        raise NotOpened(_("This way of signing in is switched off."), "way off")
    identity = living(way, claim.subject)
    if identity is None:
        return _first(way, claim)
    user = db.session.get_one(AppUser, identity.user_id)
    _may(way, user)
    if user.role == Role.STUDENT:
        _still_the_same(way, claim, identity)
    identity.last_at = clock.now()
    _seen(user)
    return user


def _may(way: SignInWay, user: AppUser) -> None:
    """The account lives, is of the way's school, and of those who may use it."""
    allowed = {
        "students": user.role == Role.STUDENT,
        "staff": user.is_staff,
        "both": user.role == Role.STUDENT or user.is_staff,
    }
    if not user.active:
        raise NotOpened(_no_record(), "account inactive", user)
    if text := freezing.sentence(user.id):
        raise NotOpened(str(text), "account frozen", user)
    if user.school_id != way.school_id:
        raise NotOpened(_no_record(), "account of another school", user)
    if not allowed.get(way.who, False):
        raise NotOpened(
            _("This way of signing in is not meant for you."), "not for this role", user
        )


def _no_record() -> str:
    return _(
        "The campus service knows you, but no account here belongs to it. Students: ask your college "
        "officer whether your student number is right. Staff: sign in with your password first and link "
        "your campus account."
    )


def _still_the_same(way: SignInWay, claim: Claim, identity: CampusIdentity) -> None:
    """A subject that now carries another record's number is somebody else: names are given anew."""
    of_number = _owner(way, claim.number)
    other = of_number is not None and of_number.id != identity.user_id
    if other or (of_number is None and claim.number != identity.number):
        user = db.session.get(AppUser, identity.user_id)
        raise NotOpened(
            _(
                "The campus service gives another student number than before. Ask your college officer."
            ),
            "another number than bound",
            user,
        )
    identity.number = claim.number


def _owner(way: SignInWay, number: str) -> AppUser | None:
    """The account of the one record of the way's school that has this number."""
    found = {user.id: user for user in stores().accounts_by_number(way.school_id, number)}
    return next(iter(found.values())) if number and len(found) == 1 else None


def _first(way: SignInWay, claim: Claim) -> AppUser:
    user = _owner(way, claim.number) if way.who != "staff" else None
    if user is None:
        raise NotOpened(_no_record(), "no record of this number")
    _may(way, user)
    bind(way, claim, user)
    _seen(user)
    return user


def _seen(user: AppUser) -> None:
    user.last_login, user.login_count = clock.local_naive(), (user.login_count or 0) + 1


def note_sign_in(way: SignInWay, user: AppUser) -> None:
    """A line of the security log. Not committed."""
    security_log.note("campus_sign_in", user=user, who=actor_of(user), way=way.mark)


def refused(way: SignInWay, error: Any, claim: Claim | None = None) -> None:
    """Write into the security log what was not let in, tell whose account was meant, and commit."""
    db.session.rollback()
    user = getattr(error, "user", None)
    details: dict[str, Any] = {}
    if claim is not None:
        details = {"subject": masked(claim.subject), "number": masked(claim.number)}
    outcome = security_log.DENIED if claim else security_log.FAILED
    security_log.note(
        "campus_sign_in",
        user=user,
        outcome=outcome,
        way=way.mark,
        why=getattr(error, "why", "unreachable"),
        **details,
    )
    db.session.commit()
    if user is not None and claim is not None and TOLD_OF_STRANGERS.take(user.id):
        key = f"campus-denied:{user.id}:{clock.now().isoformat()}"
        tell_owner(
            user,
            key,
            _("A campus sign-in to your account was refused"),
            _(
                "Somebody signed in at the campus service (%(way)s) and wanted to open your account at "
                "Qingqian; it was refused. If this was not you, tell the employment office.",
                way=way.label_zh,
            ),
        )
        db.session.commit()


def bind_own(way: SignInWay, claim: Claim, user: AppUser) -> None:
    """A person who is signed in binds the campus account it has just shown to be its own. Commits.

    The fresh code was used up before the person was sent there. Raises NotOpened.
    """
    if not way.active or not claim.anew:
        raise NotOpened(_("Please sign in at the campus service anew."), "not anew", user)
    _may(way, user)
    there = living(way, claim.subject)
    if there is not None and there.user_id != user.id:
        raise NotOpened(
            _("This campus account opens another account here already."), "subject bound", user
        )
    if user.role == Role.STUDENT and (owner := _owner(way, claim.number)) is not None:
        _same(owner, user)
    elif user.role == Role.STUDENT:
        raise NotOpened(_no_record(), "no record of this number", user)
    bind(way, claim, user)
    db.session.commit()


def _same(owner: AppUser, user: AppUser) -> None:
    if owner.id != user.id:
        raise NotOpened(
            _("The campus service gives another student number than your record has."),
            "another number",
            user,
        )


__all__ = [
    "bind_own",
    "note_sign_in",
    "refused",
    "signed_in",
]
