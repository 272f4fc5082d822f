"""Under each figure stands who is outside it, with the way to them (PLN-06, RPT-01)."""

from __future__ import annotations

import os

import pytest

from tests.browser.files import fits_the_phone, office

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("QINGQIAN_SHOTS", "")  # a folder outside the tree: the pages as pictures
PAGES = ("/office/", "/plan/sync/", "/plan/list/", "/reports/rate?by=college")


def shot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.rule("PLN-06", "RPT-01")
def test_each_page_with_figures_says_who_is_outside_and_leads_to_them(running, open_page):
    page = office(open_page)
    for n, url in enumerate(PAGES):
        page.goto(url)
        line = page.locator(".qq-outside").first
        assert "人" in line.inner_text()
        for width, height in ((1366, 768), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert fits_the_phone(page), url
            shot(page, f"figures-{n}-{width}")
        page.set_viewport_size({"width": 1366, "height": 768})
    waiting = "SELECT count(*) FROM student WHERE school_id = 1 AND origin_state <> 'approved'"
    if running.ask(waiting):
        page.locator(".qq-outside a").first.click()
        assert "未计入" in page.locator("h1").inner_text()
        shot(page, "outside")
