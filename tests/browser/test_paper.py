"""Paper signing in the browser, in Chinese: manual 2.3.1–2.3.4 and 2.4, and 4.1–5.2 on the phone."""

from __future__ import annotations

import re

import pytest

from app.demo.papers import page as drawn
from app.signing.terms.models import NOT_RECEIVED, ON_PAPER
from tests.browser.conftest import drawn_by_worker, sign_in, text_of
from tests.browser.terms import fill_terms
from tests.browser.test_life import STATE, confirm, press
from tests.browser.test_story import asked_code
from tests.factories import credit_code

pytestmark = pytest.mark.browser
CODE = credit_code(888_001)
CHOICES = {"employer_kind": "39", "employer_industry": "22"}
TEXTS = {
    "employer_credit_code": CODE,
    "employer_name": "江城䶮记精工有限公司",
    "employer_address": "中北路88号",
    "employer_postcode": "430071",
}


def picture(name: str) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": drawn(name[:3].encode().hex())}


def region(page, field: str, words: str) -> None:
    page.fill(f"#{field}", words)
    page.locator(f"#{field}-options li").first.click()


def no_sideways(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def key_of(running, username: str) -> int:
    found = running.ask(
        "SELECT max(p.id) FROM placement p JOIN ab_user u ON u.student_id = p.student_id"
        " WHERE u.username = %s",
        username,
    )
    assert isinstance(found, int)
    return found


def upload(page, *names: str) -> None:
    for name in names:
        page.set_input_files("#files-choose", [picture(name)])
        page.locator(f"#files >> text={name}").first.wait_for()
    page.wait_for_load_state()
    page.locator("[data-qq-action=hand_in]:visible").wait_for()


def offices(running, open_page, key: int):
    """The college's officer of that signing, and the school's."""
    running.do(
        "UPDATE ab_user SET college_id = (SELECT college_id FROM placement WHERE id = %s)"
        " WHERE username = 'college'",
        key,
    )
    college, school = open_page(), open_page()
    sign_in(college, "college")
    sign_in(school, "school")
    return college, school


def decide(page, key: int, action: str, reason: str = "") -> None:
    page.goto(f"/desk/show/{key}")
    button = page.locator(f"[data-qq-action={action}]:visible").first
    button.click()
    if reason:
        page.fill("#qq-dialog-reason", reason)
    confirm(page)


@pytest.mark.rule(
    "OFF-01", "OFF-02", "OFF-03", "OFF-04", "OFF-05", "TRM-06", "AGR-10", "DOC-01", "MOB-01"
)
def test_from_the_entry_to_the_termination_on_the_phone(running, open_page, tmp_path):
    student = open_page(360, 740)
    sign_in(student, "student8", at="/my/offline/")
    student.get_by_role("link", name="继续填写协议书").click()
    student.wait_for_load_state()
    no_sideways(student)
    student.click("button[value=preview]")
    student.locator(".qq-error").nth(5).wait_for()
    for name, value in CHOICES.items():
        student.select_option(f"#{name}", value)
    for name, text in TEXTS.items():
        student.fill(f"#{name}", text)
    fill_terms(
        student,
        ON_PAPER,
        lambda name, _code: region(student, name, "武昌"),
        contact_name="张㛃",
        household_kind=NOT_RECEIVED,
    )
    region(student, "employer_location", "武昌")
    student.wait_for_function(
        "() => document.querySelector('[data-qq-saved]').textContent.includes('暂存')"
    )
    student.click("button[value=later]")  # 暂存, then go on
    student.get_by_role("link", name="继续填写协议书").click()
    assert student.input_value("#employer_name") == "江城䶮记精工有限公司"
    student.click("button[value=preview]")
    student.wait_for_url("**/my/offline/preview")
    no_sideways(student)
    pdf = tmp_path / "preview.pdf"
    pdf.write_bytes(drawn_by_worker(student, "/my/offline/preview.pdf"))
    words = text_of(pdf)
    assert "未生效" in words
    assert "江城䶮记精工有限公司" in words
    student.locator("[data-qq-action=generate]:visible").click()
    assert "协议书生成须知" in student.inner_text("#qq-dialog")
    student.check("#qq-dialog input[name=agreed]")
    confirm(student)
    student.wait_for_url(re.compile(r"/my/offline/\d+$"))
    key = key_of(running, "student8")
    assert running.ask(STATE, key) == "form_college"
    student.goto("/my/offline/")
    assert "线下签约正在办理" in student.inner_text("main")

    college, school = offices(running, open_page, key)
    decide(college, key, "approve_form_college")
    school.goto("/desk/list/?tab=form")
    row = school.locator(f"tr[data-href$='/{key}']")
    assert "协议书审核" in row.inner_text()
    row.dblclick()
    school.wait_for_load_state()
    assert "未在任何学校登记" in school.inner_text("main")
    decide(school, key, "approve_form")
    school.goto("/desk/list/?tab=scan")
    assert "待反馈" in school.locator(f"tr[data-href$='/{key}']").inner_text()
    number = running.ask("SELECT agreement_no FROM placement WHERE id = %s", key)
    assert str(number).startswith("2")

    student.goto(f"/my/offline/{key}")
    assert "待反馈" in student.inner_text("main")
    link = student.get_by_role("link", name="下载协议书（脱敏版）")
    for _n in range(1800):  # the worker makes it
        if link.count():
            break
        student.wait_for_timeout(500)
        student.reload()
    with student.expect_download() as sheet:
        link.click()
    sheet.value.save_as(tmp_path / "sheet.pdf")
    words = text_of(tmp_path / "sheet.pdf")
    assert str(number) in words
    assert "本文件未生效" not in words
    upload(student, "第1页.jpg", "第2页.jpg")
    no_sideways(student)
    student.locator("[data-qq-action=hand_in]:visible").click()
    confirm(student)
    assert running.ask(STATE, key) == "awaiting_college"

    decide(college, key, "attest_college")
    school.goto(f"/desk/show/{key}")
    shown = school.locator("#scans img").first
    shown.scroll_into_view_if_needed()
    school.wait_for_function("() => document.querySelector('#scans img').naturalWidth > 0")
    decide(school, key, "refuse", "第二页盖章不清晰，请重新上传。")
    running.pass_hours(0.02)
    student.goto(f"/my/offline/{key}")
    assert "第二页盖章不清晰" in student.inner_text("main")
    upload(student, "重拍.jpg")
    assert "此前未通过" in student.inner_text("main")
    student.locator("[data-qq-action=hand_in]:visible").click()
    confirm(student)
    decide(college, key, "attest_college")
    decide(school, key, "attest")
    assert running.ask(STATE, key) == "in_force"
    assert running.ask("SELECT count(*) FROM plan_entry WHERE placement_id = %s", key) == 1

    running.pass_hours(0.02)
    student.goto("/my/terminations/")
    student.get_by_role("link", name="申请解约").click()
    student.fill("#proof-reason", "单位岗位撤销，已出具解约证明。")
    student.set_input_files("#proof-files", [picture("解约证明.jpg")])
    student.check("#proof input[name=agreed]")
    student.fill("#proof-code", asked_code(student, "#proof [data-qq-code-url]", open_page))
    no_sideways(student)
    student.click("#proof button[type=submit]")
    student.wait_for_load_state()
    assert "解约证明.jpg" in student.inner_text("main")
    decide(college, key, "termination_approve_college")
    decide(school, key, "termination_approve")
    assert running.ask(STATE, key) == "terminated"
    student.goto("/my/offline/")
    assert student.get_by_role("link", name="继续填写协议书").count() == 1


@pytest.mark.rule("OFF-06", "OFF-04", "ACC-10")
def test_the_employer_uploads_by_a_link_and_the_signing_is_given_up_after_all(running, open_page):
    key = running.ask(
        "SELECT max(id) FROM placement WHERE kind = 'offline' AND state = 'awaiting_scan'"
    )
    name = running.ask(
        "SELECT u.username FROM ab_user u JOIN placement p ON p.student_id = u.student_id WHERE p.id = %s",
        key,
    )
    student = open_page()
    sign_in(student, str(name))
    student.goto(f"/my/offline/{key}")
    student.click("#link button[value=make]")
    student.wait_for_load_state()
    address = student.inner_text("#link .qq-note-done strong")
    employer = open_page(390, 844)
    employer.goto(address[address.index("/stamped/") :])
    employer.set_input_files("#files-choose", [picture("单位盖章.jpg")])
    employer.locator("#files li:not(.qq-file)", has_text="单位盖章.jpg").wait_for()
    employer.reload()
    assert "单位盖章.jpg" in employer.inner_text("main")
    no_sideways(employer)
    student.reload()
    assert "单位通过链接上传" in student.inner_text("#files")
    press(student, "ask_give_up")
    student.fill("#qq-dialog-reason", "单位暂停招聘，双方协商放弃。")
    confirm(student)
    assert running.ask(STATE, key) == "giving_up"
    employer.reload()
    assert "链接无效或已失效" in employer.inner_text("main")
    school = open_page()
    sign_in(school, "school")
    decide(school, key, "give_up")
    assert running.ask(STATE, key) == "given_up"
    student.goto("/my/offline/")
    assert (
        student.get_by_role("link", name="录入协议书").count()
        + student.get_by_role("link", name="继续填写协议书").count()
        == 1
    )
