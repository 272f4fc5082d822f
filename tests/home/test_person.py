"""The page of a student answers what the office is asked on the telephone (AGR-15)."""

from __future__ import annotations

import pytest
from lxml import html

from app.core.db import db
from app.people.students.models import OriginState
from tests import factories as make

pytestmark = pytest.mark.rule("AGR-15")


def words(answer) -> str:
    return " ".join(html.fromstring(answer.text).text_content().split())


def page_of(browser, student) -> str:
    answer = browser.get(f"/students/show/{student.id}")
    assert answer.status_code == 200
    return words(answer)


def test_who_has_nothing_yet_and_whether_employers_can_invite(cast, visit):
    said = page_of(visit(cast.officer), cast.student)
    assert "目前没有签约，也没有待答复的邀约。" in said
    assert f"姓名“{cast.student.name}”" in said
    cast.student.origin_state = OriginState.ENTERED
    db.session.commit()
    said = page_of(visit(cast.officer), cast.student)
    assert "用人单位暂时不能邀请该生" in said
    assert "生源信息" in said


def test_open_letters_and_until_when_the_student_answers(cast, visit):
    make.invite(cast.employer, cast.student)
    make.invite(cast.rival, cast.student)
    said = page_of(visit(cast.officer), cast.student)
    assert "2 份邀约待学生答复" in said
    assert cast.employer.name in said
    assert cast.rival.name in said
    make.pass_time(days=60)
    assert "也没有待答复的邀约" in page_of(visit(cast.officer), cast.student)


def test_what_it_waits_for_since_when_and_whose_turn_it_is(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.pass_time(days=2)
    said = page_of(visit(cast.officer), cast.student)
    assert f"目前：{cast.employer.name}" in said
    assert "2 天" in said
    assert "下一步：" in said
    make.attest(placement, cast.officer)
    make.terminate(placement)
    said = page_of(visit(cast.officer), cast.student)
    assert f"解约 · {cast.employer.name}" in said
    assert "就业方案" in said


def test_each_line_leads_to_its_record_for_whom_it_opens(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    text = visit(cast.officer).get(f"/students/show/{cast.student.id}").text
    links = {f"/desk/show/{placement.id}", f"/invitations/show/{placement.invitation_id}"}
    browser = visit(cast.officer)
    for link in links:
        assert link in text
        assert browser.get(link).status_code == 200


@pytest.mark.rule("ACC-02")
def test_another_college_reads_nothing_of_it(cast, visit):
    make.invite(cast.employer, cast.student)
    assert (
        visit(cast.other_college_officer).get(f"/students/show/{cast.student.id}").status_code
        == 404
    )
