"""The security log, one's own devices, and a row that was altered by SQL, as people see them (S-13, S-14)."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.browser.conftest import ROOT, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def shot():
    """Save a screenshot where SHOTS names a folder; the tests do not need it."""
    folder = os.environ.get("SHOTS")
    return lambda page, name: (
        folder and page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    )


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.rule("ACC-09")
def test_the_phone_shows_both_devices_and_ends_the_other(open_page, shot):
    office, phone = open_page(), open_page(390, 844)
    sign_in(office, "student3")
    sign_in(phone, "student3", "not-the-right-one-1")
    sign_in(phone, "student3", at="/my/sign-ins/")
    assert phone.locator("text=本机").count() == 1
    assert phone.locator("text=失败").count() >= 1
    assert fits(phone)
    shot(phone, "devices_390")
    phone.locator("button:has-text('让它退出')").first.click()
    phone.wait_for_load_state()
    office.goto("/my/sign-ins/")
    assert "/login/" in office.url
    phone.set_viewport_size({"width": 1366, "height": 768})
    shot(phone, "devices_1366")


@pytest.mark.rule("ADM-07")
def test_the_administrator_finds_a_failed_sign_in(open_page, shot):
    stranger = open_page()
    sign_in(stranger, "student2", "not-the-right-one-1")
    for width, height in ((1366, 768), (390, 844)):
        page = open_page(width, height)
        sign_in(page, "audit", at="/security-log/list/")
        assert fits(page)
        shot(page, f"log_{width}")
        page.goto("/security-log/list/?f_event=sign_in&f_outcome=failed")
        assert page.locator("text=登录").count() >= 1
        page.locator("a[href*='/security-log/show/']:visible").first.click()
        page.wait_for_load_state()
        assert fits(page)
        shot(page, f"event_{width}")


@pytest.mark.rule("TRU-05")
def test_a_row_altered_by_sql_is_named_on_the_command_line_and_on_the_page(
    running, open_page, shot
):
    page = open_page()
    sign_in(page, "audit", at="/audit/")
    page.click("button:has-text('立即核对')")
    seen(page, "完整")
    shot(page, "audit_whole_1366")
    row = running.ask("SELECT max(id) FROM trail WHERE kind = 'placement'")
    before = running.ask("SELECT reason FROM trail WHERE id = %s", row)
    alter(running, row, "改过的理由")
    done = verify(running)
    assert done.returncode == 1
    assert f"篡改：第 {row} 行" in done.stdout
    page.click("button:has-text('立即核对')")
    seen(page, "异常")
    assert page.locator(f"text=第 {row} 行").count() >= 1
    shot(page, "audit_broken_1366")
    phone = open_page(390, 844)
    sign_in(phone, "audit", at="/audit/")
    assert fits(phone)
    shot(phone, "audit_broken_390")
    alter(running, row, before)
    assert verify(running).returncode == 0
    for width in (1366, 390):
        public = open_page(width, 844)
        public.goto("/audit/roots")
        assert fits(public)
        shot(public, f"roots_{width}")


def seen(page, words: str) -> None:
    """The result of a run that the worker has done."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        page.goto("/audit/")
        cell = page.locator("main .qq-list li:first-child .qq-chip")
        if cell.count() and words in cell.first.inner_text():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.content()[:2000])


def alter(running, row: int, reason: str) -> None:
    running.do("ALTER TABLE trail DISABLE TRIGGER trail_kept")
    running.do("UPDATE trail SET reason = %s WHERE id = %s", reason, row)
    running.do("ALTER TABLE trail ENABLE TRIGGER trail_kept")


def verify(running):
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    env |= {
        "DATABASE_URL": running.database,
        "QINGQIAN_INSTANCE": str(running.folder),
        "QINGQIAN_MODE": "demo",
    }
    command = [sys.executable, "-m", "flask", "--app", "run", "audit", "verify"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
