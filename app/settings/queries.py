"""What a school has set, read by every rule through `settings`, `window` and `working_deadline`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import holidays
from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts import security_log
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock, steady
from app.core.db import db, one_at_a_time
from app.core.errors import NotYours, Refused
from app.settings.models import (
    DAY,
    SETTINGS,
    WINDOW,
    CalendarDay,
    SchoolSetting,
    Settings,
    Window,
)
from app.workflow.actor import Actor, Role

log = logging.getLogger(__name__)
SATURDAY = 5
MOST_WORKING_DAYS = 366  # more than any setting allows
LATEST = date(9999, 12, 30)  # the last day after which there is another


def settings(school_id: int, until: int | None = None) -> Settings:
    """The settings in force at a school: the newest value of each key, else the default.

    With `until`, as they were just after that change.
    """
    if until is None:
        return _in_force_at(school_id)
    return _typed(_read(school_id, until))


@steady.kept(steady.SETTINGS)
def _in_force_at(school_id: int) -> Settings:
    return _typed(_newest(school_id))


@steady.kept(steady.SETTINGS)
def _newest(school_id: int) -> dict[str, Any]:
    return _read(school_id)


def _typed(values: Mapping[str, object]) -> Settings:
    return Settings(**{key: typed(key, value) for key, value in values.items() if key in SETTINGS})


def _read(school_id: int, until: int | None = None) -> dict[str, object]:
    """Key → newest value, windows and days included."""
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
    same = _newest(school_id).get(key) == value
    if same if key.startswith((WINDOW, DAY)) else typed(key, value) == _in_force(school_id, key):
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


# -- the signing calendar ----------------------------------------------------------------------


def set_window(school_id: int, year: int, window: Window | None, user_id: int | None) -> bool:
    """Open signing for a graduation year between two days, or at any time (None). Not committed.

    False where it is so already.
    """
    value = window and {"opens": window.opens.isoformat(), "closes": window.closes.isoformat()}
    return set_setting(school_id, f"{WINDOW}{year}", value, user_id)


def windows(school_id: int) -> dict[int, Window]:
    """Graduation year → window, of those years that have one."""
    known = _newest(school_id).items()
    latest = {int(key.removeprefix(WINDOW)): v for key, v in known if key.startswith(WINDOW)}
    return {
        year: Window(date.fromisoformat(value["opens"]), date.fromisoformat(value["closes"]))
        for year, value in sorted(latest.items())
        if value
    }


def window(school_id: int, year: int) -> Window | None:
    """The signing window of a graduation year; None where it is open at any time (ADM-04)."""
    value = _newest(school_id).get(f"{WINDOW}{year}")
    if not value:
        return None
    return Window(date.fromisoformat(value["opens"]), date.fromisoformat(value["closes"]))


# -- working days ------------------------------------------------------------------------------


def calendar_days(school_id: int) -> Sequence[CalendarDay]:
    """The school's own days, the latest first."""
    return db.session.scalars(
        select(CalendarDay)
        .where(CalendarDay.school_id == school_id)
        .order_by(CalendarDay.day.desc())
    ).all()


@steady.kept(steady.SETTINGS)
def _own_days(school_id: int) -> dict[date, bool]:
    mine = CalendarDay.school_id == school_id
    rows = db.session.execute(select(CalendarDay.day, CalendarDay.works).where(mine))
    return dict(rows.tuples().all())


def set_day(school_id: int, day: date, works: bool, note: str, user_id: int | None) -> bool:
    """Make a day a working day or a free one, against the public calendar. Not committed.

    False where it is so already.
    """
    if not set_setting(school_id, f"{DAY}{day}", {"works": works, "note": note}, user_id):
        return False
    values = {"works": works, "note": note, "set_by": user_id, "set_at": clock.now()}
    row = insert(CalendarDay).values(school_id=school_id, day=day, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["school_id", "day"], set_=values))
    steady.written()
    return True


def forget_day(school_id: int, key: int, user_id: int | None) -> date:
    """Let the public calendar decide about a day again. Not committed. Raises NotYours."""
    mine = (CalendarDay.school_id == school_id, CalendarDay.id == key)
    gone = delete(CalendarDay).where(*mine).returning(CalendarDay.day)
    day: date | None = db.session.scalar(gone)
    if day is None:
        raise NotYours(f"calendar day {key}")
    steady.written()
    set_setting(school_id, f"{DAY}{day}", None, user_id)
    return day


def working_deadline(start: datetime, days: int, school_id: int) -> datetime:
    """24:00 (Asia/Shanghai) of the n-th working day after the starting day (TRM-09).

    Working days are the public calendar's, corrected by the school's own table. A calendar of
    nothing but holidays still ends, and so does the time that dates can name.
    """
    own = _own_days(school_id)
    left = max(0, min(days, MOST_WORKING_DAYS))
    day, most = clock.local(start).date(), left * 5 + 60
    while left and most and day < LATEST:
        day, most = day + timedelta(days=1), most - 1
        left -= own.get(day, public_working_day(day))
    return clock.end_of_day(min(day, LATEST))


def works_on(school_id: int, day: date) -> bool:
    """Whether the school works on that day, by its own table or else the public calendar."""
    works = _own_days(school_id).get(day)
    return public_working_day(day) if works is None else works


def public_working_day(day: date) -> bool:
    """Whether people in China work on that day; weekends decide where the library knows nothing."""
    free, worked = public_year(day.year)
    return day in worked if day.weekday() >= SATURDAY else day not in free


@lru_cache(maxsize=64)
def public_year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The holidays and the worked weekend days of a year; none of what the library does not know.

    Each year by an object of its own: one that grows while it is asked answers wrongly in threads.
    """
    try:
        found = holidays.country_holidays("CN", years=year)
        return frozenset(found), frozenset(d for d in found.weekend_workdays if d.year == year)
    except Exception:  # a deadline never fails because of a library
        log.exception("the calendar library does not know %s", year)
        return frozenset(), frozenset()
