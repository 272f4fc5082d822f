"""Who sees the requests, who can confirm one, and what an account is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, select, true

from app.accounts.models import ROLE_NAMES, AppUser
from app.core import clock
from app.core.db import db
from app.core.registry import stores
from app.people.staff.models import RequestState, StaffRequest
from app.workflow.actor import ADMINISTRATORS, Actor, Role

FACTS = ("name", "email", "role", "school_id", "college_id")


def requests_for(who: Actor) -> Select[StaffRequest]:
    """The three administrators see every request; the clock too; nobody else any."""
    return select(StaffRequest).where(
        true() if who.role in ADMINISTRATORS or who.role is Role.SYSTEM else false()
    )


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab; None: all."""
    waits = StaffRequest.state == RequestState.OPEN
    return {"open": waits, "settled": ~waits}.get(name)


def open_requests() -> Select[Any]:
    """The keys of what waits for the security administrator."""
    return select(StaffRequest.id).where(StaffRequest.state == RequestState.OPEN)


def overdue(most: int = 200) -> list[int]:
    """Requests that nobody confirmed in time."""
    late = (StaffRequest.state == RequestState.OPEN, StaffRequest.expires_at <= clock.now())
    return list(db.session.scalars(select(StaffRequest.id).where(*late).limit(most)))


def confirmers(record: StaffRequest) -> Sequence[AppUser]:
    """The security administrators who may confirm it: not who asked, not whose account it is."""
    others = [i for i in (record.asked_by, record.user_id) if i is not None]
    return db.session.scalars(
        select(AppUser).where(
            AppUser.role == Role.SECURITY, AppUser.active == true(), AppUser.id.not_in(others)
        )
    ).all()


def has_role(role: Role) -> bool:
    """Whether somebody with that role can sign in."""
    wanted = select(AppUser.id).where(AppUser.role == role, AppUser.active == true())
    return bool(db.session.scalar(select(exists(wanted))))


def facts_of(user: AppUser) -> dict[str, object]:
    """What an account is now, as the requests keep it."""
    return {
        "name": user.display_name,
        "email": user.email,
        "role": user.role,
        "school_id": user.school_id,
        "college_id": user.college_id,
    }


def in_words(name: str, value: Any) -> str:
    """A fact for people."""
    if value in (None, ""):
        return "–"
    if name == "role":
        return str(ROLE_NAMES.get(Role(value), value))
    if name == "school_id":
        return {int(k): v for k, v in stores().all_schools()}.get(value, "–")
    if name == "college_id":
        return {k: v for _s, k, v in stores().all_colleges()}.get(value, "–")
    return str(value)
