"""Working days: the public calendar, the school's own days, and no exception in a deadline."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import holidays
import pytest

from app.core import clock
from app.core.db import db
from app.settings import calendar, detail, queries
from app.settings.calendar import public_working_day, set_day, working_deadline
from app.settings.detail import holiday_name, spans


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.fixture
def broken_calendar(monkeypatch):
    """A library that fails whatever it is asked."""

    def fails(*_args, **_more):
        raise KeyError("CN")

    def forget():
        calendar.public_year.cache_clear()
        detail._names.cache_clear()

    forget()
    monkeypatch.setattr(holidays, "country_holidays", fails)
    yield
    forget()


@pytest.mark.rule("TRM-09")
@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # Friday → Monday
        ("2026-11-20", 10, "2026-12-04"),
        ("2026-09-29", 1, "2026-09-30"),
        ("2026-09-30", 1, "2026-10-08"),  # over National Day
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday that is worked
        ("2026-09-25", 10, "2026-10-15"),  # 28–30 Sep, 8–10 and 12–15 Oct, 10 Oct a Saturday
        ("2026-09-18", 1, "2026-09-20"),  # a Sunday that is worked for the first of October
        ("2027-02-04", 1, "2027-02-11"),  # over the Spring Festival
        ("2027-02-05", 10, "2027-02-24"),
        ("2027-12-31", 1, "2028-01-04"),
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
def test_years_that_the_calendar_does_not_know_fall_back_to_weekends(cast, broken_calendar):
    until = working_deadline(noon("2099-11-20"), 1, cast.school.id)
    assert clock.shown_deadline(until) == "2099-11-23 24:00"
    assert spans(date(2026, 9, 20), {}) == []


@pytest.mark.rule("TRM-09")
@pytest.mark.parametrize("year", [1, 1949, 2101, 3000, 9999])
def test_no_year_is_too_strange_for_the_calendar(app, year):
    with app.test_request_context():
        assert public_working_day(date(year, 6, 15)) in (True, False)
        assert isinstance(holiday_name(date(year, 10, 1)), str)


@pytest.mark.rule("TRM-09")
@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-20", 0, "2026-11-20"),
        ("2026-11-20", -5, "2026-11-20"),
        ("9999-12-20", 60, "9999-12-30"),
        ("9999-12-31", 1, "9999-12-30"),
        ("2100-12-30", 3, "2101-01-04"),  # the first year that the library does not know
    ],
)
def test_hostile_starts_and_numbers_have_an_end(cast, start, days, last):
    until = working_deadline(noon(start), days, cast.school.id)
    assert clock.shown_deadline(until) == f"{last} 24:00"


@pytest.mark.rule("TRM-09")
def test_an_absurd_number_of_days_neither_fails_nor_hangs(cast):
    assert working_deadline(noon("2026-11-20"), 10**12, cast.school.id).year < 2030


@pytest.mark.rule("TRM-09")
def test_threads_that_ask_of_a_new_year_at_once_get_the_same_answer():
    for _n in range(20):
        calendar.public_year.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            asked = pool.map(public_working_day, [date(2026, 10, 1)] * 8)
        assert set(asked) == {False}


@pytest.mark.rule("TRM-09")
def test_own_days_win_over_holidays_worked_weekends_and_over_each_other(cast):
    set_day(cast.school.id, date(2026, 10, 10), False, "", None)  # worked by the public calendar
    set_day(cast.school.id, date(2026, 10, 2), True, "", None)  # National Day
    until = working_deadline(noon("2026-09-30"), 1, cast.school.id)
    assert clock.shown_deadline(until) == "2026-10-02 24:00"
    until = working_deadline(noon("2026-10-09"), 1, cast.school.id)
    assert clock.shown_deadline(until) == "2026-10-12 24:00"
    set_day(cast.school.id, date(2026, 10, 2), False, "改", None)
    until = working_deadline(noon("2026-09-30"), 1, cast.school.id)
    assert clock.shown_deadline(until) == "2026-10-08 24:00"


@pytest.mark.rule("TRM-09")
def test_the_coming_days_off_stand_in_spans_with_their_weekends(app):
    with app.test_request_context():
        found = [(s.days, s.works, s.count) for s in spans(date(2026, 9, 1), {})]
    assert found[:5] == [
        ("2026-09-20", True, 1),
        ("2026-09-25 – 2026-09-27", False, 3),
        ("2026-10-01 – 2026-10-07", False, 7),
        ("2026-10-10", True, 1),
        ("2027-01-01 – 2027-01-03", False, 3),
    ]


@pytest.mark.rule("TRM-09")
def test_own_days_stand_apart_among_the_coming_ones(app):
    own = {date(2026, 10, 8): False, date(2026, 11, 21): True}
    with app.test_request_context():
        found = [(s.days, s.works, s.own) for s in spans(date(2026, 10, 1), own)]
    assert ("2026-10-08", False, True) in found
    assert ("2026-11-21", True, True) in found
    assert ("2026-10-01 – 2026-10-07", False, False) in found


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
