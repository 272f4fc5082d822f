"""Every kind of page at both widths: no WCAG A/AA finding, no sideways scroll at 360 px; in the dark its contrasts."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # nothing else depends on the scheme
DESKTOP, PHONE = (1366, 768), (390, 844)
# an ellipsis takes away the whole of what cannot break: a choice, a button, a state
CUT = """() => [...document.querySelectorAll('.qq-table td')]
  .filter(e => e.scrollWidth > e.clientWidth && e.querySelector('input, select, .btn, .qq-chip, .qq-choice'))
  .map(e => e.innerText)"""
FIRST_ROW, FIRST_LETTER, SIGNING = "tr[data-href]", "查看邀请函", "查看签约详情"
TOUR = {
    "": ("/login/", "/register", "/messages/", "/v/", "/nope", "/password/forgotten"),
    "school": (
        "/office/",
        "/desk/list/",
        ("/desk/list/", FIRST_ROW),
        "/students/list/",
        "/employers/list/",
        ("/employers/list/", FIRST_ROW),
        "/invitations/list/",
        "/plan/list/",
        "/schools/list/",
        "/notices/",
        "/password/change",
        "/imports/students/",
        "/import-history/list/",
        "/plan/sync/",
        ("/plan/list/?tab=filled", FIRST_ROW),
        "/plan/letters/make/",
        "/checks/",
        "/checks/fill/",
        ("/plan/changes/list/", FIRST_ROW),
        ("/imports/courier/", "机要寄递单号.csv"),
        "/reports/rate",
        "/reports/flow",
        "/reports/where",
        "/reports/cross?down=major&across=city",
        "/reports/trend",
        "/reports/questions/",
        "/reports/graduates/list/",
        "/students/edit/1",
        "/exports/?list=PlanView&query=",
    ),
    "province": ("/office/", "/reports/where", "/reports/cross?down=school&across=region"),
    "employer1": (
        "/employer/",
        "/employer/candidates/",
        "/employer/invitations/list/",
        ("/employer/invitations/list/", FIRST_ROW),
        "/employer/profile/",
    ),
    "student1": (
        "/my/",
        "/my/invitations/list/",
        "/my/invitations/compare",
        ("/my/", FIRST_LETTER),
        "/my/profile/",
        "/notices/",
    ),
    "student3": (("/my/", SIGNING),),
    "student4": ("/my/verify/",),
    "student10": ("/my/destinations/", "/my/destinations/new", "/my/destinations/new?type=DWJY"),
    "student11": (("/my/destinations/", "武汉大学"),),
    "admin": (
        "/office/",
        "/accounts/list/",
        "/codes/list/",
        "/jobs/",
        "/destination-kinds/list/",
        ("/destination-kinds/list/", FIRST_ROW),
        "/destination-fields/add",
        "/destination-types/add",
        "/codes/editions/",
        "/sign-in-ways/list/",
        "/sign-in-ways/add",
        "/campus-identities/list/",
        "/my/campus/",
        "/plan/codes/list/",
        "/plan/formulas/add",
    ),
}


def go(page, stop) -> None:
    """To a page, or from a page to the first record it leads to."""
    if isinstance(stop, str):
        page.goto(stop)
        return
    page.goto(stop[0])
    if stop[1] == FIRST_ROW:
        page.goto(page.locator(FIRST_ROW).first.get_attribute("data-href"))
    else:
        page.goto(page.get_by_role("link", name=stop[1]).first.get_attribute("href"))


@pytest.mark.rule("MOB-01", "MOB-02")
@pytest.mark.parametrize("who", TOUR)
def test_pages_are_readable_for_everybody_and_fit_a_phone(running, open_page, who):
    axe, found = Axe(), []
    for width, height in (DESKTOP, PHONE):
        page = open_page(width, height, bypass_csp=True)
        for stop in toured(page, who):
            # the whole page at once: what a bar at the bottom covers just now is reached by scrolling
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, whole)})
            found += [(stop, width, *finding) for finding in findings(axe, page, RULES)]
            found += [(stop, width, "cut away", what) for what in page.evaluate(CUT)]
            if width == PHONE[0]:
                page.set_viewport_size({"width": 360, "height": 780})
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            found += [(stop, width, "sideways scroll", over)] if over > 0 else []
            page.set_viewport_size({"width": width, "height": height})
    assert not found


@pytest.mark.rule("MOB-01")
@pytest.mark.parametrize("who", TOUR)
def test_pages_are_readable_in_the_dark(running, open_page, who):
    axe, found = Axe(), []
    page = open_page(*DESKTOP, color_scheme="dark", bypass_csp=True)
    for stop in toured(page, who):
        found += [(stop, *finding) for finding in findings(axe, page, CONTRAST)]
    assert not found


def toured(page, who):
    """Each page of the tour, one after the other, as that person."""
    if who:
        sign_in(page, who)
    for stop in TOUR[who]:
        go(page, stop)
        yield stop


def findings(axe, page, rules):
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    result = axe.run(page, options=options).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in result]
