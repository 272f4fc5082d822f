"""Who is asking, which account an identifier means, which sessions are alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import (
    Select,
    false,
    or_,
    select,
    true,
)

from app.accounts import beside, devices
from app.accounts.factor_models import CodeApp, Passkey
from app.accounts.models import AppUser
from app.core.db import db
from app.core.errors import NotYours
from app.workflow.actor import ADMINISTRATORS, Actor, Role


@dataclass(frozen=True)
class Proof:
    """What a session knows of the second factor: whether the person has one, when it was proved."""

    enrolled: bool
    at: datetime | None
    way: str


NO_PROOF = Proof(enrolled=False, at=None, way="")


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


def has_factor(user_id: Any) -> Any:
    """A condition «this account has a second factor»."""
    return or_(
        select(CodeApp.user_id).where(CodeApp.user_id == user_id).exists(),
        select(Passkey.id).where(Passkey.user_id == user_id).exists(),
    )


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
