"""Campus sign-in as people see it, at real servers: OIDC, CAS, the proof of an act, signing out both ways."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.accounts.campus import servers
from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser
DESKTOP, PHONE = (1366, 768), (390, 844)
PASSWORD = "Campus-pass-1"
SHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture
def page_of(running, chromium):
    """`page_of(size)`: a page of a fresh browser, which may go to the campus's servers too."""
    contexts = []

    def opened(size):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", base_url=running.url
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def shot(page, name: str) -> None:
    """A picture, where somebody wants to look at it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def set_up(page_of, facts: dict[str, str]) -> None:
    """The administrator enters and tests the way, the school's office switches it on."""
    page = page_of(DESKTOP)
    sign_in(page, "admin", at="/sign-in-ways/add")
    for name, value in facts.items():
        field = page.locator(f"#{name}")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/sign-in-ways/show/*")
    shot(page, f"way-{facts['kind']}")
    url = page.url
    _press(page, "测试此登录方式")
    assert "测试通过" in page.inner_text("main")
    office = page_of(DESKTOP)
    sign_in(office, "school", at=url)
    _press(office, "启用")
    assert "登录页将显示此方式" in office.inner_text("main")
    shot(office, f"way-{facts['kind']}-on")


def _press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()
    dialog = page.locator("#qq-dialog[open]")
    if dialog.count():
        dialog.locator("[type=submit]").click()
    page.wait_for_load_state()


def to_campus(page, school: str, label: str) -> None:
    page.goto(f"/login/?school={school}")
    page.get_by_role("link", name=label).click()
    page.wait_for_load_state()


def at_cas(page, name: str) -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_load_state()


# whom no other story needs, with a letter to answer
INVITED = """SELECT max(a.id) FROM ab_user a JOIN student t ON t.id = a.student_id
  JOIN invitation i ON i.student_id = t.id JOIN school x ON x.id = t.school_id
  WHERE i.state = 'open' AND i.reply_by > app_now() + interval '1 day' AND t.verified_at IS NOT NULL
  AND a.frozen_at IS NULL AND a.username NOT LIKE 'student%%' AND x.code = '10999'"""


@pytest.mark.rule("ACC-11", "CHN-08", "ACC-10", "MOB-01")
def test_a_student_signs_in_by_cas_and_oidc_and_accepts_by_campus(
    running, page_of, tmp_path_factory
):
    number, school, code = (
        running.ask(
            f"SELECT {what} FROM ab_user u JOIN student s ON s.id = u.student_id"
            " JOIN school c ON c.id = s.school_id WHERE u.id = (" + INVITED + ")"
        )
        for what in ("s.student_no", "s.school_id::text", "c.code")
    )
    oidc_folder, folder = tmp_path_factory.mktemp("oidc"), tmp_path_factory.mktemp("cas")
    with servers.cas(folder) as cas, servers.oidc(oidc_folder) as oidc:
        people = {"heshui": {"password": PASSWORD, "student_no": number}}
        (folder / "people.json").write_text(json.dumps(people))
        common = {"school_id": school, "who": "both", "claim": "student_no"}
        set_up(
            page_of,
            {
                **common,
                "kind": "cas",
                "label_zh": "统一身份认证",
                "label_en": "Portal",
                "server": cas,
            },
        )
        set_up(
            page_of,
            {
                **common,
                "kind": "oidc",
                "label_zh": "校园网账号",
                "label_en": "Network account",
                "server": oidc,
                "client_id": "qingqian",
                "secret": "s3cret",
            },
        )
        _by_oidc(page_of, oidc, code, number)
        for size in (DESKTOP, PHONE):
            page = page_of(size)
            page.goto(f"/login/?school={code}")
            shot(page, f"login-{size[0]}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        _by_cas_and_accept(running, page_of, cas, code)


def _by_oidc(page_of, oidc: str, code: str, number: str) -> None:
    import requests

    requests.put(f"{oidc}/users/campus-7", json={"student_no": number}, timeout=10)
    page = page_of(PHONE)
    to_campus(page, code, "校园网账号")
    page.fill("input[name=sub]", "campus-7")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/my/")
    shot(page, "home-390")
    page.goto("/my/campus/")
    shot(page, "mine-390")
    assert "校园网账号" in page.inner_text("main")
    page.goto("/my/")
    page.evaluate("document.querySelector('form[action=\"/logout\"]').submit()")
    page.wait_for_url(f"{oidc}/oauth2/end_session*")


def _by_cas_and_accept(running, page_of, cas: str, code: str) -> None:
    page = page_of(DESKTOP)
    to_campus(page, code, "统一身份认证")
    at_cas(page, "heshui")
    page.wait_for_url("**/my/")
    page.goto(page.get_by_role("link", name="查看邀请函").first.get_attribute("href"))
    letter = page.url
    running.pass_hours(2)
    # the account had a password before: 72 hours later the campus account proves its acts
    running.do("UPDATE campus_identity SET proves_from = bound_at")
    to_campus(
        page, code, "统一身份认证"
    )  # the standing session there lets the person in without a word
    page.wait_for_url("**/my/")
    page.goto(letter)
    page.click("#do-accept")
    shot(page, "dialog-1366")
    page.get_by_role("link", name="通过统一身份认证确认").click()
    page.wait_for_load_state()
    assert page.url.startswith(cas), (
        "a standing session does not prove the act: the password is asked anew"
    )
    at_cas(page, "heshui")
    page.wait_for_url(letter)
    shot(page, "confirmed-1366")
    page.click("#do-accept")
    assert not page.locator("#qq-dialog input[name=code]").is_visible()
    page.check("#qq-dialog [name=agreed]")
    page.click("#qq-dialog [type=submit]")
    with page.expect_navigation():
        page.click("#qq-dialog [type=submit]")
    shot(page, "accepted-1366")
    factor = running.ask(
        "SELECT factor FROM trail WHERE kind = 'invitation' AND step = 'accept'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert factor == "campus"
    page.goto(f"{cas}/logout")
    page.goto("/my/")
    assert "/login/" in page.url, "signing out there ended the session here"
