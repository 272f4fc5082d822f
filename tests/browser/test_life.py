"""The life of a signing in the browser, in Chinese: changed terms, terminations, levers (manual 2.1.3, 2.2, 3, FAQ)."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_story import asked_code, fill_code

pytestmark = pytest.mark.browser
STATE = "SELECT state FROM placement WHERE id = %s"


def of(running, username: str) -> int:
    """The newest placement of a demo student."""
    found = running.ask(
        "SELECT max(p.id) FROM placement p JOIN ab_user u ON u.student_id = p.student_id WHERE u.username = %s",
        username,
    )
    assert isinstance(found, int)
    return found


def phone(open_page):
    return open_page(width=390, height=844)


def confirm(page) -> None:
    """Go through the dialog: the question, then its second question where there is one."""
    code = page.locator("#qq-dialog-code:visible")
    asked = code.count() > 0
    if asked and not code.input_value():
        code.fill(asked_code(page, "#qq-dialog [data-qq-code-url]", page.context.new_page))
    page.bring_to_front()
    with page.expect_navigation() if asked else nullcontext():
        page.click("#qq-dialog button[type=submit]")
        if page.locator("#qq-dialog[open] #qq-dialog-confirm:visible").count():
            page.click("#qq-dialog button[type=submit]")
    page.wait_for_load_state()


def press(page, action: str) -> None:
    """Press a button of the action bar; the seldom ones lie under «更多»."""
    button = page.locator(f"[data-qq-action={action}]").first
    button.wait_for(state="attached")  # the page may still be on its way
    if not button.is_visible():
        page.locator("details.qq-more summary").first.click()
    button.click()


def worked_through(page) -> None:
    """Wait until the worker has done with everything that was selected."""
    page.wait_for_url("**/batches/**")
    page.wait_for_function(
        "() => !document.querySelector('progress') || "
        "document.querySelector('progress').value === document.querySelector('progress').max"
    )


@pytest.mark.rule("INV-16", "ACC-10", "MOB-01")
def test_changed_terms_are_compared_and_agreed_on_the_phone(running, open_page):
    student = phone(open_page)
    sign_in(student, "student6")
    assert "提出变更条款" in student.inner_text("main")
    student.get_by_role("link", name="对照新旧条款").click()
    student.wait_for_load_state()
    key = of(running, "student6")
    assert running.ask(STATE, key) == "amending"
    student.locator("[data-qq-action=agree_terms]:visible").click()
    student.check("#qq-dialog input[name=agreed]")
    fill_code(student, open_page)
    confirm(student)
    assert running.ask(STATE, key) == "awaiting_college"
    assert "新条款" in student.inner_text("body")
    factor = "SELECT factor FROM trail WHERE kind = 'placement' AND record_id = %s ORDER BY id DESC LIMIT 1"
    assert running.ask(factor, key) == "sms"


@pytest.mark.rule("TRM-02", "TRM-03", "TRM-04", "TRM-08", "AGR-06", "PLN-02", "MOB-01")
def test_the_employers_termination_is_agreed_reviewed_by_both_levels_and_frees_the_student(
    running, open_page
):
    key = of(running, "student7")
    student = phone(open_page)
    sign_in(student, "student7")
    assert "申请解约" in student.inner_text("main")
    student.goto(f"/my/terminations/signing/{key}")
    page = student.inner_text("main")
    for words in ("因业务调整，该岗位不再设置", "解约须知", "暂不处理"):
        assert words in page
    student.locator("[data-qq-action=agree]:visible").click()
    student.check("#qq-dialog input[name=agreed]")
    fill_code(student, open_page)
    confirm(student)
    state = "SELECT state FROM termination WHERE placement_id = %s ORDER BY id DESC LIMIT 1"
    assert running.ask(state, key) == "awaiting_college"

    college = open_page()
    sign_in(college, "college")
    running.do(
        "UPDATE ab_user SET college_id = (SELECT college_id FROM placement WHERE id = %s)"
        " WHERE username = 'college'",
        key,
    )
    college.goto(f"/desk/show/{key}")
    college.locator("[data-qq-action=termination_approve_college]:visible").first.click()
    confirm(college)
    office = open_page()
    sign_in(office, "school", at="/desk/list/?tab=termination")
    office.locator(f"tr[data-href$='/{key}']").dblclick()
    office.wait_for_load_state()
    assert "解约" in office.inner_text("main")
    office.locator("[data-qq-action=termination_approve]:visible").first.click()
    confirm(office)
    assert running.ask(STATE, key) == "terminated"
    assert running.ask("SELECT count(*) FROM plan_entry WHERE placement_id = %s", key) == 0
    assert "撤销" in office.inner_text("body")
    student.goto(f"/my/terminations/signing/{key}")
    assert "已解约" in student.inner_text("main")


@pytest.mark.rule("TRM-02", "TRM-07", "TRM-09")
def test_the_students_own_application_is_declined_by_the_employer_with_a_reason(running, open_page):
    key = of(running, "student3")
    student = phone(open_page)
    sign_in(student, "student3", at=f"/my/terminations/signing/{key}")
    student.locator("[data-qq-action=request]:visible").click()
    student.fill("#qq-dialog-reason", "已考取硕士研究生，与单位协商后申请。")
    student.check("#qq-dialog input[name=agreed]")
    confirm(student)
    employer = open_page()
    sign_in(employer, "employer1", at="/employer/terminations/list/?tab=asked")
    assert employer.locator(f"tr[data-href$='/{key}']").count() == 1
    employer.goto(f"/employer/terminations/show/{key}")
    assert "已考取硕士研究生" in employer.inner_text("main")
    press(employer, "decline")
    employer.fill("#qq-dialog-reason", "岗位已安排，请按约定报到。")
    confirm(employer)
    student.goto(f"/my/terminations/signing/{key}")
    assert "岗位已安排" in student.inner_text("main")


@pytest.mark.rule("AGR-08", "AGR-09")
def test_a_review_is_withdrawn_with_a_reason_from_the_detail(running, open_page):
    """FAQ 6: the content is wrong after attestation: withdraw the review, then refuse; both sign anew."""
    key = running.ask(
        "SELECT min(p.id) FROM placement p JOIN ab_user u ON u.school_id = p.school_id WHERE p.state = 'in_force'"
        " AND u.username = 'school' AND NOT EXISTS (SELECT 1 FROM termination t WHERE t.placement_id = p.id)"
    )
    office = open_page()
    sign_in(office, "school", at=f"/desk/show/{key}")
    press(office, "reopen")
    office.fill("#qq-dialog-reason", "协议内容有误，请重新签约。")
    confirm(office)
    assert running.ask(STATE, key) == "awaiting_school"
    office.goto(f"/desk/show/{key}")
    office.locator("[data-qq-action=refuse]:visible").first.click()
    office.fill("#qq-dialog-reason", "协议内容有误，请重新签约。")
    confirm(office)
    assert running.ask(STATE, key) == "refused"


@pytest.mark.rule("AGR-07", "BLK-04")
def test_a_bulk_decision_runs_in_the_worker_and_says_what_became_of_each(running, open_page):
    office = open_page()
    sign_in(office, "school", at="/desk/list/?tab=mine")
    boxes, refuse = office.locator("[name=rowid]"), office.locator("#do-bulk-refuse")
    ticked = 0
    for n in range(3, boxes.count()):  # what one decision fits
        with office.expect_response("**/fits"):
            boxes.nth(n).check()
        office.wait_for_function(
            "() => !document.querySelector('[data-qq-bulk]').hasAttribute('aria-busy')"
        )
        if refuse.is_visible() and refuse.is_enabled():
            ticked += 1
        else:
            boxes.nth(n).uncheck()
        if ticked == 3:
            break
    office.locator("#do-bulk-refuse").click()
    office.fill("#qq-dialog-reason", "岗位信息与实际不符，请核实。")
    confirm(office)
    worked_through(office)
    assert "3" in office.inner_text("main")


@pytest.mark.rule("ADM-05", "ADM-04")
def test_settings_and_calendar_are_changed_by_the_office(running, open_page):
    office = open_page()
    sign_in(office, "school", at="/settings/")
    office.fill("#amendment_days", "4")
    office.get_by_role("button", name="保存设置").click()
    office.wait_for_load_state()
    assert "变更答复期" in office.inner_text("body")
    office.goto("/settings/history")
    assert "王老师" in office.inner_text("main")
