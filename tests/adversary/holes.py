"""Planted holes: one protection taken away at a time; the walk has to find each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from app.accounts import acts, contacts, freezing, holds, one_time, passwords, reach, warnings
from app.accounts.models import AppUser
from app.core import mail
from app.core.db import db
from app.fab.security import CodeRoleManager
from app.people.merging import joining
from app.people.merging import workflow as merging
from app.people.staff.workflow import STAFF_REQUESTS
from app.people.students.models import Student
from app.signing.invitations.workflow import INVITATIONS
from app.workflow import engine
from app.workflow.actor import Role
from app.workflow.engine import Workflow


@dataclass(frozen=True)
class Hole:
    """A hole with its name, the way to open it, and the gangs that could use it."""

    name: str
    on: Callable[[], Any]
    gangs: tuple[int, ...] = (0, 2, 4)  # places in `walk.GANGS`


def nothing(*_args: Any, **_more: Any) -> None:
    """A protection that does nothing."""


@contextmanager
def _both(*patches: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield


@contextmanager
def _steps(flow: Workflow, name: str, **values: Any) -> Iterator[None]:
    """One step of a table otherwise."""
    kept = flow.steps
    vars(flow)["steps"] = tuple(replace(s, **values) if s.name == name else s for s in kept)
    try:
        yield
    finally:
        vars(flow)["steps"] = kept


def _no_hold() -> Any:
    return _both(patch.object(contacts, "holds_of", lambda _user, _now: []))


def _untold(event: str) -> Any:
    """Nobody is told of events whose key begins so."""
    real = warnings._tell

    def deaf(events: Any, *rest: Any) -> Any:
        return real([e for e in events if not e.key.startswith(event)], *rest)

    return patch.object(warnings, "_tell", deaf)


def _merge_moves_the_way_in() -> Any:
    """As it was: the second record's phone, account and proof go to the first."""
    real = merging.merge_students

    def moved(keep_id: int, gone_id: int, *rest: Any, **more: Any) -> Any:
        gone = db.session.get(Student, gone_id)
        theirs = db.session.query(AppUser).filter(AppUser.student_id == gone_id).first()
        phone = gone.phone if gone else None
        done = real(keep_id, gone_id, *rest, **more)
        if theirs is not None:
            user = db.session.get(AppUser, theirs.id)
            user.student_id, user.active = keep_id, True
            keep = db.session.get(Student, keep_id)
            keep.phone = phone or keep.phone
            db.session.commit()
        return done

    return _both(
        patch.object(merging, "merge_students", moved),
        patch.object(joining, "_same_number", lambda *_a: True),
    )


def _any_code() -> Any:
    return patch.object(one_time, "check", lambda *_args, **_more: mail.SMS)


def _code_to_the_asker() -> Any:
    """A code of the right owner but of any purpose counts: one for reading proves an act."""
    real = acts.act_on

    def loose(flow: Any, step: str, key: int, user: AppUser) -> Any:
        return replace(real(flow, step, key, user), asked=False)

    return _both(
        patch.object(acts, "act_on", loose), patch.object(engine, "_check_consent", nothing)
    )


def _reset_to_the_held_phone() -> Any:
    return patch.object(holds, "for_reset", lambda _user, usual: usual)


def _confirms_his_own() -> Any:
    """The table lets him, and so do the grants, which are made from it when an installation begins."""
    real = CodeRoleManager.has_access

    def granted(self: Any, permission: str, view: str) -> bool:
        return view == "StaffRequests" or real(self, permission, view)

    return _both(
        _steps(STAFF_REQUESTS, "confirm", by=(Role.ADMIN, Role.SECURITY), when=()),
        patch.object(CodeRoleManager, "has_access", granted),
    )


HOLES = (
    Hole("a changed phone holds nobody", _no_hold),
    Hole(
        "a held party is refused by no table",
        lambda: patch.object(engine, "party_refusal", lambda _actor, _now: ""),
    ),
    Hole("a reset is told nobody", lambda: _untold("reset")),
    Hole("a changed phone is told nobody", lambda: _untold("student:")),
    Hole(
        "an acceptance is told nobody",
        lambda: patch("app.notices.workflow._warn", nothing),
        (0, 1, 2, 3, 4),
    ),
    Hole("merging moves the second record's way in", _merge_moves_the_way_in),
    Hole("accepting asks no code", lambda: _steps(INVITATIONS, "accept", fresh=()), (0, 2, 4)),
    Hole("any six digits are a code", _any_code),
    Hole("an act asks no proof", _code_to_the_asker),
    Hole("the administrator confirms his own requests", _confirms_his_own, (1, 3)),
    Hole(
        "a request about an account takes effect at once",
        lambda: _steps(STAFF_REQUESTS, "ask", then=STAFF_REQUESTS.step("confirm").then),
        (1, 3),
    ),
    Hole(
        "any password opens any account",
        lambda: patch.object(passwords, "matches", lambda _stored, _typed: True),
        (0, 1),
    ),
    Hole(
        "the code of a forgotten password goes to the held phone",
        lambda: _both(_reset_to_the_held_phone(), _no_hold()),
    ),
    Hole(
        "a former contact is forgotten at once",
        lambda: patch.object(reach, "REMEMBERED", reach.REMEMBERED * 0),
    ),
    Hole(
        "a frozen account goes on, and nothing holds it",
        lambda: _both(patch.object(freezing, "_role_if_frozen", lambda *_a: None), _no_hold()),
    ),
)
