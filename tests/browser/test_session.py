"""The session ends while somebody types: nothing is lost, nothing is sent twice or for somebody else (ACC-14)."""

from __future__ import annotations

import re

import pytest

from app.signing.terms.models import ON_PAPER
from tests.browser.conftest import sign_in
from tests.browser.files import YEAR
from tests.browser.terms import fill_terms
from tests.browser.test_life import confirm, press
from tests.browser.test_paper import CHOICES, TEXTS, region

pytestmark = [pytest.mark.browser, pytest.mark.rule("ACC-14")]
OVER = "登录已过期，请重新登录，您填写的内容已保留"
REASON = "第二页缺少公章，请补盖后重新上传。\n另：试用期与学校的说明不一致。"
ADDRESS = "湖北省武汉市洪山区珞喻路 1037 号华中大学东八舍 402 室"
MINUTE = 1 / 60


def away(running) -> None:
    """Called away: half an hour passes for the server, nothing happens on the page."""
    running.pass_hours(31 * MINUTE)


def signed_in_again(page, who: str) -> None:
    """The sign-in page says what happened; the person signs in there."""
    page.wait_for_url("**/login/**")
    assert OVER in page.inner_text("main")
    page.fill("#who", who)
    page.fill("#password", "Demo-2026!")
    page.click("main .qq-door-card form button[type=submit]")
    page.wait_for_load_state()


def send_again(page, *texts: str) -> None:
    """What would be sent is seen, then sent by a double click."""
    page.wait_for_url("**/kept/**")
    shown = page.inner_text("main")
    for text in texts:
        assert text in shown
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    with page.expect_navigation():
        page.locator("#again > button[type=submit]").dblclick()
    page.wait_for_load_state()


def waiting_for_the_school(running) -> int:
    found = running.ask(
        "SELECT p.id FROM placement p JOIN school s ON s.id = p.school_id WHERE p.state = 'awaiting_school'"
        " AND s.code = '10999' AND p.kind = 'online'"
        " AND NOT EXISTS (SELECT 1 FROM termination t WHERE t.placement_id = p.id) ORDER BY p.id LIMIT 1"
    )
    assert isinstance(found, int)
    return found


@pytest.mark.rule("AGR-04")
def test_a_refusal_with_its_reason_survives_and_is_done_once(running, open_page, tmp_path):
    office, key = open_page(), waiting_for_the_school(running)
    before = running.ask("SELECT count(*) FROM kept_post")
    sign_in(office, "school", at=f"/desk/show/{key}")
    press(office, "refuse")
    office.fill("#qq-dialog-reason", REASON)
    away(running)
    office.click("#qq-dialog button[type=submit]")
    if office.locator("#qq-dialog[open] #qq-dialog-confirm:visible").count():
        office.click("#qq-dialog button[type=submit]")
    signed_in_again(office, "school")
    assert "不通过" in office.inner_text("main")
    send_again(office, *REASON.split("\n"))
    assert running.ask("SELECT state FROM placement WHERE id = %s", key) == "refused"
    done = (
        "SELECT count(*) FROM trail WHERE kind = 'placement' AND record_id = %s AND step = 'refuse'"
    )
    assert running.ask(done, key) == 1
    said = (
        "SELECT reason FROM trail WHERE kind = 'placement' AND record_id = %s AND step = 'refuse'"
    )
    assert REASON.split("\n")[0] in str(running.ask(said, key))
    assert running.ask("SELECT count(*) FROM kept_post") == before


@pytest.mark.rule("ACC-12", "MOB-01")
def test_the_students_profile_survives_on_the_phone_without_script_too(running, open_page):
    for who, script, number in (("student11", True, "12"), ("student10", False, "13")):
        phone = open_page(390, 844, java_script_enabled=script)
        sign_in(phone, who, at="/my/profile/")
        phone.fill("#address", ADDRESS + number)
        away(running)
        phone.locator("form:has(#address) button[type=submit]").click()
        signed_in_again(phone, who)
        phone.wait_for_url("**/kept/**")
        assert ADDRESS + number in phone.inner_text("main")
        phone.locator("#again > button[type=submit]").click()
        phone.wait_for_load_state()
        kept = "SELECT address FROM student WHERE id = (SELECT student_id FROM ab_user WHERE username = %s)"
        assert running.ask(kept, who) == ADDRESS + number


@pytest.mark.rule("INV-16")
def test_the_employers_changed_letter_survives(running, open_page):
    employer = open_page()
    sign_in(employer, "employer1")
    key = running.ask(
        "SELECT max(i.id) FROM invitation i JOIN ab_user u ON u.employer_id = i.employer_id"
        " WHERE u.username = 'employer1' AND i.state = 'open'"
    )
    employer.goto(f"/employer/invitations/{key}/edit")
    employer.fill("#position", "资深软件工程师（武汉）")
    employer.fill("#regular_pay", "９，８００ 元")
    away(running)
    employer.locator("form:has(#position) button[type=submit].btn-primary").click()
    signed_in_again(employer, "employer1")
    send_again(employer, "资深软件工程师（武汉）", "９，８００ 元")
    if employer.locator(
        "#problems"
    ).count():  # the employer's acts ask a code: the form stands there, filled
        assert employer.input_value("#position") == "资深软件工程师（武汉）"
        return
    terms = (
        "SELECT t.regular_pay FROM terms t JOIN invitation i ON i.terms_id = t.id WHERE i.id = %s"
    )
    assert running.ask(terms, key) == 9800


