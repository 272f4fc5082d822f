"""By what a person signs in: user name, mail, phone, numbers; each opens one account (ACC-03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import (
    ARRAY,
    Integer,
    LargeBinary,
    all_,
    any_,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import AppUser, Identifier
from app.core.crypto import cipher
from app.core.db import db
from app.core.emails import clean_email
from app.core.identity import clean
from app.core.identity import spellings as spellings_of_number
from app.core.phones import folded
from app.core.text import clean_code


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
