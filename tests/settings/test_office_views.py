"""Settings, windows and working days of a school: who changes them, and what the history says."""

from __future__ import annotations

import re

import pytest

from app.settings.calendar import calendar_days, windows
from app.settings.models import SETTINGS
from app.settings.queries import history, settings


def form_of(browser) -> dict[str, str]:
    """What the settings page would send unchanged."""
    page = browser.get("/settings/").get_data(as_text=True)
    found = {"seen": re.search(r'name="seen"[^>]*value="(\d+)"', page).group(1)}
    for name in SETTINGS:
        tag = re.search(rf'<(input|select|textarea)[^>]*name="{name}"[^>]*>', page)
        if tag.group(1) == "input":
            found[name] = re.search(r'value="([^"]*)"', tag.group(0)).group(1)
        elif tag.group(1) == "textarea":
            found[name] = page[tag.end() : page.index("</textarea>", tag.end())].strip()
        else:
            body = page[tag.end() : page.index("</select>", tag.end())]
            found[name] = re.search(r'<option selected value="([^"]*)"', body).group(1)
    return found


@pytest.mark.rule("ADM-05")
def test_a_setting_is_changed_once_and_the_history_says_who_old_and_new(cast, visit):
    browser = visit(cast.officer)
    values = form_of(browser) | {
        "cooling_off_hours": "3",
        "signing_review": "both",
        "forced_online": "1",
    }
    answer = browser.post("/settings/", data=values)
    assert answer.status_code == 303
    found = settings(cast.school.id)
    assert (found.cooling_off_hours, found.signing_review, found.forced_online) == (3, "both", True)
    assert settings(cast.other_school.id).cooling_off_hours == 1
    changes = {row.key: (before, row.value, who) for row, before, who in history(cast.school.id)}
    assert changes["cooling_off_hours"] == (1, 3, "王老师")
    assert set(changes) == {"cooling_off_hours", "signing_review", "forced_online"}
    page = browser.get("/settings/history").get_data(as_text=True)
    assert "冷静期" in page
    assert "学院初审、学校终审" in page


@pytest.mark.rule("ADM-05")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cooling_off_hours", "-1"),
        ("cooling_off_hours", "73"),
        ("reply_days", "x"),
        ("reply_days", ""),
        ("termination_days", "0"),
        ("signing_review", "nobody"),
        ("forced_online", "2"),
        ("termination_chances", "99999999999999999999"),
    ],
)
def test_a_bad_value_is_refused_beside_its_field_and_nothing_is_kept(cast, visit, name, value):
    browser = visit(cast.officer)
    answer = browser.post("/settings/", data=form_of(browser) | {name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.get_data(as_text=True)
    assert history(cast.school.id) == []


@pytest.mark.rule("ADM-05")
def test_the_proposed_days_lie_within_the_most_days(cast, visit):
    browser = visit(cast.officer)
    values = form_of(browser) | {"reply_days": "9", "reply_days_most": "7"}
    assert browser.post("/settings/", data=values).status_code == 422


def shown_form(answer) -> dict[str, str]:
    """What sending the answered page again would send."""
    return form_of(Answered(answer))


class Answered:
    """An answer that can be read like the settings page."""

    def __init__(self, answer):
        self.get = lambda _url: answer


@pytest.mark.rule("ADM-05")
def test_who_saves_second_sees_what_the_first_changed_and_neither_loses_anything(cast, visit):
    browser = visit(cast.officer)
    first, second = form_of(browser), form_of(browser)
    assert browser.post("/settings/", data=first | {"reply_days": "7"}).status_code == 303
    answer = browser.post("/settings/", data=second | {"cooling_off_hours": "5"})
    assert answer.status_code == 409
    found = settings(cast.school.id)
    assert (found.reply_days, found.cooling_off_hours) == (7, 1)
    page = answer.get_data(as_text=True)
    assert "王老师" in page[page.index('id="reply_days-error"') :][:200]
    again = shown_form(answer)
    assert (again["reply_days"], again["cooling_off_hours"]) == ("7", "5")
    assert browser.post("/settings/", data=again).status_code == 303
    found = settings(cast.school.id)
    assert (found.reply_days, found.cooling_off_hours) == (7, 5)


@pytest.mark.rule("ADM-05")
def test_of_two_values_for_one_setting_the_second_person_chooses(cast, visit):
    browser = visit(cast.officer)
    first, second = form_of(browser), form_of(browser)
    browser.post("/settings/", data=first | {"signing_review": "both"})
    answer = browser.post("/settings/", data=second | {"signing_review": "college"})
    assert answer.status_code == 409
    assert shown_form(answer)["signing_review"] == "college"
    assert browser.post("/settings/", data=shown_form(answer)).status_code == 303
    assert settings(cast.school.id).signing_review == "college"


@pytest.mark.rule("ADM-05")
def test_a_colleagues_window_or_day_disturbs_nobodys_settings(cast, visit):
    browser = visit(cast.officer)
    values = form_of(browser)
    browser.post("/settings/calendar/day", data={"day": "2027-05-05", "works": "0", "note": ""})
    assert browser.post("/settings/", data=values | {"reply_days": "6"}).status_code == 303


@pytest.mark.rule("ADM-05")
@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40, "²", "١"])
def test_a_forged_number_of_the_last_change_never_breaks_the_page(cast, visit, seen):
    browser = visit(cast.officer)
    answer = browser.post("/settings/", data=form_of(browser) | {"seen": seen, "reply_days": "6"})
    assert answer.status_code in (303, 409)


