"""The reports as people use them: with and without script, on a phone, on paper, kept under a name (RPT-01…06)."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.browser.files import fits_the_phone

pytestmark = pytest.mark.browser
PAGES = ("rate", "flow", "where", "cross", "trend")


@pytest.mark.rule("RPT-01", "RPT-02", "RPT-03", "RPT-06", "MOB-01")
def test_every_report_has_a_picture_and_its_table_without_script(running, open_page):
    page = open_page(390, 844, java_script_enabled=False)
    sign_in(page, "school")
    for name in PAGES:
        page.goto(f"/reports/{name}")
        assert page.locator(".qq-chart").first.is_visible(), name
        assert page.locator(".qq-report table tbody tr").count() > 1, name
        widths = page.locator(".qq-bars svg rect").evaluate_all(
            "all => all.map(r => r.getBoundingClientRect().width)"
        )
        assert all(width >= 0 for width in widths)
        assert not widths or max(widths) > 50, name
        page.set_viewport_size({"width": 360, "height": 780})
        wide = page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
        assert wide <= 0, name
        page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.rule("RPT-03")
def test_a_province_is_pressed_and_its_cities_and_their_graduates_come(running, open_page):
    page = open_page()
    sign_in(page, "school")
    page.goto("/reports/where")
    page.get_by_role("link", name="广东").click()
    page.wait_for_load_state()
    assert page.get_by_role("heading", name="广东省各市").is_visible()
    assert page.locator(".qq-tile.is-chosen").inner_text().startswith("广东")
    row = page.locator("tr", has_text="深圳市").last
    link = row.locator("a")
    count = int(link.inner_text())
    link.click()
    page.wait_for_load_state()
    assert page.locator("tbody tr.qq-row").count() == min(count, 25)
    assert "深圳" in page.locator(".qq-narrowings").inner_text()


@pytest.mark.rule("RPT-06")
def test_a_question_is_kept_shared_and_opened_by_a_colleague(running, open_page):
    page = open_page()
    sign_in(page, "school")
    page.goto("/reports/cross?down=major&across=industry&year=")
    page.fill("#question-name", "专业对行业")
    page.get_by_label("与同事共享").check()
    page.get_by_role("button", name="收藏").click()
    page.wait_for_load_state()
    assert page.get_by_role("link", name="专业对行业").is_visible()
    colleague = open_page()
    sign_in(colleague, "data")
    colleague.goto("/reports/questions/")
    colleague.get_by_role("link", name="专业对行业").click()
    colleague.wait_for_load_state()
    assert "专业 × " in colleague.locator("h1").inner_text()
    page.set_viewport_size({"width": 390, "height": 844})  # on a phone too
    page.get_by_role("button", name="删除: 专业对行业").click()
    page.wait_for_load_state()
    assert page.get_by_role("link", name="专业对行业").count() == 0


@pytest.mark.rule("RPT-01", "MOB-01")
def test_reports_print_with_their_pictures_and_without_forms(running, open_page):
    page = open_page()
    sign_in(page, "province")
    for url in ("/reports/where", "/reports/rate"):
        page.goto(url)
        page.emulate_media(media="print")
        assert page.locator(".qq-chart").first.is_visible()
        assert not page.locator(".qq-toolbar").is_visible()
        assert not page.locator("#question-name").is_visible()
        page.emulate_media(media="screen")
    page.goto("/office/")
    assert fits_the_phone(page)
    assert "江汉青山大学" in page.locator("main table").inner_text()
