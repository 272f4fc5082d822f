"""What cannot be printed is said beside its field; a document that failed says why on the record's page."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_paper import no_sideways
from tests.browser.test_signs import look

pytestmark = pytest.mark.browser
IN_FORCE = """SELECT max(p.id) FROM placement p JOIN ab_user u ON u.school_id = p.school_id
  AND u.username = 'school' WHERE p.kind = 'online' AND p.state = 'in_force' AND NOT p.frozen"""
FAILED = """INSERT INTO document_failure (kind, record_kind, record_id, school_id, missing, at)
  SELECT 'agreement', 'placement', id, school_id, '[["student.name", "🌟"]]', now() FROM placement WHERE id = %s
  ON CONFLICT DO NOTHING"""


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize("width", [1366, 390])
def test_the_field_says_which_character_and_the_page_what_was_mended(running, open_page, width):
    page = open_page(width)
    sign_in(page, "employer1", at="/employer/profile/")
    page.fill("#address", "珞喻路🚀1037号")
    page.fill("#postcode", "４３００７４")
    page.locator("main form button[type=submit]").last.click()
    page.locator("#address-error").wait_for()
    said = page.inner_text("#address-error")
    assert "U+1F680" in said
    assert "无法打印" in said
    assert page.input_value("#postcode") == "430074"
    assert "已整理为：430074" in page.inner_text("body")
    no_sideways(page)
    look(page, f"field-{width}")


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize("width", [1366, 390])
def test_the_desk_says_why_a_document_was_not_made_and_who_can_act(running, open_page, width):
    key = running.ask(IN_FORCE)
    running.do(
        "UPDATE document SET void_at = now() WHERE record_kind = 'placement' AND record_id = %s",
        key,
    )
    running.do(FAILED, key)
    desk = open_page(width)
    sign_in(desk, "school", at=f"/desk/show/{key}")
    note = desk.locator(".qq-note-danger").first.inner_text()
    assert "文件没有生成" in note
    assert "学生 · 姓名" in note
    assert "U+1F31F" in note
    no_sideways(desk)
    look(desk, f"failed-{width}")
    desk.goto(f"/agreements/{key}.pdf")
    assert "文件没有生成" in desk.inner_text("main")
    look(desk, f"failed-pdf-{width}")
