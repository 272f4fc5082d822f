"""Signs beside the decision and in the checks, a send list without numbers, a preview that waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.conftest import drawn_by_worker, sign_in
from tests.browser.test_life import confirm
from tests.browser.test_paper import no_sideways

pytestmark = pytest.mark.browser
WAITING = """SELECT max(p.id) FROM placement p JOIN school s ON s.id = p.school_id
  JOIN ab_user u ON u.school_id = s.id AND u.username = 'school'
  WHERE p.kind = 'online' AND p.state = 'awaiting_school' AND NOT p.frozen"""
QUICK = """UPDATE student s SET verified_at = t.at - interval '4 minutes' FROM placement p JOIN trail t
  ON t.kind = 'invitation' AND t.record_id = p.invitation_id AND t.step = 'accept'
  WHERE p.id = %s AND s.id = p.student_id"""


def look(page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.rule("CHK-01", "AGR-12", "ACC-15")
@pytest.mark.parametrize("width", [1366, 390])
def test_the_desk_and_the_checks_say_the_sign_and_what_to_ask(running, open_page, width):
    key = running.ask(WAITING)
    running.do(QUICK, key)
    desk = open_page(width)
    sign_in(desk, "school", at=f"/desk/show/{key}")
    signs = desk.inner_text("#signs")
    assert "疑似他人代签的迹象" in signs
    assert "距首次登录仅 4 分钟" in signs
    assert "核实要点" in signs
    no_sideways(desk)
    look(desk, f"desk-{width}")
    waits = desk.request.get(f"/agreements/{key}.pdf")
    assert waits.status == 200 or waits.headers["refresh"] == "3"
    assert drawn_by_worker(desk, f"/agreements/{key}.pdf").startswith(b"%PDF")
    desk.goto("/checks/")
    desk.locator("[data-qq-action^=run-]:visible").first.click()
    confirm(desk)
    desk.wait_for_load_state()
    desk.wait_for_function("() => !document.querySelector('progress')")
    desk.goto("/checks/findings/list/?tab=warning&f_rule=sign_first")
    assert "首次登录后立即操作" in desk.inner_text("main")
    no_sideways(desk)
    look(desk, f"findings-{width}")


@pytest.mark.rule("INV-01", "INV-02")
@pytest.mark.parametrize("width", [1366, 390])
def test_the_employers_search_shows_no_number(running, open_page, width):
    wanted = """SELECT s.name FROM candidate c JOIN student s ON s.id = c.student_id
      JOIN ab_user u ON u.employer_id = c.employer_id AND u.username = 'employer1' LIMIT 1"""
    employer = open_page(width)
    sign_in(employer, "employer1", at="/employer/candidates/")
    name = running.ask(wanted)
    text = employer.inner_text("main")
    assert name is None or name in text
    assert "*****" not in text
    no_sideways(employer)
    look(employer, f"candidates-{width}")
