"""Who is asking, which account an identifier means, which sessions are alive."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import (
    ARRAY,
    Integer,
    LargeBinary,
    Select,
    all_,
    any_,
    bindparam,
    delete,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.accounts import beside, devices
from app.accounts.factor_models import CodeApp, Passkey
from app.accounts.models import AccountSession, AppUser, Identifier
from app.core import clock, steady
from app.core.crypto import cipher
from app.core.db import db
from app.core.emails import clean_email
from app.core.errors import NotYours
from app.core.identity import clean
from app.core.identity import spellings as spellings_of_number
from app.core.phones import folded
from app.core.text import clean_code
from app.workflow.actor import ADMINISTRATORS, Actor, Role

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
TOUCH = timedelta(minutes=1)  # how stale `seen_at` may be


@dataclass(frozen=True)
class Proof:
    """What a session knows of the second factor: whether the person has one, when it was proved."""

    enrolled: bool
    at: datetime | None
    way: str


NO_PROOF = Proof(enrolled=False, at=None, way="")


@dataclass(frozen=True)
class Living:
    """A living session: whose, when asked, what it proved, when it ends; `last`: whatever comes.

    `record` is what the account stands for, `answers` what the page will ask, where that was known.
    """

    user: AppUser
    now: datetime
    proof: Proof
    ends: datetime
    last: bool
    record: object
    answers: Mapping[Hashable, Any]


def proof() -> Proof:
    """The second factor of this request's session."""
    found: Proof = g.get("proof") or NO_PROOF
    return found


def actor(factor: str = "") -> Actor:
    """The person of this request. Raises NotYours for nobody."""
    user = g.get("user")
    if user is None or not user.is_authenticated:
        raise NotYours("anonymous")
    return beside.NAMED.get() or actor_of(user, factor)


def actor_of(user: AppUser, factor: str = "") -> Actor:
    """The actor that an account stands for, with address and device where a request runs."""
    here = has_request_context()
    mine = proof() if here and getattr(g.get("user"), "id", None) == user.id else NO_PROOF
    return Actor(
        role=Role(user.role or ""),
        user_id=user.id,
        name=user.display_name,
        school_id=user.school_id,
        college_id=user.college_id,
        employer_id=user.employer_id,
        student_id=user.student_id,
        address=(request.remote_addr or "") if here else "",
        device=str(request.user_agent)[:200] if here else "",
        device_id=devices.current() if here else "",
        factor=factor,
        steps_up=mine.enrolled or (mine is not NO_PROOF and g.get("factor_required", False)),
        factor_at=mine.at,
        stepped_up=mine.way,
    )


def digest(kind: str, value: str, school: str = "") -> bytes:
    """What an identifier is kept as; a student number counts within its school only."""
    text = _READ.get(kind, clean_code)(value)
    return cipher().blind_index(f"sign-in:{kind}", text + ("@" + school if school else ""))


# how the value of a kind is folded before it becomes a digest, where it is no plain code
_READ: Mapping[str, Callable[[str], str]] = {
    "phone": lambda text: folded(text).replace("-", ""),
    "id_number": clean,
}


def identify(user: AppUser, kind: str, value: str | None, school: str = "") -> None:
    """Let the account sign in by this value; an empty one takes the way away. Not committed."""
    if not value:
        db.session.execute(
            delete(Identifier).where(Identifier.user_id == user.id, Identifier.kind == kind)
        )
        return
    row = insert(Identifier).values(user_id=user.id, kind=kind, digest=digest(kind, value, school))
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["user_id", "kind"], set_={"digest": row.excluded.digest}
        )
    )


def identify_if_free(user: AppUser, kind: str, value: str) -> None:
    """As `identify`, unless another account signs in by this value: it must not lose its way in."""
    taken = db.session.scalar(
        select(Identifier.id).where(
            Identifier.digest == digest(kind, value), Identifier.user_id != user.id
        )
    )
    identify(user, kind, None if taken is not None else value)


