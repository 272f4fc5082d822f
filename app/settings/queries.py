"""What a school has set, read by every rule through `settings`, `window` and `working_deadline`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.accounts import security_log
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock, steady
from app.core.db import db, one_at_a_time
from app.core.errors import Refused
from app.settings.models import (
    DAY,
    LISTS,
    SETTINGS,
    WINDOW,
    SchoolSetting,
    Settings,
)
from app.workflow.actor import Actor, Role


def settings(school_id: int, until: int | None = None) -> Settings:
    """The settings in force at a school: the newest value of each key, else the default.

    With `until`, as they were just after that change.
    """
    if until is None:
        return _in_force_at(school_id)
    return _typed(fresh_values(school_id, until))


@steady.kept(steady.SETTINGS)
def _in_force_at(school_id: int) -> Settings:
    return _typed(values_of(school_id))


@steady.kept(steady.SETTINGS)
def values_of(school_id: int) -> dict[str, Any]:
    """Key → newest value of a school, windows and days included; read once a request."""
    return fresh_values(school_id)


def _typed(values: Mapping[str, object]) -> Settings:
    return Settings(**{key: typed(key, value) for key, value in values.items() if key in SETTINGS})


def fresh_values(school_id: int, until: int | None = None) -> dict[str, object]:
    """Key → newest value, windows and days included, as the database has it behind a lock."""
    wanted = select(SchoolSetting.key, SchoolSetting.value).where(
        SchoolSetting.school_id == school_id
    )
    if until is not None:
        wanted = wanted.where(SchoolSetting.id <= until)
    return dict(db.session.execute(wanted.order_by(SchoolSetting.id)).tuples().all())


def waived(school_id: int | None, who: Actor) -> bool:
    """A school may let employers act towards its students without a code; nobody lets students (ACC-10)."""
    if who.role is not Role.EMPLOYER or school_id is None:
        return False
    return not settings(school_id).employer_codes


def typed(key: str, value: Any) -> Any:
    """A stored value as the setting's own type."""
    return type(SETTINGS[key].default)(value)


def set_setting(school_id: int, key: str, value: object, user_id: int | None) -> bool:
    """Write a new value of one setting; the old ones stay as its history. Not committed.

    False where the value is the one in force already. Raises KeyError for an unknown key.
    """
    same = values_of(school_id).get(key) == value
    if (
        same
        if key.startswith((WINDOW, DAY, LISTS))
        else typed(key, value) == _in_force(school_id, key)
    ):
        return False
    db.session.add(
        SchoolSetting(school_id=school_id, key=key, value=value, set_by=user_id, set_at=clock.now())
    )
    user = db.session.get(AppUser, user_id) if user_id else None
    who = actor_of(user) if user else None
    security_log.note("setting", who=who, school=school_id, key=key, value=value)
    db.session.flush()
    steady.written()
    return True


def _in_force(school_id: int, key: str) -> object:
    return asdict(settings(school_id))[key]


def most_since(school_id: int, key: str, since: datetime) -> Any:
    """The greatest value of a setting that was in force at that moment or later.

    What protects somebody from the office is not loosened by the office a moment before.
    """
    rows = db.session.execute(
        select(SchoolSetting.value, SchoolSetting.set_at)
        .where(SchoolSetting.school_id == school_id, SchoolSetting.key == key)
        .order_by(SchoolSetting.id)
    ).all()
    found = [SETTINGS[key].default]
    for value, at in rows:
        found = [*found, value] if at > since else [value]
    return max(typed(key, value) for value in found)


LOOSENED = timedelta(days=7)  # a hold that the school shortened counts from so much later


def hold_until(school_id: int, now: datetime) -> datetime:
    """Until when a way in that staff change now proves no act: the school's setting, never 0 (ACC-15)."""
    hours = most_since(school_id, "contact_hold_hours", now - LOOSENED)
    return now + timedelta(hours=max(1, hours))


def newest(school_id: int) -> int:
    """The id of a school's last change; 0 where nothing was ever set."""
    wanted = select(func.max(SchoolSetting.id)).where(SchoolSetting.school_id == school_id)
    return db.session.scalar(wanted) or 0


def changed_since(school_id: int, seen: int) -> dict[str, tuple[Any, str]]:
    """The settings that were changed after `seen`: key → (value in force, name of the person)."""
    rows = db.session.execute(
        select(SchoolSetting.key, SchoolSetting.value, AppUser)
        .outerjoin(AppUser, AppUser.id == SchoolSetting.set_by)
        .where(SchoolSetting.school_id == school_id, SchoolSetting.id > seen)
        .order_by(SchoolSetting.id)
    )
    return {
        key: (typed(key, value), user.display_name if user else "")
        for key, value, user in rows
        if key in SETTINGS
    }


def save(school_id: int, values: Mapping[str, object], seen: int, user_id: int | None) -> list[str]:
    """Write what differs from the values in force, and commit; the labels of what was changed.

    Raises Refused where somebody set something after `seen`, the newest change the person knew.
    """
    one_at_a_time("settings", school_id)
    if changed_since(school_id, seen):
        db.session.rollback()
        raise Refused(
            _(
                "A colleague changed the settings meanwhile. What you typed is still here: "
                "check what is marked and save again."
            )
        )
    changed = [name for name in SETTINGS if set_setting(school_id, name, values[name], user_id)]
    db.session.commit()
    return [str(SETTINGS[name].metadata["label"]) for name in changed]


def history(school_id: int, most: int = 200) -> list[tuple[SchoolSetting, Any, str]]:
    """Every change, the newest first: (row, value before or None, name of the person)."""
    rows = db.session.execute(
        select(SchoolSetting, AppUser)
        .outerjoin(AppUser, AppUser.id == SchoolSetting.set_by)
        .where(SchoolSetting.school_id == school_id)
        .order_by(SchoolSetting.id)
    ).all()
    before: dict[str, Any] = {key: item.default for key, item in SETTINGS.items()}
    found = []
    for row, user in rows:
        found.append((row, before.get(row.key), user.display_name if user else ""))
        before[row.key] = row.value
    return found[::-1][:most]
