"""A saved filter is a tab with its count, and colleagues of the school can have it too (AGR-19)."""

from __future__ import annotations

import pytest
from lxml import html

from app.core.db import db
from app.settings.queries import fresh_values
from tests import factories as make

pytestmark = pytest.mark.rule("AGR-19")


def tabs(browser, page: str = "/desk/list/") -> dict[str, tuple[str, str]]:
    """The name of each tab → its count and address."""
    found = html.fromstring(browser.get(page).text).xpath("//a[contains(@class, 'qq-tab')]")
    return {
        tab.xpath("string(text())").strip(): (tab.xpath("string(span)"), tab.get("href"))
        for tab in found
    }


def keep(browser, name: str, query: str, **more):
    return browser.post("/desk/filters", data={"name": name, "query": query, **more})


@pytest.fixture
def signed(cast):
    return [
        make.accept(make.invite(cast.employer, student)[0])
        for student in (cast.student, cast.neighbour)
    ]


def test_ones_own_queue_is_a_tab_with_its_count_and_nobody_elses(cast, visit, signed):
    mine = visit(cast.officer)
    keep(mine, "计算机", f"tab=mine&f_college={cast.college.id}")
    count, url = tabs(mine)["计算机"]
    assert count == "1"
    page = html.fromstring(mine.get(url).text)
    assert (
        page.xpath("string(//a[@aria-current='page' and contains(@class, 'qq-tab')]/text())")
        == "计算机"
    )
    assert len(page.xpath("//input[@name='rowid']")) == 1
    assert "计算机" not in tabs(visit(cast.college_officer))


def test_a_shared_one_is_every_colleagues_each_with_its_own_rows(cast, visit, signed):
    keep(visit(cast.officer), "全部待办", "tab=all", shared="1")
    assert tabs(visit(cast.officer))["全部待办"][0] == "2"
    assert tabs(visit(cast.college_officer))["全部待办"][0] == "1"
    assert "全部待办" not in tabs(visit(cast.other_officer))
    assert "王老师 共享" in visit(cast.college_officer).get("/desk/list/").text
    visit(cast.college_officer).post("/desk/filters/drop", data={"name": "全部待办", "shared": "1"})
    assert "全部待办" not in tabs(visit(cast.officer))
    assert "共享的标签页" in visit(cast.officer).get("/settings/history").text


def test_one_whose_filter_is_no_more_is_no_tab_and_breaks_nothing(cast, visit, signed):
    keep(visit(cast.officer), "旧学院", f"tab=mine&f_college={cast.college.id}", shared="1")
    row = fresh_values(cast.school.id)["lists:DeskView"][0]
    assert row["name"] == "旧学院"
    answer = tabs(visit(cast.other_college_officer))
    assert "旧学院" not in answer
    assert answer


def test_the_province_shares_with_nobody(cast, visit, signed):
    answer = keep(visit(cast.province), "全省", "tab=all", shared="1")
    assert answer.status_code == 303
    assert "全省" not in tabs(visit(cast.province))
    dropped = visit(cast.province).post("/desk/filters/drop", data={"name": "全省", "shared": "1"})
    assert dropped.status_code == 303


@pytest.mark.parametrize("name", ["", "长" * 41, "<b>x</b>"])
def test_a_name_is_a_name(cast, visit, signed, name):
    keep(visit(cast.officer), name, "tab=all", shared="1")
    text = visit(cast.officer).get("/desk/list/").text
    assert "<b>x</b>" not in text
    db.session.rollback()
    kept = fresh_values(cast.school.id).get("lists:DeskView") or []
    assert len(kept) == (name == "<b>x</b>")
