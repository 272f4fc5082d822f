"""«这不是我» in the browser, in Chinese: the link on a phone without script, the frozen account, the lists."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browser.conftest import sign_in
from tests.browser.test_life import confirm, press

pytestmark = pytest.mark.browser
WIDTHS = ((1366, 768), (390, 844), (360, 740))
OPEN = """
SELECT u.id FROM ab_user u JOIN student s ON s.id = u.student_id JOIN school c ON c.id = s.school_id
WHERE c.code = '10999' AND s.training_mode = %s AND u.frozen_at IS NULL AND u.username NOT LIKE 'student%%'
  AND s.phone_index IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM candidate a WHERE a.student_id = s.id) ORDER BY u.id DESC LIMIT 1"""


def picture(page, name: str) -> None:
    """Kept where PICTURES says, for looking at; nothing hangs over the edge of the screen."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(
            path=str(Path(folder) / f"{name}-{page.viewport_size['width']}.png"), full_page=True
        )
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, name


def newest_link(page, person: str) -> str:
    """The link of the newest message of an event, as the demo's messages show it."""
    page.goto(f"/messages/?q={person}")
    found = re.search(r"/not-me/[\w-]{20,}", page.inner_text("main"))
    assert found is not None
    return found.group()


@pytest.mark.rule("INV-20", "NTF-05", "ACC-15", "MOB-01", "INV-19")
def test_the_link_freezes_the_account_on_a_phone_without_script_and_the_province_opens_it(
    running, open_page
):
    user = running.ask(OPEN, "1")
    student = running.ask("SELECT student_id FROM ab_user WHERE id = %s", user)
    name = running.ask("SELECT name FROM student WHERE id = %s", student)
    school = open_page()
    sign_in(school, "school", at=f"/students/show/{student}")
    press(school, "begin_anew")
    school.fill("#qq-dialog textarea", "学生来电称忘记密码")
    confirm(school)
    link = newest_link(open_page(), "首次登录已被重置")

    phone = open_page(390, 844, java_script_enabled=False)
    answer = phone.goto(link)
    assert answer.status == 200
    assert "是否为本人操作" in phone.inner_text("main")
    assert running.ask("SELECT frozen_at FROM ab_user WHERE id = %s", user) is None
    assert name not in phone.content()
    for width, height in WIDTHS:
        looked = open_page(width, height)
        looked.goto(link)
        picture(looked, "link")
    phone.click("main form button[type=submit]")
    phone.wait_for_load_state()
    assert "账号已冻结" in phone.inner_text("main")
    assert phone.locator("main form button").count() == 0
    for width, height in WIDTHS:
        looked = open_page(width, height)
        looked.goto(link)
        picture(looked, "done")

    running.do(
        "UPDATE ab_user SET password = (SELECT password FROM ab_user WHERE username = 'student1')"
        " WHERE id = %s",
        user,
    )
    number = running.ask("SELECT student_no FROM student WHERE id = %s", student)
    for width, height in WIDTHS[:2]:
        thief = open_page(width, height)
        sign_in(thief, number, school="10999")
        assert "已冻结" in thief.inner_text("main")
        picture(thief, "sign-in")

    dispute = running.ask("SELECT max(id) FROM dispute WHERE user_id = %s", user)
    for who in ("school", "province"):
        for width, height in WIDTHS[:2]:
            office = open_page(width, height)
            sign_in(office, who)
            waits = {"school": "本人否认", "province": "非本人操作"}[who]
            assert waits in office.inner_text("main")
            picture(office, f"home-{who}")
            office.goto("/disputes/list/")
            assert name in office.inner_text("main")
            picture(office, f"list-{who}")
            office.goto(f"/disputes/show/{dispute}")
            picture(office, f"show-{who}")
    school.goto(f"/disputes/show/{dispute}")
    assert "由其他人员处理" in school.content()
    school.goto(f"/students/show/{student}")
    assert "该账号已于" in school.inner_text("main")
    picture(school, "student")

    province = open_page()
    sign_in(province, "province", at=f"/disputes/show/{dispute}")
    press(province, "clear")
    province.fill("#qq-dialog textarea", "已当面核对学生证")
    confirm(province)
    assert running.ask("SELECT state FROM dispute WHERE id = %s", dispute) == "cleared"
    assert running.ask("SELECT frozen_at FROM ab_user WHERE id = %s", user) is None
    picture(province, "cleared")


@pytest.mark.rule("INV-20", "NTF-05")
def test_the_demo_has_one_report_waiting_at_school_and_province(running, open_page):
    for who in ("school", "province"):
        office = open_page()
        sign_in(office, who, at="/disputes/list/")
        assert office.locator("main tbody tr").count() >= 1
        office.goto("/objections/list/?tab=link")
        assert "这不是我" in office.inner_text("main")
        picture(office, f"objections-{who}")
