"""Passkey, code app, step-up and the second administrator, as people see them (CHN-09, S-12)."""

from __future__ import annotations

import os
import re

import pyotp
import pytest

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("FACTOR_SHOTS", "")


def shot(page, name: str) -> None:
    """The page at both widths, where somebody wants to look."""
    if not SHOTS:
        return
    for width, height in ((1366, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 768})


def fits(page) -> None:
    """Nothing is wider than a telephone."""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1366, "height": 768})


def at_localhost(running) -> str:
    return running.url.replace("127.0.0.1", "localhost")


def signs_in(page, base: str, name: str) -> None:
    page.goto(f"{base}/login/")
    page.fill("[name=who]", name)
    page.fill("[name=password]", "Demo-2026!")
    page.click("form.qq-form-one [type=submit]")


def authenticator(page):
    """Chromium's virtual key: always present, always verified by its owner."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    made = tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    return tools, made["authenticatorId"]


def secret_of(page) -> str:
    return page.inner_text("ol code").replace(" ", "")


def code_of(running, secret: str, steps: int = 0) -> str:
    seconds = running.ask("SELECT extract(epoch FROM app_now())")
    return pyotp.TOTP(secret).at(float(seconds) + 30 * steps)


def forget(running, name: str) -> None:
    for table in ("passkey", "code_app", "recovery_code"):
        running.do(
            f"DELETE FROM {table} WHERE user_id = (SELECT id FROM ab_user WHERE username = %s)",
            name,
        )


@pytest.mark.rule("CHN-09")
def test_a_passkey_is_added_and_opens_after_the_password(running, open_page):
    page, base = open_page(), at_localhost(running)
    tools, key = authenticator(page)
    signs_in(page, base, "college")
    page.goto(f"{base}/account/factors/")
    shot(page, "1-none")
    fits(page)
    page.click("a[href$='/account/factors/key']")
    page.fill("#name", "办公室电脑")
    shot(page, "2-key")
    page.click("[data-qq-key-ask]")
    page.wait_for_selector(".qq-codes li")
    assert page.locator(".qq-codes li").count() == 10
    shot(page, "3-codes")
    fits(page)
    page.goto(f"{base}/account/factors/")
    assert "办公室电脑" in page.inner_text("main")
    shot(page, "4-own")
    page.click("form[action$='/logout'] button")
    signs_in(page, base, "college")
    assert page.url.startswith(f"{base}/factor/")
    shot(page, "5-challenge")
    fits(page)
    page.goto(f"{base}/desk/list/")
    assert page.url.startswith(f"{base}/factor/"), "nothing else opens"
    page.click("[data-qq-key-ask]")
    page.wait_for_url(f"{base}/desk/list/")  # the page before has it at its end too
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{base}/account/factors/")
    page.click("form[action$='/logout'] button")
    signs_in(page, base, "college")
    page.click("[data-qq-key-ask]")
    page.wait_for_selector("[data-qq-key-says]:has-text('未使用')")
    forget(running, "college")


@pytest.mark.rule("CHN-09")
def test_a_phone_change_asks_anew_and_keeps_what_was_typed(running, open_page):
    page, base = open_page(), running.url
    signs_in(page, base, "school")
    page.goto(f"{base}/account/factors/app")
    secret = secret_of(page)
    shot(page, "6-app")
    fits(page)
    page.fill("#code", code_of(running, secret))
    page.click("form.qq-form-one [type=submit]")
    page.wait_for_selector(".qq-codes")
    running.pass_hours(0.1)
    student = running.ask(  # none whom another story needs
        "SELECT min(student_id) FROM ab_user WHERE username NOT LIKE 'student%%'"
        " AND school_id = (SELECT id FROM school WHERE code = '10999')"
    )
    page.goto(f"{base}/students/{student}/phone")
    page.fill("[name=phone]", "13912340001")
    page.fill("[name=reason]", "学生本人持证件到场")
    page.click("form.qq-card [type=submit]")
    page.wait_for_selector("#factor-code")
    shot(page, "7-step-up")
    fits(page)
    page.fill("#factor-code", "000000")
    page.click("form.qq-form-one [type=submit]")
    page.wait_for_selector(".qq-note-danger")
    shot(page, "8-step-up-wrong")
    page.fill("#factor-code", code_of(running, secret))
    page.click("form.qq-form-one [type=submit]")
    page.wait_for_url(re.compile(r"/students/show/"))
    assert "13912340001"[-4:] in page.inner_text("main")
    running.pass_hours(0.1)
    page.goto(f"{base}/students/show/{student}")
    forget(running, "school")


@pytest.mark.rule("ADM-01", "CHN-09")
def test_the_security_administrator_confirms_what_waits(running, open_page):
    admin, security, audit = open_page(), open_page(), open_page()
    signs_in(admin, running.url, "admin")
    shot(admin, "9-home-admin")
    signs_in(audit, running.url, "audit")
    assert "导出记录" in audit.inner_text("main")
    shot(audit, "10-home-audit")
    fits(audit)
    signs_in(security, running.url, "security")
    assert "zhou.min" in security.inner_text("main")
    shot(security, "11-home-security")
    fits(security)
    security.goto(f"{running.url}/accounts/requests/list/")
    shot(security, "12-requests")
    fits(security)
    security.goto(f"{running.url}/office/")
    security.click("main a:has-text('zhou.min')")
    assert "zhou.min@example.com" in security.inner_text("main")
    shot(security, "13-request")
    fits(security)
    security.click("button:has-text('确认申请')")
    security.click("#qq-dialog [type=submit]")
    security.click("#qq-dialog [type=submit]")
    security.wait_for_selector("text=已确认并生效")
    assert running.ask("SELECT count(*) FROM ab_user WHERE username = 'zhou.min'") == 1
