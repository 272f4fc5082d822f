"""A student with a passport and a phone abroad, from the first sign-in to accepting; the office's forms."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_story import asked_code, fill_code
from tests.browser.test_ways_in import fits

pytestmark = pytest.mark.browser
MINE = "(SELECT student_id FROM ab_user WHERE username = 'student14')"
WIDTHS = ((1366, 768), (390, 844))


@pytest.mark.rule("ACC-13", "ACC-04", "INV-13", "MOB-01")
def test_a_passport_and_a_phone_abroad_sign_by_codes_by_mail(running, open_page, tmp_path):
    running.do(f"UPDATE student SET verified_at = NULL WHERE id = {MINE}")
    running.do(
        f"UPDATE invitation SET reply_by = app_now() + interval '3 days' WHERE student_id = {MINE}"
    )
    page = open_page(390, 844)
    sign_in(page, "m-9999 9536")  # the passport's number, as people type it
    page.wait_for_url("**/my/verify/**")
    assert "stu***@example.com" in page.inner_text("main")
    assert "无法接收本平台短信" in page.inner_text("main")
    fits(page)
    page.screenshot(path=tmp_path / "verify-390.png", full_page=True)
    page.fill("#address", "湖北省武汉市洪山区珞喻路1号")
    code = asked_code(page, "[data-qq-code-url]", open_page)
    assert page.input_value("#address") == "湖北省武汉市洪山区珞喻路1号"
    page.fill("#code", code)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/my/**")
    letter = running.ask(f"SELECT id FROM invitation WHERE student_id = {MINE} AND state = 'open'")
    page.goto(f"/my/invitations/{letter}")
    page.screenshot(path=tmp_path / "letter-390.png", full_page=True)
    page.click("#do-accept")
    page.check("#qq-dialog input[name=agreed]")
    fill_code(page, open_page)
    page.screenshot(path=tmp_path / "dialog-390.png")
    page.click("#qq-dialog button[type=submit]")
    with page.expect_navigation():
        page.click("#qq-dialog button[type=submit]")
    page.wait_for_load_state()
    assert running.ask(f"SELECT state FROM invitation WHERE id = {letter}") == "accepted"
    sent = running.ask(
        "SELECT count(*) FROM message WHERE channel = 'sms' AND user_id ="
        " (SELECT id FROM ab_user WHERE username = 'student14')"
    )
    assert sent == 0

    # the office reads and enters such students, on both widths
    for width, height in WIDTHS:
        office = open_page(width, height)
        sign_in(office, "school", at=f"/students/show/{running.ask(f'SELECT {MINE}')}")
        assert "护照（韩国） M*****536" in office.inner_text("main")
        office.screenshot(path=tmp_path / f"office-show-{width}.png", full_page=True)
        office.goto("/students/add")
        office.select_option("#id_kind", "tw_permit")
        office.fill("#student_no", f"TW{width}")
        office.fill("#name", "林怡君")
        office.fill("#graduation_year", "2027")
        office.select_option("#major_id", index=1)
        office.select_option("#education", "31")
        office.select_option("#training_mode", "1")
        office.fill("#id_number", "H12345678")
        office.fill("#phone", "+852 2345 6789")
        office.click("main form button.btn-primary")
        office.wait_for_load_state()
        assert "这是“港澳居民来往内地通行证”的号码" in office.inner_text("main")
        assert "境外号码请带国家（地区）代码" in office.inner_text("main")
        fits(office)
        office.screenshot(path=tmp_path / f"office-add-{width}.png", full_page=True)
        other = open_page(width, height)
        sign_in(other, "student1", at="/my/origin/propose/id_number")
        fits(other)
        other.screenshot(path=tmp_path / f"propose-{width}.png", full_page=True)
