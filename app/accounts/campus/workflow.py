"""Whose account a campus sign-in opens: bound once, by issuer, subject and record, never by a name (CHN-08).

A student's subject is bound at its first sign-in, when the number that the service claims is the number
of exactly one record of the way's school. A member of staff has no such record: it binds its own account,
signed in by other means and with a fresh code. An e-mail address or a name binds nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import freezing, one_time, security_log
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusIdentity, CampusSession, SignInWay
from app.accounts.models import AccountSession, ActProof, AppUser
from app.accounts.queries import actor_of
from app.accounts.warnings import warn
from app.core import clock, mail
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.limits import Limit
from app.core.registry import stores
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

HELD = timedelta(hours=72)  # so long a campus account linked to an account in use proves no act
TOLD_OF_STRANGERS = Limit("campus-stranger", 3, timedelta(days=1))  # messages about one account
RELEASE = "campus-release"
BIND = "campus-bind"


class NotOpened(Refused):
    """The service vouches for the person, but no account may be opened by it. `why` is for the log."""

    def __init__(self, text: str, why: str, user: AppUser | None = None) -> None:
        super().__init__(text)
        self.why, self.user = why, user


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
    _bind(way, claim, user)
    _seen(user)
    return user


def _bind(way: SignInWay, claim: Claim, user: AppUser) -> None:
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
    _tell(
        user,
        f"campus-bound:{key}",
        _("A campus account was linked"),
        _(
            "From now on the campus account “%(name)s” (%(way)s) opens your account at Qingqian. If this was "
            "not you, call the employment office at once.",
            name=_masked(claim.number or claim.subject),
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


def _masked(text: str) -> str:
    return text if len(text) <= 4 else f"{text[:2]}***{text[-2:]}"


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
        details = {"subject": _masked(claim.subject), "number": _masked(claim.number)}
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
        _tell(
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


def _tell(user: AppUser, key: str, subject: str, body: str, who: Actor | None = None) -> None:
    """On every contact the person has, or had of late, with the link that freezes. Not committed."""
    warn(user, key, subject, body, who=who)


# -- the session there and the session here ---------------------------------------------------


def keep_session(way: SignInWay, claim: Claim, token: bytes) -> None:
    """Note what the service calls this session of ours. Not committed."""
    sealed = cipher().encrypt(claim.hint, _context(token)) if claim.hint else None
    db.session.add(
        CampusSession(
            token=token, way_id=way.id, subject=claim.subject, sid=claim.sid, hint_sealed=sealed
        )
    )
    db.session.flush()


def hint_of(kept: CampusSession) -> str:
    """The id_token of the session; empty where there is none."""
    return cipher().decrypt(kept.hint_sealed, _context(kept.token)) if kept.hint_sealed else ""


def _context(token: bytes) -> str:
    return f"CampusSession.hint:{token.hex()}"


def end_there_and_here(way: SignInWay, subject: str, sid: str) -> int:
    """The service says that a session is over (of this subject: all): ours are too. Commits; how many."""
    mine = CampusSession.sid == sid if sid else CampusSession.subject == subject
    wanted = select(CampusSession.token).where(CampusSession.way_id == way.id, mine)
    if sid and subject:
        wanted = wanted.where(CampusSession.subject == subject)
    rows = db.session.scalars(
        select(AccountSession).where(AccountSession.token.in_(wanted)).with_for_update()
    ).all()
    for row in rows:
        user = db.session.get(AppUser, row.user_id)
        security_log.note("sign_out", user=user, way=way.mark, by="campus")
        db.session.delete(row)
    db.session.commit()
    return len(rows)


# -- binding and releasing by hand ------------------------------------------------------------


def send_code(user: AppUser, purpose: str) -> tuple[str, str]:
    """A fresh code for binding or releasing; the own contact it went to. Commits. Raises Refused."""
    found = stores().contacts.get(Role(user.role or ""))
    contact = found(user) if found else (mail.MAIL, user.email)
    if contact is None or contact[1].endswith("@invalid"):
        raise Refused(_("No phone or e-mail is on record to which a code could be sent."))
    act = _("Campus sign-in")
    one_time.send(f"user:{user.id}", purpose, *contact, act=act)
    return contact


def check_code(user: AppUser, purpose: str, code: str) -> None:
    """Use the code up. Not committed. Raises Invalid for the field ``code``."""
    if not code.strip():
        raise Invalid([("code", _("Please ask for a code and enter it."))])
    one_time.check(f"user:{user.id}", purpose, code)


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
    _bind(way, claim, user)
    db.session.commit()


def _same(owner: AppUser, user: AppUser) -> None:
    if owner.id != user.id:
        raise NotOpened(
            _("The campus service gives another student number than your record has."),
            "another number",
            user,
        )


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
    _tell(
        user,
        f"campus-released:{row.id}",
        _("A campus account was unlinked"),
        _(
            "The campus account “%(name)s” no longer opens your account at Qingqian: unlinked by %(who)s. If "
            "you did not want this, call the employment office at once.",
            name=_masked(row.number or row.subject),
            who=who,
        ),
        by,
    )
    db.session.commit()


__all__ = [
    "NotOpened",
    "bind_own",
    "check_code",
    "end_there_and_here",
    "hint_of",
    "keep_session",
    "living",
    "note_sign_in",
    "refused",
    "release",
    "send_code",
    "signed_in",
]
