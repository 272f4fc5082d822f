"""The campus sign-in as the fresh proof of one act on one record as it stands, good once (ACC-10)."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _
from sqlalchemy import select, true

from app.accounts import hold_confirming, noted_proofs, security_log
from app.accounts.campus.binding import NotOpened, living
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusIdentity, SignInWay
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db

FACTOR = "campus"

# what else a campus sign-in speaks for: called with the account; it may commit
PROVED: list[Callable[[AppUser], object]] = [hold_confirming.confirm_by_campus]


def proved(user: AppUser, identity: CampusIdentity) -> None:
    """The person has signed in at the campus: tell whoever waits for such a word (ACC-15). Not committed.

    A campus account that was linked to an account in use only lately does not speak for anything yet.
    """
    if identity.proves_from <= clock.now():
        for told in PROVED:
            told(user)


def way_for(user: AppUser) -> SignInWay | None:
    """The way by which this person can prove an act: the one used last."""
    return db.session.scalars(
        select(SignInWay)
        .join(CampusIdentity, CampusIdentity.way_id == SignInWay.id)
        .where(
            CampusIdentity.user_id == user.id,
            CampusIdentity.ended_at.is_(None),
            CampusIdentity.proves_from <= clock.now(),
            SignInWay.active == true(),
        )
        .order_by(CampusIdentity.last_at.desc())
        .limit(1)
    ).first()


def is_linked(user: AppUser) -> bool:
    """Whether a campus account is linked to this account."""
    mine = (CampusIdentity.user_id == user.id, CampusIdentity.ended_at.is_(None))
    return db.session.scalar(select(CampusIdentity.id).where(*mine).limit(1)) is not None


def give(way: SignInWay, claim: Claim, user: AppUser, purpose: str) -> None:
    """Keep that the person has signed in anew for this act, and commit. Raises NotOpened."""
    identity = living(way, claim.subject)
    if identity is None or identity.user_id != user.id:
        raise NotOpened(
            _("This is not the campus account that is linked to you."), "proof by another", user
        )
    if not way.active or not claim.anew:
        raise NotOpened(
            _(
                "The campus service did not ask for your password anew, so this proves nothing. Use a code."
            ),
            "proof not anew",
            user,
        )
    if identity.proves_from > clock.now():
        raise NotOpened(
            _(
                "Your campus account was linked only lately: for 72 hours it proves no act. Use a code."
            ),
            "proof too early",
            user,
        )
    noted_proofs.note_proof(user, purpose, FACTOR)
    security_log.note("campus_proof", user=user, who=actor_of(user), way=way.mark)
    db.session.commit()
