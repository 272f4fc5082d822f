"""A subject of a campus's service is bound to an account, and released (CHN-08)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import security_log
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusIdentity, CampusSession, SignInWay
from app.accounts.models import AccountSession, ActProof, AppUser
from app.accounts.queries import actor_of
from app.accounts.warnings import warn
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

HELD = timedelta(hours=72)  # so long a campus account linked to an account in use proves no act


class NotOpened(Refused):
    """The service vouches for the person, but no account may be opened by it. `why` is for the log."""

    def __init__(self, text: str, why: str, user: AppUser | None = None) -> None:
        super().__init__(text)
        self.why, self.user = why, user


def living(way: SignInWay, subject: str) -> CampusIdentity | None:
    """The account of this subject of the way's issuer at the way's school."""
    return db.session.scalars(
        select(CampusIdentity).where(
            CampusIdentity.school_id == way.school_id,
            CampusIdentity.issuer == way.issuer,
            CampusIdentity.subject == subject,
            CampusIdentity.ended_at.is_(None),
        )
    ).first()


def bind(way: SignInWay, claim: Claim, user: AppUser) -> None:
    """Bind the subject to the account; of two at once one wins. Raises NotOpened for a second subject."""
    now = clock.now()
    row = {
        "way_id": way.id,
        "school_id": way.school_id,
        "issuer": way.issuer,
        "subject": claim.subject,
        "number": claim.number,
        "user_id": user.id,
        "bound_at": now,
        "last_at": now,
        "proves_from": _proves_from(user, now),
    }
    added = insert(CampusIdentity).values(row).on_conflict_do_nothing().returning(CampusIdentity.id)
    key = db.session.scalar(added)
    if key is None:
        there = living(way, claim.subject)
        if there is None or there.user_id != user.id:
            raise NotOpened(
                _(
                    "Another campus account is linked to this record already. If it is not yours, tell "
                    "your college officer at once: both of you are told."
                ),
                "record bound to another subject",
                user,
            )
        return
    security_log.note("campus_bound", user=user, who=actor_of(user), way=way.mark)
    tell_owner(
        user,
        f"campus-bound:{key}",
        _("A campus account was linked"),
        _(
            "From now on the campus account “%(name)s” (%(way)s) opens your account at Qingqian. If this was "
            "not you, call the employment office at once.",
            name=masked(claim.number or claim.subject),
            way=way.label_zh,
        ),
    )


def _proves_from(user: AppUser, now: datetime) -> datetime:
    """From when a campus account that is linked now may prove an act.

    At once at a first sign-in: nothing else has opened the account yet. After 72 hours where the account
    was used before, so that its owner, who is told, has time to say no; and 72 hours after staff changed
    the student number, by which somebody else's campus account could be made to fit (ACC-15).
    """
    used = user.password is not None or user.last_login is not None
    changed = db.session.scalar(
        select(func.max(Trail.at)).where(
            Trail.kind == "student",
            Trail.record_id == user.student_id,
            Trail.details["changed"].has_key("student_no"),
        )
    )
    return max(now + HELD if used else now, changed + HELD if changed else now)


def masked(text: str) -> str:
    """As messages and logs name a campus account: the first and the last two characters."""
    return text if len(text) <= 4 else f"{text[:2]}***{text[-2:]}"


def tell_owner(user: AppUser, key: str, subject: str, body: str, who: Actor | None = None) -> None:
    """On every contact the person has, or had of late, with the link that freezes. Not committed."""
    warn(user, key, subject, body, who=who)


def release(identity: CampusIdentity, by: Actor, reason: str = "") -> None:
    """The campus account no longer opens the account; sessions begun by it and proofs end. Commits.

    By the person (its code is checked before) or by an administrator; the person's contacts are told.
    Raises NotYours.
    """
    if by.user_id != identity.user_id and by.role is not Role.ADMIN:
        raise NotYours("campus_identity")
    row = db.session.get_one(
        CampusIdentity, identity.id, with_for_update=True, populate_existing=True
    )
    if row.ended_at is not None:
        db.session.rollback()
        return
    row.ended_at, row.ended_by = clock.now(), by.user_id
    user = db.session.get_one(AppUser, row.user_id)
    own = select(CampusSession.token).where(CampusSession.subject == row.subject)
    for session in db.session.scalars(
        select(AccountSession).where(
            AccountSession.user_id == user.id, AccountSession.token.in_(own)
        )
    ):
        db.session.delete(session)
    db.session.execute(
        update(ActProof)
        .where(ActProof.user_id == user.id, ActProof.used_at.is_(None))
        .values(used_at=clock.now())
    )
    security_log.note("campus_released", user=user, who=by, reason=reason)
    who = _("you") if by.user_id == user.id else by.name
    tell_owner(
        user,
        f"campus-released:{row.id}",
        _("A campus account was unlinked"),
        _(
            "The campus account “%(name)s” no longer opens your account at Qingqian: unlinked by %(who)s. If "
            "you did not want this, call the employment office at once.",
            name=masked(row.number or row.subject),
            who=who,
        ),
        by,
    )
    db.session.commit()
