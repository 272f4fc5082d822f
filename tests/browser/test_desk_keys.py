"""The keys of the desk and its bar of ticked rows, and the reminder on a phone, in a real browser (F-30, F-31)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("QQ_SHOTS", "")  # a folder for pictures to look at


def shot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


# what the line beneath the list calls the approvals
SAID = {
    "attest": "鉴证通过",
    "approve_form": "协议书审核通过",
    "termination_approve": "解约审核通过",
}


def rows(page, text: str):
    """The rows of the list whose text has this."""
    return page.locator("tr[data-href]").filter(has_text=text)


@pytest.fixture
def desk(running, open_page):
    page = open_page(1366, 768)
    failed = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    sign_in(page, "school", at="/desk/list/")
    yield page
    assert not failed


def opened(page) -> str:
    """The action of the open dialog, or nothing."""
    if not page.locator("#qq-dialog").evaluate("d => d.open"):
        return ""
    return page.locator("#qq-dialog input[name=action]").get_attribute("value")


@pytest.mark.rule("AGR-18")
def test_a_and_r_answer_what_the_selected_row_waits_for(desk):
    for text, approve, refuse in (
        ("等待签约鉴证", "attest", "refuse"),
        ("协议书审核", "approve_form", "refuse_form"),
        ("等待解约审核", "termination_approve", "termination_refuse"),
    ):
        row = rows(desk, text).first
        row.focus()
        desk.locator("[data-qq-says]").filter(has_text=f"A {SAID[approve]} ·").wait_for()
        shot(desk, f"keys-{approve}")
        quick = with_keys(desk, row).count("data-qq-quick")
        for key, action in (("a", approve), ("r", refuse)):
            if key == "a" and quick:
                continue  # done without a question: see below
            desk.keyboard.press(key)
            desk.wait_for_selector("#qq-dialog[open]")
            assert opened(desk) == action
            desk.keyboard.press("Escape")
            assert row.evaluate("r => r === document.activeElement")


@pytest.mark.rule("AGR-18")
def test_without_a_row_or_where_it_waits_for_another_a_key_does_nothing_and_says_so(desk):
    desk.goto("/desk/list/?tab=in_force")
    desk.keyboard.press("a")
    says = desk.locator("[data-qq-says]")
    assert "请先选中一行" in says.inner_text()
    desk.locator("tr[data-href]").filter(has_not_text="解").first.focus()
    desk.keyboard.press("a")
    desk.wait_for_function(
        "() => document.querySelector('[data-qq-says]').classList.contains('is-loud')"
    )
    assert "没有在等任何人" in says.inner_text()
    assert opened(desk) == ""
    shot(desk, "keys-nobody")


@pytest.mark.rule("AGR-18", "MOB-02")
def test_keys_do_nothing_while_typing_composing_held_down_or_with_a_modifier(desk):
    row = desk.locator("tr[data-href]").first
    row.focus()
    desk.wait_for_function("() => document.querySelector('[data-qq-says]').textContent.length > 0")
    for modifier in ("Control", "Alt", "Meta", "Shift"):
        desk.keyboard.press(f"{modifier}+KeyA" if modifier != "Alt" else "Alt+KeyR")
        assert opened(desk) == ""
    for init in ({"isComposing": True}, {"keyCode": 229}, {"repeat": True}):
        desk.evaluate(
            "init => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true, ...init}))",
            init,
        )
        desk.wait_for_timeout(50)
        assert opened(desk) == ""
    desk.focus("[data-qq-search]")
    desk.keyboard.type("ar")
    assert (opened(desk), desk.input_value("[data-qq-search]")) == ("", "ar")
    row.focus()
    desk.keyboard.press("r")
    desk.wait_for_selector("#qq-dialog[open]")
    action = opened(desk)
    desk.keyboard.press("a")  # in a dialog nothing else opens
    assert opened(desk) == action


@pytest.mark.rule("AGR-18")
def test_the_list_of_keys_says_only_what_is_so_here(desk):
    desk.goto("/desk/list/?tab=in_force")
    desk.locator("tr[data-href]").filter(has_not_text="解").first.focus()
    desk.keyboard.press("?")
    desk.wait_for_selector("#qq-keys[open]")
    for key, seen in (("a", False), ("r", False), ("j", True), ("u", False), ("enter", True)):
        assert desk.locator(f"#qq-keys [data-qq-for={key}]").is_visible() is seen, key
    desk.keyboard.press("Escape")
    desk.goto("/desk/list/")
    desk.locator("tr[data-href]").first.focus()
    desk.keyboard.press("?")
    desk.wait_for_selector("#qq-keys[open]")
    assert desk.locator("#qq-keys [data-qq-for=a] dd").inner_text()
    shot(desk, "keys-help")


def with_keys(desk, row) -> str:
    """What the rules offer on a row by a key."""
    return desk.request.get(row.get_attribute("data-href").replace("/show/", "/keys/")).text()


@pytest.mark.rule("AGR-18", "AGR-04")
def test_an_approval_without_hints_asks_nothing_goes_on_and_is_taken_back(desk, running):
    desk.goto("/desk/list/?tab=mine&psize_DeskView=100")
    hrefs = desk.locator("tr[data-href]").evaluate_all("rows => rows.map(r => r.dataset.href)")
    quick = [
        href
        for href in hrefs
        if "data-qq-quick" in desk.request.get(href.replace("/show/", "/keys/")).text()
    ]
    count = int(desk.locator(".qq-tab.is-active .qq-count").inner_text())
    here = next(n for n, href in enumerate(hrefs[:-1]) if href in quick)
    row = desk.locator(f"tr[data-href='{hrefs[here]}']")
    row.focus()
    desk.keyboard.press("a")
    desk.locator(".qq-flash form button").wait_for()
    assert opened(desk) == ""
    assert row.count() == 0
    assert desk.evaluate("() => document.activeElement.dataset.href") == hrefs[here + 1]
    assert int(desk.locator(".qq-tab.is-active .qq-count").inner_text()) == count - 1
    shot(desk, "quick-done")
    desk.keyboard.press("u")
    row.wait_for()
    assert desk.evaluate("() => document.activeElement.dataset.href") == hrefs[here]
    assert int(desk.locator(".qq-tab.is-active .qq-count").inner_text()) == count
    desk.reload()
    assert row.count() == 1


@pytest.mark.rule("AGR-18", "AGR-11")
def test_what_another_decided_meanwhile_stays_in_the_list_and_says_who_was_faster(desk, open_page):
    desk.goto("/desk/list/?tab=mine&psize_DeskView=100")
    row = next(
        r for r in desk.locator("tr[data-href]").all() if "data-qq-quick" in with_keys(desk, r)
    )
    href = row.get_attribute("data-href")
    row.focus()
    desk.locator("[data-qq-says]").filter(has_text="A ").wait_for()
    other = open_page(1366, 768)
    sign_in(other, "school", at=href)
    other.locator("[data-qq-key=R]").first.click()
    other.fill("#qq-dialog-reason", "岗位信息与事实不符。")
    other.locator("#qq-dialog button[type=submit]").click()
    other.locator(".qq-flash").first.wait_for()
    desk.keyboard.press("a")
    desk.locator("[data-qq-says].is-loud").wait_for()
    assert desk.locator(f"tr[data-href='{href}']").count() == 1
    assert desk.locator(".qq-flash form").count() == 0
    other.keyboard.press("u")


@pytest.mark.rule("AGR-18", "AGR-04")
def test_after_a_decision_by_key_the_next_row_is_selected(desk):
    keys = desk.locator("tr[data-href]").evaluate_all("rows => rows.map(r => r.dataset.href)")
    here = next(
        n
        for n, href in enumerate(keys[:-1])
        if 'data-qq-action="attest"'
        in (said := desk.request.get(href.replace("/show/", "/keys/")).text())
        and "data-qq-quick" not in said
    )
    desk.locator(f"tr[data-href='{keys[here]}']").focus()
    desk.keyboard.press("a")
    desk.wait_for_selector("#qq-dialog[open]")
    desk.keyboard.press("Enter")
    desk.wait_for_function(f"() => !document.querySelector(\"tr[data-href='{keys[here]}']\")")
    desk.wait_for_function(f"() => document.activeElement.dataset.href === '{keys[here + 1]}'")


@pytest.mark.rule("AGR-07")
def test_the_bar_offers_what_fits_all_ticked_rows_and_greys_the_rest_with_the_reason(desk):
    desk.goto("/desk/list/?tab=all&psize_DeskView=100")
    tick = "[name=rowid]"
    waits = [rows(desk, text).first for text in ("等待签约鉴证", "协议书审核")]
    waits[0].locator(tick).check()
    desk.wait_for_selector("#do-bulk-attest:enabled")
    shot(desk, "bulk-one")
    assert desk.locator("#do-bulk-approve_form").is_disabled()
    waits[1].locator(tick).check()
    desk.wait_for_function(
        "() => document.querySelector('#do-bulk-attest').disabled && !document.querySelector('[data-qq-bulk]').hasAttribute('aria-busy')"
    )
    assert "不在等这一步" in desk.locator("#do-bulk-attest-why").inner_text()
    shot(desk, "bulk-mixed")
    waits[1].locator(tick).uncheck()
    desk.wait_for_selector("#do-bulk-attest:enabled")
    desk.click("#do-bulk-attest")
    assert "可办" in desk.locator("[data-qq-part=fits]").inner_text()
    shot(desk, "bulk-dialog")


@pytest.mark.rule("AGR-17", "MOB-01")
def test_an_employer_reminds_on_a_phone_and_the_student_reads_it(running, open_page):
    employer = open_page(390, 844)
    sign_in(employer, "employer1", at="/employer/invitations/list/")
    employer.goto(employer.locator("tr[data-href]").first.get_attribute("data-href"))
    button = employer.get_by_role("button", name="催办")
    assert button.is_enabled()
    shot(employer, "nudge-before")
    button.click()
    employer.locator("#qq-dialog button[type=submit]").click()
    employer.wait_for_selector(".qq-flash-done")
    assert "今天已催办" in employer.locator("main").inner_text()
    assert employer.get_by_role("button", name="催办").is_disabled()
    shot(employer, "nudge-after")
    told = running.ask("SELECT count(*) FROM notice WHERE key LIKE '%%:nudge_student:%%'")
    assert told == 1
    who = running.ask("""SELECT u.username FROM notice n JOIN ab_user u ON u.id = n.user_id
                         WHERE n.key LIKE '%%:nudge_student:%%' LIMIT 1""")
    student = open_page(390, 844)
    sign_in(student, who, at="/notices/")
    assert "提醒您答复邀约" in student.locator("main").inner_text()
    shot(student, "nudge-student")


@pytest.mark.rule("AGR-18")
def test_twenty_decisions_take_at_most_forty_keys(desk):
    desk.goto("/desk/list/?tab=mine&psize_DeskView=100")
    assert desk.locator("tr[data-href]").count() >= 20
    desk.locator("tr[data-href]").first.focus()
    pressed: list[str] = []

    def press(*keys: str) -> None:
        for key in keys:
            desk.keyboard.press(key)
        pressed.extend(keys)

    done, began = 0, time.monotonic()
    while done < 20:
        href = desk.evaluate("() => document.activeElement.dataset.href")
        press("a")
        row = f"document.querySelector(\"tr[data-href='{href}']\")"
        loud = "document.querySelector('[data-qq-says].is-loud:not([hidden])')"
        desk.wait_for_function(
            f"() => !{row} || {loud} || document.querySelector('#qq-dialog[open]')"
        )
        if opened(desk):  # a hint asks once
            press("Enter")
            desk.wait_for_function(f"() => !{row} || {loud}")
        if desk.evaluate(f"() => Boolean({row})"):
            press("j")  # something is missing: the line beneath the list says what
            continue
        done += 1
    print(f"20 decisions: {len(pressed)} keys, {time.monotonic() - began:.1f} s")
    assert len(pressed) <= 40, pressed
