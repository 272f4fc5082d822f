"""The start page of staff: what waits, since when, what was decided."""

from __future__ import annotations

import re

import pytest

from app.core import clock
from app.core.db import db
from app.people.corrections.workflow import propose
from app.people.employers.models import EmployerState
from app.plan.rows import sync
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import edit
from app.signing.objections.workflow import report
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.signing.desk.desk import signed, text

STAFF = ("college_officer", "officer", "province", "data", "admin")


def figures(answer) -> list[int]:
    """The numbers: signings and terminations that wait, approved and refused today, reports, employers, corrections, changes."""
    stats = re.findall(r'qq-stat-label">[^<]*</span><strong>(\d+)</strong>', answer.text)
    return [int(number) for number in stats]


def ages(answer) -> list[list[int]]:
    """The table by age: signings, then terminations."""
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', answer.text, re.S)
    return [[int(n) for n in re.findall(r">(\d+)</td>", row)] for row in rows]


@pytest.mark.rule("AGR-14")
def test_counts_by_age_and_todays_decisions(cast, visit):
    signed(cast.employer, cast.student)
    make.pass_time(days=3)
    signed(cast.employer, cast.neighbour)
    make.pass_time(days=1, hours=1)
    fresh = make.make_student(cast.college, "新同学")
    decided, _waits = signed(cast.employer, cast.classmate, fresh)
    make.attest(decided, cast.officer)
    make.make_employer(cast.school, state=EmployerState.AWAITING)
    make.make_employer(cast.other_school, state=EmployerState.AWAITING)
    page = visit(cast.officer).get("/office/")
    assert figures(page) == [3, 0, 1, 0, 0, 1, 0, 0]
    assert ages(page) == [[1, 1, 1], [0, 0, 0]]
    assert figures(visit(cast.other_officer).get("/office/")) == [0, 0, 0, 0, 0, 1, 0, 0]
    assert figures(visit(cast.data).get("/office/")) == [3, 0, 1, 0, 0]


@pytest.mark.rule("AGR-14", "TRM-03", "INV-20")
def test_terminations_and_reports_wait_beside_the_signings(cast, visit):
    first, second = signed(cast.employer, cast.student, cast.classmate)
    make.attest(first, cast.officer)
    ended = make.terminate(first)
    TERMINATIONS.perform("agree", ended.id, make.actor(cast.employer), agreed=True)
    report(make.actor(cast.classmate), "我没有签", placement_id=second.id)
    make.pass_time(days=4)
    page = visit(cast.officer).get("/office/")
    assert figures(page) == [1, 1, 0, 0, 1, 0, 0, 0]
    assert ages(page) == [[0, 0, 1], [0, 0, 1]]
    assert f'href="/desk/show/{first.id}"' in page.text
    desk = visit(cast.officer)
    assert desk.post(f"/desk/action/termination_approve/{first.id}").status_code == 303
    assert figures(desk.get("/office/"))[:3] == [1, 0, 1]


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
    assert seen.n <= 11, "\n".join(seen)


@pytest.mark.rule("AGR-14", "PLN-03", "PLN-06", "ADM-09")
def test_changes_to_the_plan_and_corrections_wait_for_those_who_decide_on_them(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    sync.sync([cast.student.id], clock.now())
    row = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    edit(row.id, make.actor(cast.officer), {"destination_code": "76", "employer_name": "自由撰稿"})
    make.attest(placement, cast.officer)
    propose(cast.classmate, "class_name", "2班", "分班", make.actor(cast.classmate), ())
    office, data = visit(cast.officer).get("/office/"), visit(cast.data).get("/office/")
    assert figures(office)[6:] == [1, 1]
    assert figures(data)[4:] == [0]  # the school decides on conflicts
    entry = office.text.split('<a href="/plan/changes/list/">')[1].split("</a>")[0]
    assert 'qq-badge" aria-hidden="true">1<' in entry
    assert figures(visit(cast.other_officer).get("/office/"))[6:] == [0, 0]


@pytest.mark.rule("ACC-02", "TRU-05")
def test_the_audit_administrator_begins_at_the_log_and_the_proof_of_the_trail(cast, visit):
    """What the role is there for stands on its first page, and opens."""
    browser = visit(cast.audit)
    page = browser.get("/office/").text
    for url in ("/security-log/list/", "/audit/"):
        assert f'<li><a href="{url}"' in page
        assert browser.get(url).status_code == 200
