"""Working days: the public calendar, the school's own days, and no exception in a deadline."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.core import clock
from app.core.db import db
from app.settings import queries
from app.settings.queries import set_day, working_deadline


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.mark.rule("TRM-09")
@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # Friday → Monday
        ("2026-11-20", 10, "2026-12-04"),
        ("2026-09-29", 1, "2026-09-30"),
        ("2026-09-30", 1, "2026-10-08"),  # over National Day
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday that is worked
        ("2026-12-31", 1, "2027-01-04"),  # over New Year
        ("2026-11-21", 1, "2026-11-23"),  # begun on a Saturday
    ],
)
def test_working_days_skip_holidays_and_count_worked_weekends(cast, start, days, last):
    until = working_deadline(noon(start), days, cast.school.id)
    assert clock.shown_deadline(until) == f"{last} 24:00"


@pytest.mark.rule("TRM-09")
def test_a_school_works_and_rests_on_days_of_its_own(cast):
    set_day(cast.school.id, date(2026, 11, 23), False, "校庆", None)
    set_day(cast.school.id, date(2026, 11, 22), True, "补课", None)
    until = working_deadline(noon("2026-11-20"), 2, cast.school.id)
    assert clock.shown_deadline(until) == "2026-11-24 24:00"
    other = working_deadline(noon("2026-11-20"), 2, cast.other_school.id)
    assert clock.shown_deadline(other) == "2026-11-24 24:00"


@pytest.mark.rule("TRM-09")
def test_years_that_the_calendar_does_not_know_fall_back_to_weekends(cast, monkeypatch):
    class Broken:
        def is_working_day(self, day):
            raise KeyError(day)

    queries.public_working_day.cache_clear()
    monkeypatch.setattr(queries, "_CHINA", Broken())
    until = working_deadline(noon("2099-11-20"), 1, cast.school.id)
    assert clock.shown_deadline(until) == "2099-11-23 24:00"
    queries.public_working_day.cache_clear()


@pytest.mark.rule("TRM-09")
def test_a_school_that_never_works_still_gets_an_end(cast):
    for n in range(365):
        set_day(
            cast.school.id, date.fromordinal(date(2026, 11, 21).toordinal() + n), False, "", None
        )
    db.session.flush()
    assert working_deadline(noon("2026-11-20"), 10, cast.school.id) > noon("2026-12-20")


@pytest.mark.rule("ADM-05")
def test_history_is_never_changed(cast, session):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    queries.set_setting(cast.school.id, "reply_days", 7, None)
    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(text("UPDATE school_setting SET value = '9'"))
