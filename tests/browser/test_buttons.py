"""The small edition of `make buttons`: pages of every side, each of their buttons pressed, with script or without."""

from __future__ import annotations

import pytest

from tests.browser.buttons import walk, words
from tests.browser.buttons.edition import Round, steady_server

pytestmark = pytest.mark.browser
ROUNDS = (  # who, width, script, the pages
    ("", 390, False, ("/password/forgotten", "/v/")),
    ("student4", 390, True, ("/my/verify/",)),
    ("student1", 390, False, ("/my/profile/", "/me/sign-in/mail")),
    ("employer1", 1366, False, ("/employer/candidates/",)),
    ("school", 1366, True, ("/students/list/",)),
    ("admin", 1366, False, ("/accounts/add",)),
)
LOOKED_AT = 12  # pages of a role whose words are read


@pytest.fixture(scope="module")
def steady(running):
    with steady_server(running.database, running.folder) as url:
        yield url


@pytest.mark.rule("MOB-01")
@pytest.mark.parametrize(("who", "width", "script", "pages"), ROUNDS, ids=lambda v: str(v)[:40])
def test_every_button_of_a_page_does_something_and_loses_nothing(
    steady, chromium, who, width, script, pages
):
    one = Round(chromium, steady, who, width, script)
    one.run(walk.Fresh(), walk.Fresh(), starts=pages)
    assert one.pages == len(pages)
    assert one.presses >= 2
    assert not one.faults, [str(f) for f in one.faults]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", ["student3", "employer1", "school", "admin"])
def test_pages_speak_one_language_and_lead_on(steady, chromium, who, lang):
    one = Round(chromium, steady, who, 1366, True, lang)
    one.run(walk.Fresh(), walk.Fresh(), most=LOOKED_AT, press=False)
    assert one.pages == LOOKED_AT
    assert not one.faults, [str(f) for f in one.faults]


PAGE = '<html><head><title>首页 · 青签</title></head><body><h1>首页</h1><a href="/">首页</a>{}</body></html>'


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("<p>Save the draft</p>", "other language"),
        ('<button title="Close">关闭</button>', "other language"),
        ("<p>共 %(count)s 人</p>", "a placeholder"),
        ("<p>单位：None</p>", "None"),
        ("<p>NaN 元</p>", "NaN"),
        ("<p>undefined</p>", "undefined"),
        ("<p>张三&amp;amp;李四</p>", "escaped twice"),
        ('<button data-qq-text="">保存</button>', "empty attribute"),
    ],
)
def test_what_may_not_stand_in_a_page_is_found(what, kind):
    assert kind in {k for k, _what in words.judge(PAGE.format(what), "zh", "")}


def test_what_may_stand_in_a_page_is_not():
    right = "<p>上传 PDF 或 .xlsx 文件，邮箱 zhang@example.com，Smith 先生，CODE_7</p><p lang='en'>English</p>"
    assert not words.judge(PAGE.format(right), "zh", "Smith")


def test_a_page_without_a_way_on_is_a_dead_end():
    assert ("dead end", "no link to another page") in words.judge(
        "<html><title>完</title><body><h1>完</h1></body></html>", "zh", ""
    )
