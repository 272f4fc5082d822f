"""A school's launch: thirty students who have never signed in are invited; who is told how, and what all read."""

from __future__ import annotations

import re
import time

import pytest

from tests.browser.conftest import SLOW, sign_in
from tests.browser.files import YEAR, bring, filled, fits_the_phone, numbers, office, saved
from tests.browser.test_life import confirm, phone, press
from tests.browser.test_story import last_code, write_letter
from tests.factories import id_number

pytestmark = pytest.mark.browser
FAST = """const Real = Date; globalThis.Date = class extends Real {
  constructor(...given) { if (given.length) super(...given); else super(Real.now() + 90000); }
  static now() { return Real.now() + 90000; } };"""  # the office's PC: its clock is 90 seconds fast
NEW = "Student-2030x"
WAY = ("邮箱",) * 10 + ("短信",) * 10 + ("无",) * 10


def row(n: int) -> dict[str, object]:
    """Ten with an e-mail, ten with a phone only, ten whom nobody can reach."""
    way = WAY[n]
    return {
        "学号": f"{YEAR - 2}{n:06d}",
        "姓名": f"首届{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'一二三'[n // 10]}",
        "身份证号": id_number(800 + n),
        "学院": "计算机科学与技术学院",
        "专业": "软件工程",
        "毕业届": str(YEAR + 2),
        "学历": "31",
        "培养方式": "1",
        "手机": f"136000000{n:02d}" if way == "短信" else "",
        "邮箱": f"launch{n}@example.com" if way == "邮箱" else "",
    }


def until(running, sql: str, wanted: object) -> None:
    """The worker has come so far."""
    end = time.monotonic() + SLOW / 15
    while (found := running.ask(sql)) != wanted:
        assert time.monotonic() < end, (sql, found, wanted)
        time.sleep(0.3)


NEW_ONES = f"SELECT id FROM student WHERE graduation_year = {YEAR + 2} AND name LIKE '首届%%'"
ACCOUNTS = f"SELECT id FROM ab_user WHERE student_id IN ({NEW_ONES})"