@pytest.mark.rule("OFF-01", "MOB-01")
def test_the_paper_form_survives(running, open_page):
    student = open_page(390, 844)
    sign_in(student, "student8", at="/my/offline/entry")
    for name, value in CHOICES.items():
        student.select_option(f"#{name}", value)
    fill_terms(student, ON_PAPER, lambda name, _code: region(student, name, "武昌"))
    region(student, "employer_location", "武昌")
    away(running)
    typed = {
        **TEXTS,
        "position": "机械设计员",
        "archive_contact": "刘女士",
        "report_by": f"{YEAR}-07-08",
    }
    for name, text in typed.items():
        student.fill(f"#{name}", text)
    student.click("button[value=later]")
    signed_in_again(student, "student8")
    send_again(student, typed["employer_name"], typed["position"])
    student.goto("/my/offline/entry")
    for name, text in typed.items():
        assert student.input_value(f"#{name}") == text


@pytest.mark.rule("ADM-04")
def test_the_schools_settings_survive_and_the_wheel_changes_nothing(running, open_page):
    office = open_page()
    sign_in(office, "school", at="/settings/")
    before = office.input_value("#reply_days")
    office.locator("#reply_days").hover()
    office.click("#reply_days")
    office.mouse.wheel(0, -300)
    office.keyboard.press("ArrowUp")
    office.keyboard.press("PageUp")
    assert office.input_value("#reply_days") == before
    assert not office.locator("input[type=number]").count()
    wanted = "７" if before != "7" else "6"
    office.fill("#reply_days", wanted)
    away(running)
    office.locator("form:has(#reply_days) button[type=submit]").first.click()
    signed_in_again(office, "school")
    send_again(office, wanted)
    office.goto("/settings/")
    assert office.input_value("#reply_days") == {"７": "7"}.get(wanted, wanted)


def test_another_account_that_signs_in_sends_nothing_and_sees_nothing(running, open_page):
    page = open_page()
    sign_in(page, "student10", at="/my/profile/")
    page.fill("#address", "不要给别人看 1 号")
    away(running)
    page.locator("form:has(#address) button[type=submit]").click()
    signed_in_again(page, "student11")
    page.wait_for_url(lambda url: "/kept/" not in url and "/login" not in url)
    assert "不要给别人看" not in page.content()
    page.goto("/my/profile/")
    assert "不要给别人看" not in page.content()
    told = "SELECT count(*) FROM student WHERE address = '不要给别人看 1 号'"
    assert running.ask(told) == 0
    page.locator("form[action$='/logout'] button").evaluate("button => button.form.requestSubmit()")
    page.wait_for_url("**/login/**")
    sign_in(page, "student10")
    page.get_by_role("link", name="查看并发送").click()
    send_again(page, "不要给别人看 1 号")
    assert running.ask(told) == 1


def test_a_refused_token_and_a_lost_cookie_lose_nothing(running, open_page):
    page = open_page()
    sign_in(page, "student11", at="/my/profile/")
    page.fill("#address", "令牌失效 2 号")
    page.evaluate(
        "document.querySelectorAll('[name=csrf_token]').forEach((i) => { i.value = 'x'; })"
    )
    page.locator("form:has(#address) button[type=submit]").click()
    send_again(page, "令牌失效 2 号")
    assert running.ask("SELECT count(*) FROM student WHERE address = '令牌失效 2 号'") == 1
    page.goto("/my/profile/")
    page.fill("#address", "没有 Cookie 3 号")
    page.context.clear_cookies()
    page.locator("form:has(#address) button[type=submit]").click()
    signed_in_again(page, "student11")
    send_again(page, "没有 Cookie 3 号")
    assert running.ask("SELECT count(*) FROM student WHERE address = '没有 Cookie 3 号'") == 1


# -- the warning before the end, by the server's clock ----------------------------------------------------


def left(page) -> int:
    """Seconds that the bar says."""
    minutes, seconds = page.locator("#qq-session time:visible").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


@pytest.mark.parametrize("wrong", [-86_400_000, -90_000, 0, 90_000, 86_400_000])
def test_two_minutes_before_the_end_the_page_warns_and_goes_on(running, open_page, wrong):
    page = open_page()
    sign_in(page, "school")
    page.clock.install(time=page.evaluate("Date.now()") / 1000 + wrong / 1000)
    page.goto("/settings/")
    bar = page.locator("#qq-session")
    assert not bar.is_visible()
    running.pass_hours(28.5 * MINUTE)
    page.clock.fast_forward("20:00")  # the computer slept, and its clock did not count all of it
    page.clock.run_for(2000)
    bar.wait_for(state="visible")
    assert 60 < left(page) <= 91
    assert "退出登录" in bar.inner_text()
    bar.get_by_role("button", name="继续").click()
    bar.wait_for(state="hidden")
    seen = "SELECT app_now() - max(seen_at) < interval '60 seconds' FROM account_session"
    assert running.ask(seen) is True


