"""Choosing files in a browser: each with its progress and sentence, a dropped connection, another try."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.files.documents.hostile import pdf, picture

pytestmark = [pytest.mark.browser, pytest.mark.rule("DOC-05", "TRM-09")]


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_dropped_connection_and_a_refused_file_lose_nothing(open_page):
    page = open_page(390, 844)
    sign_in(page, "student7", at="/my/terminations/")
    page.locator("a[href*='/terminations/signing/']").first.click()
    kept = page.locator("#files .qq-file a[href$='/view'] img")
    refused = page.locator("#files .qq-file.is-refused")

    page.set_input_files(
        "#files-choose", [file("好.jpg", picture(size=(300, 200))), file("坏.pdf", b"<script>")]
    )
    kept.first.wait_for()
    refused.get_by_text("坏.pdf").wait_for()
    assert refused.locator("[role=status]").inner_text().endswith("。")

    page.route("**/evidence", lambda route: route.abort())
    page.set_input_files("#files-choose", [file("断.pdf", pdf())])
    page.locator(".is-refused", has_text="断.pdf").wait_for()
    page.unroute("**/evidence")
    page.locator(".is-refused", has_text="断.pdf").locator("[data-qq-retry]").click()
    page.locator("#files a", has_text="断.pdf").wait_for()
    assert refused.count() == 1

    page.reload()
    assert page.locator("#files .qq-file").count() == 2
    page.locator("#files .qq-file", has_text="断.pdf").locator("button").click()
    page.get_by_text("文件已移除").wait_for()
    assert page.locator("#files .qq-file").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