@pytest.mark.rule("NTF-05", "INV-07", "ACC-04", "BLK-01", "MOB-01")
def test_thirty_who_never_signed_in_are_told_or_named(running, open_page, tmp_path):
    # the office, whose clock is wrong, brings the list with an e-mail column and approves it
    desk = open_page()
    desk.add_init_script(FAST)
    sign_in(desk, "school", at="/imports/students/")
    template = saved(desk, desk.get_by_role("link", name="下载模板"), tmp_path, "students.xlsx")
    bring(desk, filled(template, [row(n) for n in range(30)]), "首届.xlsx")
    assert numbers(desk)["新增"] == "30", desk.inner_text("main")
    press(desk, "write")
    confirm(desk)
    desk.get_by_text("已写入 30 行").wait_for()
    until(running, f"SELECT count(*) FROM ({ACCOUNTS}) a", 30)
    desk.goto("/students/list/?tab=entered&psize_StudentsView=50&q=首届")
    desk.locator("[data-qq-all]").first.check()
    press(desk, "approve_record")
    confirm(desk)
    desk.wait_for_url("**/batches/**")
    until(running, f"SELECT count(*) FROM ({NEW_ONES} AND origin_state = 'approved') a", 30)
    desk.reload()
    approved = desk.inner_text("main")
    assert "尚未通知 20" in approved, approved  # ten by mail; an approval is worth no text message
    desk.screenshot(path=tmp_path / "approved-1366.png", full_page=True)

    # the employer invites all thirty by one letter and reads the truth at once
    employer = office(open_page, "employer1", at="/imports/send-list/")
    template = saved(employer, employer.get_by_role("link", name="下载模板"), tmp_path, "list.xlsx")
    rows = [
        {
            "学校": "10999",
            "毕业届": str(YEAR + 2),
            "姓名": row(n)["姓名"],
            "身份证号或手机号": row(n)["身份证号"],
        }
        for n in range(30)
    ]
    bring(employer, filled(template, rows), "拟签约.xlsx")
    press(employer, "write_own")
    confirm(employer)
    employer.get_by_text("已写入 30 行").wait_for()
    employer.goto("/employer/candidates/")
    for line in employer.locator(".qq-row", has_text="首届").all():
        line.locator("[name=rowid]").check()
    employer.get_by_role("button", name="发送签约邀请").click()
    write_letter(employer)
    with employer.expect_response(lambda answer: answer.request.method == "POST"):
        employer.click("main [data-qq-code-url]")
    employer.fill("#code", last_code(open_page()))
    employer.locator("main form:has([name=batch]) button.btn-primary").click()
    employer.wait_for_url("**/employer/letter/sent/**")
    sent = employer.inner_text("main")
    assert "有 10 名学生无法通知" in sent
    assert "尚未通知 10" in sent
    assert "没有登记邮箱，也没有登记手机号" in sent
    assert "请打电话告知学生" in sent
    for width in (1366, 390):
        employer.set_viewport_size({"width": width, "height": 800})
        assert fits_the_phone(employer)
        employer.screenshot(path=tmp_path / f"sent-{width}.png", full_page=True)
    employer.set_viewport_size({"width": 1366, "height": 768})

    # who was told how: ten mails, ten texts though the school sends none; all say how to sign in first
    letters = f"FROM message WHERE user_id IN ({ACCOUNTS}) AND starts_with(key, 'invitation:')"
    until(running, f"SELECT count(*) {letters} AND sent_at IS NOT NULL", 20)
    assert running.ask(f"SELECT count(*) {letters} AND channel = 'mail'") == 10
    assert running.ask(f"SELECT count(*) {letters} AND channel = 'sms'") == 10
    employer.goto("/employer/invitations/list/?tab=waiting&psize_EmployerInvitationsView=50&q=首届")
    shown = employer.inner_text("main")
    assert (shown.count("已通知（邮件）"), shown.count("已通知（短信）")) == (10, 10)
    assert shown.count("没有登记邮箱，也没有登记手机号") == 10
    employer.screenshot(path=tmp_path / "mine-1366.png", full_page=True)
    employer.goto("/employer/invitations/list/?tab=untold")
    employer.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_phone(employer)
    employer.screenshot(path=tmp_path / "untold-390.png", full_page=True)

    # the office finds the ten from its first page, enters one's e-mail, and that one is told by itself
    desk.goto("/office/")
    assert "收到邀约却无法通知的学生" in desk.inner_text("main")
    desk.screenshot(path=tmp_path / "office-1366.png", full_page=True)
    lost = running.ask(f"{NEW_ONES} AND student_no = '{YEAR - 2}000025'")
    desk.goto(f"/students/show/{lost}")
    assert "任何通知和验证码都无法送达该生" in desk.inner_text("main")
    desk.screenshot(path=tmp_path / "student-1366.png", full_page=True)
    desk.goto(f"/students/edit/{lost}")
    desk.fill("#email", "found25@example.com")
    desk.locator("main form button.btn-primary").first.click()
    desk.wait_for_load_state()
    assert running.ask(f"SELECT email FROM student WHERE id = {lost}") == "found25@example.com"

    # one of those with a phone only: the text leads to the page, one code is all, at 390 px
    student = phone(open_page)
    sandbox = open_page()
    sandbox.goto("/messages/?q=首次登录")
    text = sandbox.locator("article", has_text="短信").first.inner_text()
    assert "邀请" in text
    student.goto("/first")
    student.fill("#who", "13600000012")
    assert fits_the_phone(student)
    student.screenshot(path=tmp_path / "first-390.png", full_page=True)
    codes = "SELECT count(*) FROM message WHERE starts_with(key, 'code:') AND sent_at IS NOT NULL"
    before = running.ask(codes)
    student.click("main form button[type=submit]")
    student.wait_for_url("**/password/reset")
    until(running, codes, before + 1)
    code = last_code(open_page())
    student.fill("#code", "000000" if code != "000000" else "111111")
    for field in ("password", "again"):
        student.fill(f"#{field}", NEW)
    student.click("main form button[type=submit]")
    student.locator("#problems").wait_for()
    assert student.input_value("#password") == NEW  # a wrong code costs no typed password
    student.screenshot(path=tmp_path / "wrong-390.png", full_page=True)
    student.fill("#code", code)
    student.click("main form button[type=submit]")
    student.wait_for_url("**/login/")
    sign_in(student, "13600000012", NEW)
    student.wait_for_url("**/my/verify/**")
    assert "手机号已确认" in student.inner_text("main")
    assert student.locator("#code").count() == 0
    student.fill("#email", "launch.12@example.com")
    student.fill("#address", "武汉市洪山区珞喻路1号")
    assert fits_the_phone(student)
    student.screenshot(path=tmp_path / "verify-390.png", full_page=True)
    student.click("main form button.btn-primary")
    student.wait_for_url(re.compile(r"/my/$"))
    assert "查看邀请函" in student.inner_text("main")
    student.screenshot(path=tmp_path / "home-390.png", full_page=True)
    assert running.ask(codes) == before + 1


@pytest.mark.rule("ACC-07", "MOB-01")
@pytest.mark.parametrize("width", [1366, 390])
def test_f26_a_wrong_registration_keeps_its_file_and_passwords(running, open_page, tmp_path, width):
    page = open_page(width, 844)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/register")
    page.set_input_files(
        "#licence", {"name": "执照.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    for field, value in (
        ("credit_code", "91999999MA0000001X"),
        ("name", "长江数据有限公司"),
        ("contact_name", "陈经理"),
        ("contact_phone", "12345"),
        ("email", f"hr{width}@example.com"),
        ("password", NEW),
        ("again", "else"),
    ):
        page.fill(f"#{field}", value)
    with page.expect_response(lambda answer: "/register/code/mail" in answer.url):
        page.locator("[name=ask][value=mail]").click()
    page.fill("#email_code", last_code(open_page()))
    page.locator("main form button.btn-primary[type=submit]").click()
    page.locator("#problems").wait_for()
    said = page.inner_text("#problems")
    for word in ("统一社会信用代码", "营业执照", "审核学校", "电话"):
        assert word in said, said
    assert "邮箱已验证" in page.inner_text("main")
    assert page.input_value("#password") == NEW
    assert page.evaluate("document.querySelector('#licence').files.length") == 1
    assert page.input_value("#name") == "长江数据有限公司"
    assert fits_the_phone(page)
    page.screenshot(path=tmp_path / f"register-{width}.png", full_page=True)
    assert not errors
