"""A changed phone, on the phone and on the screen: held with its sentence, confirmed, and able to sign."""

from __future__ import annotations

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_story import asked_code, fill_code

pytestmark = pytest.mark.browser
WIDTHS = ((390, 844), (1366, 768))
MINE = "(SELECT student_id FROM ab_user WHERE username = 'student9')"


def fits(page) -> None:
    """Nothing scrolls sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@pytest.mark.rule("ACC-15", "MOB-01")
def test_a_changed_phone_is_held_confirmed_by_the_old_one_and_then_signs(
    running, open_page, tmp_path
):
    running.do(
        f"UPDATE invitation SET reply_by = app_now() + interval '3 days' WHERE student_id = {MINE}"
    )
    running.do(
        "UPDATE contact_change SET held_until = app_now() + interval '2 days' WHERE user_id ="
        " (SELECT id FROM ab_user WHERE username = 'student9')"
    )
    letter = running.ask(f"SELECT id FROM invitation WHERE student_id = {MINE} AND state = 'open'")
    assert letter

    # the school reads what the change means before it makes one, and what became of it
    office = open_page()
    sign_in(office, "school")
    student = running.ask(f"SELECT {MINE}")
    other = running.ask(
        "SELECT id FROM student WHERE school_id = (SELECT school_id FROM student WHERE"
        " id = %s) AND id < %s ORDER BY id DESC LIMIT 1",
        student,
        student,
    )
    office.goto(f"/students/{other}/phone")
    office.fill("#phone", "13800077777")
    office.fill("#reason", "本人持身份证到场")
    office.screenshot(path=tmp_path / "office-form.png", full_page=True)
    office.click("main form button.btn-primary")
    office.wait_for_load_state()
    assert "限制至" in office.inner_text("main")
    office.screenshot(path=tmp_path / "office-student.png", full_page=True)
    office.goto("/sign-in-changes/list/")
    assert office.locator("main tbody tr").count() >= 2
    office.screenshot(path=tmp_path / "office-list.png", full_page=True)
    office.goto("/settings/")
    assert "不能为 0" in office.inner_text("main")

    # held: everything is read, nothing is signed, on both widths
    pages = {}
    for width, height in WIDTHS:
        page = pages[width] = open_page(width, height)
        sign_in(page, "student9")
        assert "学校更改了本账号的手机号" in page.inner_text("main")
        fits(page)
        page.screenshot(path=tmp_path / f"home-{width}.png", full_page=True)
        page.goto(f"/my/invitations/{letter}")
        assert page.locator("#do-accept").is_disabled()
        assert "原手机号" in page.inner_text("main")
        fits(page)
        page.screenshot(path=tmp_path / f"letter-{width}.png", full_page=True)
        page.goto("/me/sign-in/")
        assert "这项变更属实吗" in page.inner_text("main")
        fits(page)
        page.screenshot(path=tmp_path / f"sign-in-{width}.png", full_page=True)
        page.goto("/me/sign-in/mail")
        fits(page)
        page.screenshot(path=tmp_path / f"mail-{width}.png", full_page=True)

    # the old phone says yes
    page = pages[390]
    page.goto("/me/sign-in/")
    form = page.locator("form", has_text="用原手机号").first
    code = asked_code(page, "form:has-text('用原手机号') [data-qq-code-url]", open_page)
    form.locator("input[name=code]").fill(code)
    form.get_by_role("button", name="是我要求变更的").click()
    page.wait_for_load_state()
    assert "已确认" in page.inner_text("body")
    page.screenshot(path=tmp_path / "confirmed-390.png", full_page=True)

    # and the student signs
    page.goto(f"/my/invitations/{letter}")
    page.click("#do-accept")
    page.check("#qq-dialog input[name=agreed]")
    fill_code(page, open_page)
    page.click("#qq-dialog button[type=submit]")
    with page.expect_navigation():  # the dialog answers first: a wrong code would stay in it
        page.click("#qq-dialog button[type=submit]")
    assert running.ask("SELECT state FROM invitation WHERE id = %s", letter) == "accepted"
    pages[1366].goto("/me/sign-in/")
    assert "已由原手机号确认" in pages[1366].inner_text("main")
    pages[1366].screenshot(path=tmp_path / "after-1366.png", full_page=True)