@pytest.mark.rule("ADM-05")
def test_saving_what_is_so_already_writes_no_history(cast, visit):
    browser = visit(cast.officer)
    assert browser.post("/settings/", data=form_of(browser)).status_code == 303
    assert history(cast.school.id) == []


@pytest.mark.rule("ADM-05", "ACC-02")
def test_only_the_employment_office_changes_settings(cast, visit):
    values = form_of(visit(cast.officer)) | {"reply_days": "9"}
    for user in (cast.college_officer, cast.data):
        browser = visit(user)
        assert browser.get("/settings/").status_code == 200
        assert browser.post("/settings/", data=values).status_code == 403
        assert browser.post("/settings/calendar/window", data={"year": "2027"}).status_code == 403
    assert visit(cast.province).get("/settings/").status_code in (403, 404)
    assert settings(cast.school.id).reply_days == 5


@pytest.mark.rule("ADM-04")
def test_a_window_is_set_changed_and_lifted(cast, visit):
    browser = visit(cast.officer)
    url = "/settings/calendar/window"
    data = {"year": "2027", "opens": "2026-09-01", "closes": "2027-06-30"}
    for _n in range(2):  # a double click is one change
        assert browser.post(url, data=data).status_code == 303
    assert windows(cast.school.id)[2027].closes.isoformat() == "2027-06-30"
    assert "2026-09-01 – 2027-06-30" in browser.get("/settings/calendar").get_data(as_text=True)
    page = browser.get("/settings/calendar?year=2027").get_data(as_text=True)
    assert 'value="2027-06-30"' in page
    assert browser.post(url, data=data | {"closes": "2026-08-01"}).status_code == 422
    assert browser.post(url, data=data | {"closes": ""}).status_code == 422
    assert browser.post(url, data={"year": "2027"}).status_code == 303
    assert windows(cast.school.id) == {}
    assert len(history(cast.school.id)) == 2
    assert windows(cast.other_school.id) == {}


@pytest.mark.rule("ADM-04")
@pytest.mark.parametrize(
    "more",
    [{"year": ""}, {"year": "1850"}, {"year": "x"}, {"opens": "2026-02-30"}, {"opens": "soon"}],
)
def test_a_bad_window_is_refused_in_words(cast, visit, more):
    data = {"year": "2027", "opens": "2026-09-01", "closes": "2027-06-30"} | more
    answer = visit(cast.officer).post("/settings/calendar/window", data=data)
    assert answer.status_code == 422
    assert windows(cast.school.id) == {}


@pytest.mark.rule("ADM-04")
@pytest.mark.parametrize("year", ["x", "", "99999999999", "²", "2027' OR 1"])
def test_whatever_year_is_asked_the_calendar_opens(cast, visit, year):
    assert visit(cast.officer).get(f"/settings/calendar?year={year}").status_code == 200


@pytest.mark.rule("ADM-04", "ADM-07")
def test_the_history_tells_windows_and_days_in_words(cast, visit):
    browser = visit(cast.officer)
    window = {"year": "2027", "opens": "2026-09-01", "closes": "2027-06-30"}
    browser.post("/settings/calendar/window", data=window)
    browser.post("/settings/calendar/day", data={"day": "2027-05-04", "works": "1", "note": "补课"})
    browser.post(f"/settings/calendar/day/{calendar_days(cast.school.id)[0].id}/forget")
    page = browser.get("/settings/history").get_data(as_text=True)
    for words in ("2026-09-01 – 2027-06-30", "2027-05-04", "补课", "王老师"):
        assert words in page
    assert len(history(cast.school.id)) == 3


@pytest.mark.rule("TRM-09")
@pytest.mark.parametrize(
    "more",
    [
        {"day": ""},
        {"day": "x"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"day": "2027-02-29"},
        {"works": "2"},
        {"note": "长" * 61},
    ],
)
def test_a_bad_day_is_refused_in_words(cast, visit, more):
    data = {"day": "2027-05-04", "works": "0", "note": ""} | more
    assert visit(cast.officer).post("/settings/calendar/day", data=data).status_code == 422
    assert calendar_days(cast.school.id) == []


@pytest.mark.rule("TRM-09", "ACC-02")
def test_a_day_of_ones_own_is_set_and_forgotten_by_the_own_school_only(cast, visit):
    browser = visit(cast.officer)
    data = {"day": "2027-05-04", "works": "0", "note": "秋季放假"}
    assert browser.post("/settings/calendar/day", data=data).status_code == 303
    page = browser.get("/settings/calendar").get_data(as_text=True)
    assert "秋季放假" in page
    [key] = re.findall(r"/settings/calendar/day/(\d+)/forget", page)
    url = f"/settings/calendar/day/{key}/forget"
    assert visit(cast.other_officer).post(url).status_code == 404
    assert visit(cast.college_officer).post(url).status_code == 403
    assert "秋季放假" in visit(cast.officer).get("/settings/calendar").get_data(as_text=True)
    assert visit(cast.officer).post(url).status_code == 303
    assert calendar_days(cast.school.id) == []
    assert visit(cast.officer).post(url).status_code == 404


@pytest.mark.rule("ADM-05")
def test_every_setting_stands_in_one_group_of_the_form():
    from app.settings import forms, models

    shown = [name for _label, names in forms.GROUPS for name in names]
    assert sorted(shown) == sorted(models.SETTINGS)
