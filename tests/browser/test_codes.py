"""Codes in the browser, in Chinese: one text for the first sign-in, one code for a batch, the dialog that stays."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_story import asked_code, last_code, write_letter

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("QQ_PICTURES", "")  # a folder, to look at the pages
NEW = "春眠不觉晓处处闻啼鸟夜来风雨声"  # a pass phrase without digits
FREE = """SELECT s.id, s.student_no FROM student s JOIN ab_user u ON u.student_id = s.id
  WHERE u.active AND s.origin_state = 'approved' AND s.training_mode = '1' AND s.phone_index IS NOT NULL
    AND u.username NOT LIKE 'student%%' AND s.school_id = (SELECT id FROM school WHERE code = '10999')
    AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM restriction r WHERE r.student_id = s.id)
  ORDER BY s.id OFFSET %s LIMIT 1"""


def picture(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def free(running, offset: int) -> tuple[int, str]:
    key = running.ask(FREE, offset)
    return key, running.ask("SELECT student_no FROM student WHERE id = %s", key)


def sent_since(running, before: int) -> None:
    """The worker has sent what was asked for meanwhile."""
    until = time.monotonic() + 60
    while running.ask("SELECT count(*) FROM message WHERE sent_at IS NOT NULL") <= before:
        assert time.monotonic() < until


@pytest.mark.rule("ACC-04", "ACC-05", "ACC-09")
@pytest.mark.parametrize("width", [390, 1366])
def test_the_first_sign_in_takes_one_text(running, open_page, width):
    key, number = free(running, 4 if width == 390 else 5)
    running.do(
        "UPDATE student SET verified_at = NULL, email = NULL, address = NULL WHERE id = %s", key
    )
    running.do("UPDATE ab_user SET password = NULL WHERE student_id = %s", key)
    page, sent = open_page(width), "SELECT count(*) FROM message WHERE sent_at IS NOT NULL"
    texts = "SELECT count(*) FROM one_time_code"
    before, codes = running.ask(sent), running.ask(texts)
    page.goto("/password/forgotten")
    page.fill("#who", number)
    page.select_option("#school", "10999")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/password/reset")
    sent_since(running, before)
    code = last_code(open_page())
    page.fill("#code", code.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
    page.fill("#password", NEW)
    page.fill("#again", NEW)
    picture(page, f"reset-{width}")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/login/")
    sign_in(page, number, NEW, "10999")
    page.wait_for_url("**/my/verify/**")
    assert "手机号已确认" in page.inner_text("main")
    picture(page, f"first-{width}")
    page.fill("#email", f"new{width}@example.com")
    page.fill("#address", "武汉市洪山区")
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/my/$"))
    assert running.ask(texts) == codes + 1


@pytest.mark.rule("ACC-04")
@pytest.mark.parametrize("script", [True, False])
def test_case_22_the_code_button_loses_nothing_and_throws_nothing(running, open_page, script):
    key, number = free(running, 6 if script else 7)
    running.do(
        "UPDATE student SET verified_at = NULL, email = NULL, address = NULL WHERE id = %s", key
    )
    running.do(
        "UPDATE ab_user SET password = (SELECT password FROM ab_user WHERE username = 'student4')"
        " WHERE student_id = %s",
        key,
    )
    page, thrown = open_page(390, 844, java_script_enabled=script), []
    page.on("pageerror", lambda error: thrown.append(error))
    sign_in(page, number, school="10999")
    page.fill("#email", f"typed-{script}@example.com".lower())
    page.fill("#address", "武汉市洪山区珞喻路")
    code = asked_code(page, "main [data-qq-code-url]", open_page)
    page.wait_for_load_state()
    picture(page, f"case22-{'script' if script else 'plain'}")
    assert page.input_value("#email") == f"typed-{script}@example.com".lower()
    assert page.input_value("#address") == "武汉市洪山区珞喻路"
    assert "验证码" in page.inner_text("main")
    page.fill("#code", code)
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/my/$"))
    assert not thrown


@pytest.mark.rule("ACC-10", "INV-06", "INV-13")
def test_one_code_sends_a_batch_and_a_wrong_one_leaves_the_dialog_open(running, open_page):
    firm_id = running.ask("SELECT employer_id FROM ab_user WHERE username = 'employer1'")
    students = [free(running, 0), free(running, 1)]
    for key, number in students:
        running.do(
            "INSERT INTO candidate (employer_id, student_id, added_at) VALUES (%s, %s, now())",
            firm_id,
            key,
        )
        running.do(
            "UPDATE ab_user SET password = (SELECT password FROM ab_user WHERE username = 'student4')"
            " WHERE student_id = %s",
            key,
        )
        running.do(
            "UPDATE student SET verified_at = now(), email = %s, address = 'x' WHERE id = %s",
            f"{number}@example.com",
            key,
        )
    firm = open_page(1366)
    sign_in(firm, "employer1")
    ids = [
        running.ask("SELECT id FROM candidate WHERE student_id = %s", key) for key, _no in students
    ]
    firm.goto(f"/employer/letter/?ids={ids[0]},{ids[1]}")
    write_letter(firm)
    code = asked_code(firm, "main [data-qq-code-url]", open_page)
    picture(firm, "batch-1366")
    firm.fill("#code", f"{(int(code) + 1) % 10**6:06d}")
    firm.click("main form:has([name=batch]) button[type=submit].btn-primary")
    firm.wait_for_load_state()
    assert "尚未发送" in firm.inner_text("main")  # the preview again, all of it
    picture(firm, "batch-wrong-1366")
    firm.fill("#code", code)
    firm.click("main form:has([name=batch]) button[type=submit].btn-primary")
    firm.wait_for_load_state()
    for key, _number in students:
        assert running.ask("SELECT count(*) FROM invitation WHERE student_id = %s", key) == 1
    factor = "SELECT factor FROM trail WHERE kind = 'invitation' AND step = 'send' ORDER BY id DESC LIMIT 1"
    assert running.ask(factor) == "mail"

    running.pass_hours(1.1)
    for (key, number), width in zip(students, (390, 1366), strict=True):
        student = open_page(width, 844)
        sign_in(student, number, school="10999")
        letter = running.ask("SELECT id FROM invitation WHERE student_id = %s", key)
        student.goto(f"/my/invitations/{letter}")
        student.click("#do-accept")
        student.check("#qq-dialog input[name=agreed]")
        code = asked_code(student, "#qq-dialog [data-qq-code-url]", open_page)
        student.fill("#qq-dialog-code", f"{(int(code) + 1) % 10**6:06d}")
        for _second_question in range(2):
            student.click("#qq-dialog button[type=submit]")
        student.locator("#qq-dialog .qq-error").wait_for()
        picture(student, f"dialog-wrong-{width}")
        assert student.locator("#qq-dialog[open]").count() == 1
        assert student.is_checked("#qq-dialog input[name=agreed]")
        wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        student.fill("#qq-dialog-code", f"验证码：{wide}。")
        student.click("#qq-dialog button[type=submit]")
        with student.expect_navigation():
            student.click("#qq-dialog button[type=submit]")
        student.wait_for_load_state()
        picture(student, f"accepted-{width}")
        state = running.ask("SELECT state FROM invitation WHERE id = %s", letter)
        assert state == "accepted"
