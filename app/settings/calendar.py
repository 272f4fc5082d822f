"""When signing is open, and which days a school works (ADM-04): windows, own days, the public calendar."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, steady
from app.core.db import db
from app.core.errors import NotYours
from app.settings.models import (
    DAY,
    WINDOW,
    CalendarDay,
    Window,
)
from app.settings.queries import set_setting, values_of

log = logging.getLogger(__name__)
SATURDAY = 5
MOST_WORKING_DAYS = 366  # more than any setting allows
LATEST = date(9999, 12, 30)  # the last day after which there is another


def set_window(school_id: int, year: int, window: Window | None, user_id: int | None) -> bool:
    """Open signing for a graduation year between two days, or at any time (None). Not committed.

    False where it is so already.
    """
    value = window and {"opens": window.opens.isoformat(), "closes": window.closes.isoformat()}
    return set_setting(school_id, f"{WINDOW}{year}", value, user_id)


def windows(school_id: int) -> dict[int, Window]:
    """Graduation year → window, of those years that have one."""
    known = values_of(school_id).items()
    latest = {int(key.removeprefix(WINDOW)): v for key, v in known if key.startswith(WINDOW)}
    return {
        year: Window(date.fromisoformat(value["opens"]), date.fromisoformat(value["closes"]))
        for year, value in sorted(latest.items())
        if value
    }


def window(school_id: int, year: int) -> Window | None:
    """The signing window of a graduation year; None where it is open at any time (ADM-04)."""
    value = values_of(school_id).get(f"{WINDOW}{year}")
    if not value:
        return None
    return Window(date.fromisoformat(value["opens"]), date.fromisoformat(value["closes"]))


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
