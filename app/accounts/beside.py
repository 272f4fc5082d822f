"""What a page asks besides whose session it is: read by the one statement that reads the session.

Nobody lists which page asks what: a page that had to ask by itself is remembered, and the next one like it,
of the same process, is told at once. What was read for a person of another shape (whose role changed since)
is not used. Questions are scalars over the account that asks, named in `registry.besides`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Integer, Select, bindparam, literal_column, null, select, true
from sqlalchemy.orm import aliased

from app.accounts.models import AccountSession, AppUser
from app.core import page
from app.core.db import db
from app.core.registry import stores
from app.workflow.actor import Actor, Role

RECORD = ("record",)  # the student or employer that the account stands for
MOST = 20_000  # sessions whose shape is remembered
Name = tuple[str, ...]


@cache
def me() -> Any:
    """The account that asks, by this name in every statement; made once all models are known."""
    return aliased(AppUser, name="me")


@dataclass(frozen=True)
class Asker:
    """What decides how a question about a person is put: its role, and what it belongs to."""

    role: str
    school: bool
    college: bool

    @classmethod
    def of(cls, user: AppUser) -> Asker:
        """An account's."""
        return cls(user.role or "", user.school_id is not None, user.college_id is not None)

    def actor(self) -> Actor:
        """The person as a statement names it: its ids are those of the account that is read."""

        def column(name: str, there: bool) -> Any:
            return literal_column(f"me.{name}", Integer) if there else None

        return Actor(
            role=Role(self.role),
            user_id=column("id", True),
            school_id=column("school_id", self.school),
            college_id=column("college_id", self.college),
            employer_id=column("employer_id", True),
            student_id=column("student_id", True),
        )


_shapes: dict[bytes, Asker] = {}  # by session
_asked: dict[tuple[str | None, Asker], tuple[Name, ...]] = {}  # by endpoint, in a fixed order


def foretold(token: bytes) -> tuple[Asker | None, tuple[Name, ...]]:
    """The shape of that session's person, where it is known, and what this request will ask."""
    shape = _shapes.get(token) if has_request_context() else None
    if shape is None:
        return None, ()
    names = _asked.get((request.endpoint, shape), ())
    reads = request.method in ("GET", "HEAD")
    return shape, names if reads else tuple(name for name in names if name == RECORD)


def known(token: bytes, user: AppUser) -> None:
    """Remember whom that session is of."""
    if len(_shapes) >= MOST:
        _shapes.clear()
    _shapes[token] = Asker.of(user)


def note(name: Name) -> None:
    """The page asks this, too: the next one is told at once."""
    user = g.get("user") if has_request_context() else None
    if user is None or not user.is_authenticated:
        return
    key = (request.endpoint, Asker.of(user))
    names = _asked.get(key, ())
    if name not in names:
        _asked[key] = tuple(sorted({*names, name}))


def ask(*name: str) -> Any:
    """The answer to a question of `registry.besides` about the person asking."""

    def anew() -> Any:
        if page.current() is not None:
            note(name)
        return db.session.scalar(
            select(_question(Asker.of(g.user), name)).where(me().id == g.user.id)
        )

    return page.told(key(name), anew)


def of_asker(user_id: int | None) -> bool:
    """Whether a page that only reads asks about the very account that it is for."""
    return page.current() is not None and getattr(g.get("user"), "id", None) == user_id


def key(name: Name) -> Hashable:
    """How a page keeps the answer."""
    return ("beside", *name)


def _question(shape: Asker, name: Name) -> Any:
    return stores().besides[name[0]](shape.actor(), *name[1:])


@lru_cache(maxsize=2_000)
def statement(shape: Asker | None, names: tuple[Name, ...], *more: Any) -> Select[Any]:
    """The account of a session, its record, `more`, and the answers, of the session that `:token` means."""
    asked: list[Any] = []
    wanted = select(me())
    found = stores().records.get(shape.role) if shape is not None and RECORD in names else None
    if found is None:
        asked.append(null())
    else:
        model, column, options = found
        asked.append(model)
    asked += more
    if shape is not None:
        asked += [_question(shape, name) for name in names if name != RECORD]
    wanted = wanted.add_columns(*asked).join_from(
        AccountSession, me(), AccountSession.user_id == me().id
    )
    if found is not None:
        wanted = wanted.outerjoin(model, model.id == getattr(me(), column)).options(*options())
    return wanted.where(
        AccountSession.token == bindparam("token"), me().active == true(), me().frozen_at.is_(None)
    )


NAMED: ContextVar[Actor | None] = ContextVar("named", default=None)


def asking() -> tuple[Hashable, dict[str, int], Callable[[], AbstractContextManager[None]]]:
    """How conditions of the person asking are put by names, for statements that are made once.

    See `registry.asking`: the shape, the values, and a context in which `actor` has names for ids.
    """
    user = g.user
    ids = ("id", "school_id", "college_id", "employer_id", "student_id")
    values = {f"my_{name}": key for name in ids if (key := getattr(user, name)) is not None}

    @contextmanager
    def by_names() -> Iterator[None]:
        def name(of: str) -> Any:
            return bindparam(f"my_{of}", type_=Integer) if f"my_{of}" in values else None

        who = Actor(Role(user.role), name("id"), "", *(name(of) for of in ids[1:]))
        token = NAMED.set(who)
        try:
            yield
        finally:
            NAMED.reset(token)

    return (user.role, *values), values, by_names
