"""The start page of staff: what waits, since when, what was decided."""

from __future__ import annotations

import re

import pytest

from app.people.models import EmployerState
from tests import factories as make
from tests.desk.desk import signed, text

STAFF = ("college_officer", "officer", "province", "data", "admin")


def figures(answer) -> list[int]:
    """The numbers of the page: waiting, by age, approved and refused today, employers."""
    stats = re.findall(r'qq-stat-label">[^<]*</span><strong>(\d+)</strong>', answer.text)
    return [int(number) for number in stats]


@pytest.mark.rule("AGR-14")
def test_counts_by_age_and_todays_decisions(cast, visit):
    signed(cast.employer, cast.student)
    make.pass_time(days=3)
    signed(cast.employer, cast.neighbour)
    make.pass_time(days=1, hours=1)
    [decided] = signed(cast.employer, cast.classmate)
    fresh = make.make_student(cast.college, "新同学")
    signed(cast.employer, fresh)
    make.attest(decided, cast.officer)  # last: the steps before pass midnight at some hours
    make.make_employer(cast.school, state=EmployerState.AWAITING)
    make.make_employer(cast.other_school, state=EmployerState.AWAITING)
    page = visit(cast.officer).get("/office/")
    assert figures(page) == [3, 1, 1, 1, 1, 0, 1]
    assert figures(visit(cast.other_officer).get("/office/")) == [0, 0, 0, 0, 0, 0, 1]
    assert figures(visit(cast.data).get("/office/")) == [3, 1, 1, 1, 1, 0]


@pytest.mark.rule("AGR-14")
def test_the_five_oldest_stand_first_with_their_links(cast, visit):
    students = [make.make_student(cast.college) for _n in range(6)]
    placements = []
    for student in students:
        placements += signed(cast.employer, student)
    page = visit(cast.officer).get("/office/").text
    links = re.findall(r'href="/desk/show/(\d+)"', page)
    assert links[:5] == [str(p.id) for p in placements[:5]]
    assert str(placements[5].id) not in links


@pytest.mark.rule("AGR-14")
def test_my_last_decisions_are_mine(cast, visit):
    mine, theirs = signed(cast.employer, cast.student, cast.stranger)
    make.attest(mine, cast.officer)
    make.attest(theirs, cast.other_officer)
    page = text(visit(cast.officer).get("/office/"))
    assert cast.student.name in page
    assert cast.stranger.name not in page


@pytest.mark.rule("AGR-14", "ACC-02")
def test_readers_see_figures_only_and_an_administrator_no_signing(cast, visit):
    signed(cast.employer, cast.student)
    for who in ("province", "data"):
        page = visit(getattr(cast, who)).get("/office/")
        assert figures(page)[0] == 1
        assert cast.student.name not in page.text
    page = visit(cast.admin).get("/office/").text
    assert "/accounts/list/" in page
    assert "/desk/" not in page


@pytest.mark.rule("AGR-14")
@pytest.mark.parametrize("who", STAFF)
def test_every_staff_role_starts_there(cast, visit, who):
    browser = visit(getattr(cast, who))
    assert browser.get("/").location == "/office/"
    assert browser.get("/office/").status_code == 200


@pytest.mark.rule("AGR-14")
def test_the_menu_says_what_waits(cast, visit):
    signed(cast.employer, cast.student, cast.classmate)
    page = visit(cast.officer).get("/students/list/").text
    badge = re.search(r'href="/desk/list/".*?qq-badge"[^>]*>(\d+)<', page, re.S)
    assert badge is not None
    assert badge.group(1) == "2"
    assert cast.school.name in page


def test_the_start_page_asks_few_questions(cast, visit, query_count):
    signed(cast.employer, cast.student, cast.classmate)
    browser = visit(cast.officer)
    with query_count() as seen:
        browser.get("/office/")
    assert seen.n <= 10, "\n".join(seen)
