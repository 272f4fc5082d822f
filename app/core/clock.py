"""Time: the database's clock, so that all machines agree; days and deadlines are Asia/Shanghai.

The only module that may ask what time it is. Tests and the demo may shift the clock for everybody
with `shift`; the shift is kept in the database, so web, worker and tests see one time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, DateTime, func, text

from app.core import page
from app.core.db import db

SHANGHAI = ZoneInfo("Asia/Shanghai")
_NOW = text("SELECT app_now()")
_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The moment by the database's clock, aware, in UTC; never the transaction's start.

    A page that only reads has one moment: when it was asked for.
    """
    if (moment := _held.get()) is not None:
        return moment
    reading = page.current()
    return reading.moment if reading else db.session.execute(_NOW).scalar_one().astimezone(UTC)


@contextmanager
def held(moment: datetime) -> Iterator[None]:
    """All that follows from one event happens at its moment: inside, `now` gives that one."""
    token = _held.set(moment)
    try:
        yield
    finally:
        _held.reset(token)


def app_now() -> ColumnElement[datetime]:
    """The same moment inside a SELECT."""
    return func.app_now(type_=DateTime(timezone=True))


def local(moment: datetime) -> datetime:
    """The same moment as people in China read it."""
    return moment.astimezone(SHANGHAI)


def local_naive() -> datetime:
    """Now, as Flask-AppBuilder's own columns keep it: Shanghai time without a zone."""
    return local(now()).replace(tzinfo=None)


def today() -> date:
    """The day it is in China."""
    return local(now()).date()


def end_of_day(day: date) -> datetime:
    """24:00 of that day in China, which is 00:00 of the next (INV-11)."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def last_day(year: int) -> date:
    """31 December."""
    return date(year, 12, 31)


def deadline(sent: datetime, days: int) -> datetime:
    """24:00 (Asia/Shanghai) of the sending day + days: sent 11 Dec with 5 days → end of 16 Dec."""
    return end_of_day(local(sent).date() + timedelta(days=days))


def shown_deadline(moment: datetime) -> str:
    """A deadline as letters write it: midnight is 24:00 of the day before."""
    here = local(moment)
    if (here.hour, here.minute) == (0, 0):
        return (here - timedelta(days=1)).strftime("%Y-%m-%d 24:00")
    return here.strftime("%Y-%m-%d %H:%M")


def real(moment: datetime) -> datetime:
    """The same moment on the machine's own clock, which the job queue goes by."""
    seconds = db.session.execute(text("SELECT seconds FROM clock_shift")).scalar_one()
    return moment - timedelta(seconds=seconds)


def machine() -> datetime:
    """The machine's own time, never shifted: the times in other machines' tokens are compared with it."""
    return datetime.now(UTC)


def shift(by: timedelta) -> None:
    """Move the clock of this database; only tests and the demo call it. Not committed here."""
    db.session.execute(text("UPDATE clock_shift SET seconds = :s"), {"s": by.total_seconds()})
