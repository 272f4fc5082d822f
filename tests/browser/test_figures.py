"""Under each figure stands who is outside it, and a full edition is had with a purpose (PLN-06, DOC-08)."""

from __future__ import annotations

import os

import pytest

from tests.browser.files import fits_the_phone, office, saved

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


@pytest.mark.rule("DOC-08", "DOC-04")
def test_the_office_says_what_for_and_the_file_proves_itself(running, open_page, tmp_path):
    page = office(open_page)
    made = """SELECT d.record_id FROM document d JOIN placement p ON p.id = d.record_id
      WHERE d.kind = 'agreement' AND d.void_at IS NULL AND d.full_key IS NOT NULL
        AND p.school_id = (SELECT min(id) FROM school) AND p.state = 'in_force' ORDER BY d.id LIMIT 1"""
    page.goto(f"/agreements/{running.ask(made)}/full")
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert fits_the_phone(page)
        shot(page, f"purpose-{width}")
    page.get_by_label("用途").fill("档案转递")
    file = saved(page, page.get_by_role("button", name="下载完整版"), tmp_path, "协议书.pdf")
    page.goto("/v/")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="核验文件").click()
    page.get_by_text("签发时的完整版完全一致").wait_for()
    shot(page, "verified-390")
