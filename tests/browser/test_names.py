"""Names as people type them: mended, refused with the sign named, found by the former one, in order."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_campus import shot

pytestmark = pytest.mark.browser


@pytest.mark.rule("ADM-02", "ADM-06")
@pytest.mark.parametrize("width", [1366, 390])
def test_a_name_is_corrected_and_the_former_one_still_finds_the_record(running, open_page, width):
    page = open_page(width)
    sign_in(page, "school")
    page.wait_for_url("**/office/**")
    student = running.ask("SELECT max(id) FROM student WHERE school_id = 1")
    was = running.ask("SELECT name FROM student WHERE id = %s", student)
    page.goto(f"/students/edit/{student}")
    page.fill("#name", "⾼ ⼤　⼭(男)")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("姓名中不能有括号").wait_for()
    shot(page, f"name-refused-{width}")
    new = "⾼ ⼤　⼭" if width > 400 else "高　小⼭"
    page.fill("#name", new)
    page.get_by_role("button", name="保存").click()
    page.get_by_text(f"原名：{was}").wait_for()
    page.get_by_text(f"姓名：{was} → 高{'大' if width > 400 else '小'}山").first.wait_for()
    shot(page, f"name-former-{width}")
    page.goto(f"/students/list/?q={was}")
    assert page.locator(f'tr[data-href$="/show/{student}"]').count() == 1
    employer = running.ask(
        "SELECT min(id) FROM employer WHERE school_id = 1 AND state = 'approved'"
    )
    name = running.ask("SELECT name FROM employer WHERE id = %s", employer)
    page.goto(f"/employers/edit/{employer}")
    page.fill("#name", f"{name[:-4]}(新) 有限公司")
    page.get_by_role("button", name="保存").click()
    page.get_by_text(f"单位名称：{name} → {name[:-4]}（新）有限公司").first.wait_for()
    shot(page, f"employer-former-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"/employers/edit/{employer}")  # other stories look for it by its name
    page.fill("#name", name)
    page.get_by_role("button", name="保存").click()
    page.get_by_text("原名").first.wait_for()


@pytest.mark.rule("AGR-01")
def test_the_list_of_students_is_read_in_the_order_of_pinyin(open_page):
    page = open_page()
    sign_in(page, "school")
    page.wait_for_url("**/office/**")
    page.goto("/students/list/")
    names = page.locator("tr[data-href] td.t + td.t")
    # by code point 于 would be first, 高 last
    for way, surnames in (("asc", ("KIM", "阿", "蔡")), ("desc", ("朱", "诸", "邹"))):
        page.get_by_role("link", name="姓名", exact=True).click()
        page.wait_for_url(f"**_od_StudentsView={way}**")
        assert names.first.inner_text().strip().startswith(surnames)
        shot(page, f"names-{way}")