def identify_all(kind: str, values: Mapping[int, str | None], school: str = "") -> None:
    """As `identify_if_free` for many accounts (user id → value) at once. Not committed."""
    wanted = {user: digest(kind, value, school) for user, value in values.items() if value}
    of_digest: dict[bytes, int] = {}
    for user, found in wanted.items():
        of_digest.setdefault(found, user)
    users = literal(list(values), ARRAY(Integer))
    digests = literal(list(of_digest), ARRAY(LargeBinary))
    others = select(Identifier.digest).where(
        Identifier.digest == any_(digests), Identifier.user_id != all_(users)
    )
    for found in db.session.scalars(others):
        of_digest.pop(found, None)
    db.session.execute(
        delete(Identifier).where(Identifier.user_id == any_(users), Identifier.kind == kind)
    )
    new = "INSERT INTO identifier (user_id, kind, digest) SELECT u, :kind, d FROM unnest(:us, :ds) f(u, d)"
    pairs = {"us": list(of_digest.values()), "ds": list(of_digest), "kind": kind}
    types = (bindparam("us", type_=ARRAY(Integer)), bindparam("ds", type_=ARRAY(LargeBinary)))
    db.session.execute(text(new).bindparams(*types), pairs)


def email_taken(email: str, *, but: int | None = None) -> bool:
    """Whether another account has this e-mail."""
    same = func.lower(AppUser.email) == email.lower()
    return db.session.scalar(select(AppUser.id).where(same, AppUser.id != (but or 0))) is not None


def username_taken(username: str) -> bool:
    """Whether an account has this user name, however it is spelled."""
    same = func.lower(AppUser.username) == username.lower()
    return db.session.scalar(select(AppUser.id).where(same).limit(1)) is not None


def account_for(typed: str, school_code: str = "") -> AppUser | None:
    """The one account that the typed identifier means (ACC-03); None for none or more than one.

    A passport's number can have the signs of anything, so what is no document's number goes first.
    """
    numbers = [digest("id_number", spelt) for spelt in spellings_of_number(typed)]
    wanted = [digest(kind, typed) for kind in ("username", "phone", "email", "credit_code")]
    wanted.append(digest("email", clean_email(typed)))  # as a Chinese keyboard writes it (F-11)
    if school_code:
        wanted.append(digest("student_no", typed, school_code))
    rows = db.session.execute(
        select(AppUser, Identifier.kind)
        .join(Identifier, Identifier.user_id == AppUser.id)
        .where(Identifier.digest.in_(wanted + numbers))
        .limit(10)
    ).tuples()
    known = rows.all()
    first = {user for user, kind in known if kind != "id_number"}
    found = first or {user for user, _kind in known}
    user = next(iter(found), None)
    return user if user is not None and len(found) == 1 and user.active else None


def open_session(user: AppUser, way: str = "password") -> str:
    """Begin a session, by that way in, and return the secret for the cookie. Not committed."""
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    who = actor_of(user)
    db.session.add(
        AccountSession(
            token=session_key(secret),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            address=who.address,
            device=who.device,
            device_id=who.device_id,
            way=way,
        )
    )
    db.session.flush()
    return secret


def has_factor(user_id: Any) -> Any:
    """A condition «this account has a second factor»."""
    return or_(
        select(CodeApp.user_id).where(CodeApp.user_id == user_id).exists(),
        select(Passkey.id).where(Passkey.user_id == user_id).exists(),
    )


_SESSION = (
    clock.app_now(),
    has_factor(literal_column("me.id", Integer)),  # of `beside.me`
    AccountSession.seen_at,
    AccountSession.created_at,
    AccountSession.factor_at,
    AccountSession.factor,
    literal_column(f"({steady.TURNS})", JSONB),
)


def session_user(secret: str, *, touch: bool = True) -> Living | None:
    """The living session (not idle for 30 minutes, not older than 8 hours) of that secret.

    Without `touch` it is only looked at and lives no longer for it. One statement reads it, the account,
    the record it stands for and what the page will ask (`beside`).
    """
    token = session_key(secret)
    shape, names = beside.foretold(token)
    row = db.session.execute(beside.statement(shape, names, *_SESSION), {"token": token}).first()
    if row is None:
        return None
    user, record, now, enrolled, seen_at, created_at, factor_at, factor, turns = row[:9]
    if now - seen_at > IDLE or now - created_at > LONGEST:
        return None
    answers = {}
    if shape != beside.Asker.of(user):
        beside.known(token, user)
    elif names:
        told = (name for name in names if name != beside.RECORD)
        answers = {beside.key(name): value for name, value in zip(told, row[9:], strict=True)}
    known = Proof(enrolled, factor_at, factor)
    seen = _touch(token, seen_at, now) if touch else seen_at
    steady.told(turns or {})
    ends, longest = seen + IDLE, created_at + LONGEST
    return Living(
        user, now.astimezone(UTC), known, min(ends, longest), longest <= ends, record, answers
    )