def test_a_tab_learns_of_the_activity_in_another_and_of_the_new_sign_in(running, open_page):
    one = open_page()
    sign_in(one, "school")
    one.clock.install()
    one.goto("/settings/")
    running.pass_hours(28.5 * MINUTE)
    one.clock.fast_forward("28:30")
    one.locator("#qq-session").wait_for(state="visible")
    other = one.context.new_page()
    other.goto("/office/")
    one.locator("#qq-session").wait_for(state="hidden")
    running.pass_hours(31 * MINUTE)
    one.clock.fast_forward("31:00")
    one.locator("#qq-session [data-part=over]:visible").wait_for()
    sign_in(other, "school")
    one.locator("#qq-session").wait_for(state="hidden")
    before = one.input_value("#reply_days_most")
    one.fill("#reply_days_most", before)
    one.locator("form:has(#reply_days_most) button[type=submit]").first.click()
    one.wait_for_load_state()
    assert "/kept/" not in one.url
    assert "/login" not in one.url


@pytest.mark.rule("AGR-12")
@pytest.mark.parametrize("wrong", [-86_400_000, -90_000, 90_000, 86_400_000])
def test_the_undo_button_appears_whatever_the_pcs_clock_says(running, open_page, wrong):
    office, key = open_page(), waiting_for_the_school(running)
    sign_in(office, "school")
    office.clock.install(time=office.evaluate("Date.now()") / 1000 + wrong / 1000)
    office.goto(f"/desk/show/{key}")
    press(office, "attest")
    if office.locator("#qq-dialog[open]").count():  # something is odd: it asks
        confirm(office)
    undo = office.locator("form[data-qq-until]")
    office.wait_for_load_state()
    undo.wait_for()
    seconds = re.search(r"(\d+) ?秒", undo.locator("time").inner_text())
    assert seconds is not None, undo.inner_text()
    assert 0 < int(seconds[1]) <= 30
    undo.locator("button").click()
    office.wait_for_load_state()
    assert running.ask("SELECT state FROM placement WHERE id = %s", key) == "awaiting_school"


# -- drafts ----------------------------------------------------------------------------------------------


def test_a_reason_is_kept_as_a_draft_until_it_is_sent_and_only_for_its_account(running, open_page):
    page, key = open_page(), waiting_for_the_school(running)
    sign_in(page, "school", at=f"/desk/show/{key}")
    press(page, "refuse")
    page.locator("#qq-dialog-reason").press_sequentially("材料不清晰，请重新上传")
    page.wait_for_function(
        "() => Object.keys(localStorage).some((name) => name.startsWith('qq-draft:'))"
    )
    assert "材料" not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    press(page, "refuse")
    page.locator("#qq-dialog .qq-draft").wait_for()
    assert page.input_value("#qq-dialog-reason") == "材料不清晰，请重新上传"
    assert "已恢复草稿" in page.inner_text("#qq-dialog .qq-draft")
    page.get_by_role("button", name="丢弃").click()
    assert page.input_value("#qq-dialog-reason") == ""
    page.reload()
    press(page, "refuse")
    assert not page.locator("#qq-dialog .qq-draft").count()
    page.locator("#qq-dialog-reason").press_sequentially("第二次填写的原因")
    page.wait_for_function(
        "() => Object.keys(localStorage).some((name) => name.startsWith('qq-draft:'))"
    )
    page.keyboard.press("Escape")
    page.locator("form[action$='/logout'] button").evaluate("button => button.form.requestSubmit()")
    page.wait_for_url("**/login/**")
    assert not page.evaluate(
        "() => Object.keys(localStorage).some((name) => name.startsWith('qq-draft:'))"
    )


def test_a_draft_is_gone_once_it_was_sent(running, open_page):
    page, key = open_page(), waiting_for_the_school(running)
    sign_in(page, "school", at=f"/desk/show/{key}")
    press(page, "refuse")
    page.locator("#qq-dialog-reason").press_sequentially("单位存疑，请先核实")
    page.wait_for_function(
        "() => Object.keys(localStorage).some((name) => name.startsWith('qq-draft:'))"
    )
    confirm(page)
    assert running.ask("SELECT state FROM placement WHERE id = %s", key) == "refused"
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((name) => name.startsWith('qq-draft:'))"
    )


def test_the_page_is_found_again_at_its_place(running, open_page):
    page = open_page(height=500)
    sign_in(page, "school", at="/desk/list/")
    page.evaluate("scrollTo(0, 260)")
    place = page.evaluate("scrollY")
    away(running)
    page.goto("/desk/list/")
    page.fill("#who", "school")
    page.fill("#password", "Demo-2026!")
    page.click("main .qq-door-card form button[type=submit]")
    page.wait_for_url("**/desk/list/**")
    page.wait_for_function("(y) => scrollY === y", arg=place)
