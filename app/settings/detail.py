"""The days of the working calendar that are not plain, as the page shows them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
from flask_babel import get_locale

from app.settings.calendar import SATURDAY, public_working_day

log = logging.getLogger(__name__)
AHEAD = 200  # days that the page looks ahead


@dataclass
class DaySpan:
    """Some days in a row that are free without being a weekend, or worked though one."""

    first: date
    last: date
    works: bool
    own: bool  # by the school's own table
    name: str = ""

    @property
    def days(self) -> str:
        """The first day, and the last where it is another."""
        return str(self.first) if self.first == self.last else f"{self.first} – {self.last}"

    @property
    def count(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def spans(today: date, own: Mapping[date, bool]) -> list[DaySpan]:
    """The next days off and worked weekends; a weekend after a holiday belongs to it."""
    found: list[DaySpan] = []
    for day in (today + timedelta(days=n) for n in range(AHEAD)):
        works, mine, name = own.get(day, public_working_day(day)), day in own, holiday_name(day)
        odd = mine or bool(name) or works != (day.weekday() < SATURDAY)
        last = found[-1] if found else None
        if last and _goes_on(last, day, works, mine) and (odd or not works):
            last.last, last.name = day, last.name or name
        elif odd:
            found.append(DaySpan(day, day, works, mine, "" if works or mine else name))
    return found


def _goes_on(last: DaySpan, day: date, works: bool, mine: bool) -> bool:
    return last.last + timedelta(days=1) == day and (last.works, last.own) == (works, mine)


def holiday_name(day: date) -> str:
    """The name of the holiday on that day; empty for a day off in exchange for another."""
    name = _names(day.year, "zh_CN" if str(get_locale()).startswith("zh") else "en_US").get(day, "")
    if any(character.isdecimal() for character in name):
        return ""
    return name.partition("（")[0].partition(" (observed")[0]


@lru_cache(maxsize=64)
def _names(year: int, language: str) -> dict[date, str]:
    try:
        return dict(holidays.country_holidays("CN", years=year, language=language))
    except Exception:  # names are an ornament
        log.exception("the calendar library names no holiday of %s", year)
        return {}