def go_on(secret: str) -> datetime | None:
    """Whoever is asked «still there?» and says yes: the end counts from now. Commits."""
    now = clock.now()
    created = db.session.scalar(
        update(AccountSession)
        .where(AccountSession.token == session_key(secret))
        .values(seen_at=now)
        .returning(AccountSession.created_at)
    )
    db.session.commit()
    return min(now + IDLE, created + LONGEST) if created else None


def way_of(secret: str) -> str:
    """How the person of this session came in: ``password``, or a campus's way such as ``cas:7``."""
    found = db.session.scalar(
        select(AccountSession.way).where(AccountSession.token == session_key(secret))
    )
    return found or ""


def _touch(token: bytes, seen: datetime, now: datetime) -> datetime:
    """When it was seen last, as the row says from now on."""
    if now - seen > TOUCH:
        db.session.execute(
            update(AccountSession).where(AccountSession.token == token).values(seen_at=now)
        )
        db.session.commit()
        return now
    return seen


def end_session(secret: str) -> None:
    """Sign out on this device: a copied cookie is worth nothing then. Not committed."""
    db.session.execute(delete(AccountSession).where(AccountSession.token == session_key(secret)))


def end_all_sessions(*user_ids: int) -> None:
    """Sign these accounts out everywhere (ACC-09). Not committed."""
    db.session.execute(delete(AccountSession).where(AccountSession.user_id.in_(user_ids)))


def sessions_of(user_id: int) -> Sequence[AccountSession]:
    """The sessions of an account that live now, the one used last first."""
    now = clock.now()
    return db.session.scalars(
        select(AccountSession)
        .where(
            AccountSession.user_id == user_id,
            AccountSession.seen_at >= now - IDLE,
            AccountSession.created_at >= now - LONGEST,
        )
        .order_by(AccountSession.seen_at.desc(), AccountSession.token)
    ).all()


def handle(session: AccountSession) -> str:
    """How a page names a session: it is good for ending it and for nothing else."""
    return cipher().blind_index("session", session.token.hex()).hex()[:32]


def is_of(session: AccountSession, secret: str) -> bool:
    """Whether the cookie with that secret is this session's."""
    return session.token == session_key(secret)


def end_one(session: AccountSession) -> bool:
    """End one session at once; False where it had ended already. Not committed."""
    gone = delete(AccountSession).where(
        AccountSession.token == session.token, AccountSession.user_id == session.user_id
    )
    return db.session.execute(gone.returning(AccountSession.user_id)).first() is not None


def end_others(user_id: int, secret: str) -> int:
    """End every session of the account but the one of that secret; how many. Not committed."""
    gone = delete(AccountSession).where(
        AccountSession.user_id == user_id, AccountSession.token != session_key(secret)
    )
    return len(db.session.execute(gone.returning(AccountSession.user_id)).all())


def renew_session(secret: str) -> str:
    """Another secret for the same session: what was known before the second factor is worth nothing.

    Not committed.
    """
    fresh = secrets.token_urlsafe(32)
    db.session.execute(
        update(AccountSession)
        .where(AccountSession.token == session_key(secret))
        .values(token=session_key(fresh))
    )
    return fresh


def session_key(secret: str) -> bytes:
    """The key of the session whose secret the cookie holds."""
    return hashlib.sha256(secret.encode()).digest()


def accounts_for(who: Actor) -> Select[AppUser]:
    """The accounts an administrator, or a school for its own people, may see.

    Students' are their school's matter: no administrator has a list of them.
    """
    if who.role in ADMINISTRATORS:
        return select(AppUser).where(AppUser.role != Role.STUDENT)
    if who.role is Role.SCHOOL:
        return select(AppUser).where(AppUser.school_id == who.school_id)
    return select(AppUser).where(false())


def users_of(*, student_id: int | None = None, employer_id: int | None = None) -> list[AppUser]:
    """The accounts that belong to a student or an employer."""
    mine = AppUser.student_id == student_id if student_id else AppUser.employer_id == employer_id
    return list(db.session.scalars(select(AppUser).where(mine, AppUser.active == true())))
