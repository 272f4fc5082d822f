"""Without a network a student reads what was read last, with its time; nothing is kept after signing out (CHN-07)."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.rule("CHN-07", "MOB-01")]
READY = "() => navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)"
KEPT = "() => caches.open('qq-my').then((c) => c.keys()).then((all) => all.map((r) => new URL(r.url).pathname))"
NAMES = "() => caches.keys()"


def kept_pages(page) -> list[str]:
    """What stands in the cache, once the page just read is in it."""
    return page.evaluate(KEPT)


def opened(open_page, who: str):
    """A student's start page that is kept: the first visit brings the worker, the second is its own."""
    page = open_page(390, 844)
    sign_in(page, who, at="/my/")
    page.wait_for_function(READY)
    page.reload()
    page.wait_for_function("() => caches.has('qq-my')")
    return page


def test_home_and_letter_are_read_offline_with_their_time_and_act_nothing(running, open_page):
    page = opened(open_page, "student1")
    page.click("text=查看邀请函")
    page.wait_for_load_state()
    letter, words = page.url, page.inner_text("article.qq-letter")
    page.wait_for_function(f"() => {KEPT.removeprefix('() => ')}.then((all) => all.length > 2)")
    posts: list[str] = []
    page.context.set_offline(True)
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    page.goto(letter)
    assert re.search(r"离线 · \d\d-\d\d \d\d:\d\d 的内容", page.inner_text("#qq-offline"))
    assert page.inner_text("article.qq-letter").split()[:3] == words.split()[:3]
    assert page.locator("#do-accept").is_disabled()
    page.goto("/my/")
    assert "的内容" in page.inner_text("#qq-offline")
    assert "还剩" in page.inner_text("main")  # the deadline is there, too
    page.goto("/my/profile/")  # never kept
    assert "没有保存此页面" in page.inner_text("main")
    assert not posts
    page.context.set_offline(False)
    page.goto("/my/")
    assert page.locator("#qq-offline").count() == 0  # the network goes first


def test_signing_out_leaves_nothing_and_another_account_finds_nothing(running, open_page):
    page = opened(open_page, "student1")
    name = page.inner_text("h1")
    page.evaluate("() => document.querySelector('form[action$=\"/logout\"]').requestSubmit()")
    page.wait_for_url("**/login/**")
    page.wait_for_function("() => caches.has('qq-my').then((there) => !there)")
    page.context.set_offline(True)
    page.goto("/my/")
    assert name not in page.inner_text("body")
    page.context.set_offline(False)
    sign_in(page, "student2", at="/my/")
    page.wait_for_function("() => caches.has('qq-my')")
    page.context.set_offline(True)
    page.goto("/my/")
    assert name not in page.inner_text("body")


def test_a_session_that_is_over_takes_what_was_kept_with_it(running, open_page):
    page = opened(open_page, "student1")
    page.context.clear_cookies()
    page.goto("/my/")
    page.wait_for_url("**/login/**")
    page.wait_for_function("() => caches.has('qq-my').then((there) => !there)")


@pytest.mark.parametrize("who", ["school", "employer1"])
def test_nothing_is_kept_for_staff_and_employers(running, open_page, who):
    page = open_page()
    sign_in(page, who)
    page.wait_for_load_state()
    assert (
        page.evaluate("() => navigator.serviceWorker.getRegistrations().then((all) => all.length)")
        == 0
    )
    assert page.evaluate(NAMES) == []
    assert page.locator("link[rel=manifest]").count() == 0


def test_the_manifest_and_its_icons_are_there(running, open_page):
    page = open_page(390, 844)
    sign_in(page, "student1", at="/my/")
    found = page.request.get(page.get_attribute("link[rel=manifest]", "href"))
    said = found.json()
    assert (said["start_url"], said["display"]) == ("/my/", "standalone")
    assert {icon["sizes"] for icon in said["icons"]} >= {"192x192", "512x512"}
    for icon in said["icons"]:
        assert page.request.get(f"/static/{icon['src']}").ok
