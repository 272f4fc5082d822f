"""The record beside the list, the palette and the search of the frame, a number by one click, in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(running, open_page):
    page = open_page(1366, 768)
    failed = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    sign_in(page, "school", at="/desk/list/")
    page.locator(".qq-pane h1").wait_for()
    yield page
    assert not failed


def shown(page) -> str:
    return page.inner_text(".qq-pane h1")


@pytest.mark.rule("AGR-18")
def test_the_record_stands_beside_the_list_and_follows_the_selected_row(desk):
    names = [row.locator("td.t").inner_text() for row in desk.locator("tr[data-href]").all()[:3]]
    assert shown(desk).startswith(names[0])
    for name in names[1:]:
        desk.keyboard.press("j")
        desk.wait_for_function(
            "(name) => document.querySelector('.qq-pane h1').innerText.startsWith(name)", arg=name
        )
    desk.keyboard.press("k")
    desk.wait_for_function(
        "(name) => document.querySelector('.qq-pane h1').innerText.startsWith(name)", arg=names[1]
    )
    assert desk.evaluate("() => document.documentElement.scrollWidth") <= 1366
    assert desk.locator(".qq-pane .qq-actions .btn").first.is_visible()


@pytest.mark.rule("AGR-18", "MOB-02")
def test_it_can_be_put_away_and_is_not_there_where_there_is_no_room(desk, open_page):
    desk.get_by_role("button", name="仅列表").click()
    assert desk.locator(".qq-pane").count() == 0
    desk.reload()
    assert desk.locator("table thead").is_visible()
    desk.get_by_role("button", name="分栏显示").click()
    desk.locator(".qq-pane h1").wait_for()
    desk.set_viewport_size({"width": 900, "height": 800})
    assert desk.locator(".qq-pane").count() == 0
    phone = open_page(390, 844)
    sign_in(phone, "school", at="/desk/list/")
    assert phone.locator(".qq-pane").count() == 0
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.rule("AGR-18")
def test_a_button_of_the_record_decides_and_the_list_stays(desk):
    row = next(
        row
        for row in desk.locator("tr[data-href]").all()
        if "data-qq-quick"
        in desk.request.get(row.get_attribute("data-href").replace("/show/", "/keys/")).text()
    )
    href, name = row.get_attribute("data-href"), row.locator("td.t").inner_text()
    row.focus()
    desk.wait_for_function(
        "(name) => document.querySelector('.qq-pane h1').innerText.startsWith(name)", arg=name
    )
    desk.locator(".qq-pane [data-qq-key=A]").click()
    desk.locator(".qq-flash form button").wait_for()
    assert desk.locator(f"tr[data-href='{href}']").count() == 0
    desk.wait_for_function(
        "(name) => !document.querySelector('.qq-pane h1').innerText.startsWith(name)", arg=name
    )
    desk.keyboard.press("u")
    desk.locator(f"tr[data-href='{href}']").wait_for()
    desk.wait_for_function(  # what was brought back is what is shown, and the keys mean it alone
        "(name) => document.querySelector('.qq-pane h1').innerText.startsWith(name)", arg=name
    )
    assert desk.locator("tr.is-here").count() == 1
    assert desk.locator("tr.is-here").get_attribute("data-href") == href


@pytest.mark.rule("AGR-16")
def test_the_palette_leads_to_pages_people_and_what_can_be_done(desk):
    desk.keyboard.press("Control+k")
    desk.locator("#qq-palette[open]").wait_for()
    desk.keyboard.type("限制")
    desk.locator("#qq-palette [role=option]").filter(has_text="限制签约").first.wait_for()
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/restrictions/**")
    desk.keyboard.press("Control+k")
    desk.keyboard.type("hhs" if "黄河水" in desk.content() else "z")
    desk.keyboard.press("Escape")
    assert not desk.locator("#qq-palette").evaluate("d => d.open")


@pytest.mark.rule("AGR-16")
def test_the_box_of_the_frame_finds_by_the_initials(desk, running):
    name = running.ask("SELECT name FROM student ORDER BY id LIMIT 1")
    letters = running.ask("SELECT name_initials(name_order) FROM student ORDER BY id LIMIT 1")
    desk.keyboard.press("/")
    desk.locator("#qq-palette[open]").wait_for()
    desk.keyboard.type(letters)
    desk.locator("#qq-palette [role=option]").filter(has_text="全局搜索").click()
    desk.wait_for_url("**/search/**")
    assert name in desk.inner_text("main")


@pytest.mark.rule("ADM-10")
def test_a_telephone_is_shown_in_its_place_by_one_click(desk, running, open_page):
    row = desk.locator("tr[data-href]").first
    desk.goto(row.get_attribute("data-href"))
    desk.locator("form.qq-reveal button").first.click()
    number = desk.locator("a[href^='tel:']").first
    number.wait_for()
    assert number.inner_text().isdecimal()
    assert running.ask("SELECT count(*) FROM security_event WHERE event = 'reveal'") >= 1
