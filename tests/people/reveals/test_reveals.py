"""A whole number is shown to whom the role allows it, one at a time, and never without its line in the log (ADM-10)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.log_models import SecurityEvent
from app.core.db import db
from app.core.errors import Refused
from app.people.reveals import workflow
from tests import factories as make

JSON = {"Accept": "application/json"}


def lines():
    found = select(SecurityEvent).where(SecurityEvent.event == "reveal").order_by(SecurityEvent.id)
    return db.session.scalars(found).all()


@pytest.mark.rule("ADM-10", "RPT-05")
def test_a_telephone_is_shown_by_one_click_and_the_log_has_who_whose_and_what_for(cast, visit):
    mine = make.account(cast.student)
    answer = visit(cast.officer).post(
        f"/reveals/student/{cast.student.id}/phone", data={"purpose": "call"}, headers=JSON
    )
    assert answer.json["number"] == cast.student.phone
    assert answer.json["note"]
    (line,) = lines()
    assert (line.user_id, line.actor_id, line.school_id) == (
        mine.id,
        cast.officer.id,
        cast.school.id,
    )
    assert line.details == {
        "shown": "phone", "purpose": "call", "about": f"student {cast.student.id}",
    }  # fmt: skip
    assert cast.student.phone not in str(line.details)


@pytest.mark.rule("ADM-10")
def test_without_a_script_a_page_asks_what_for_and_shows_it(cast, visit):
    browser, url = visit(cast.officer), f"/reveals/student/{cast.student.id}/id-number"
    asked = browser.get(url).text
    assert cast.student.id_number_masked in asked
    assert cast.student.id_number not in asked
    refused = browser.post(url, data={"purpose": "other", "words": " "})
    assert refused.status_code == 422
    assert cast.student.id_number not in refused.text
    shown = browser.post(url, data={"purpose": "other", "words": "核对派遣名册"})
    assert cast.student.id_number in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert [line.details["purpose"] for line in lines()] == ["核对派遣名册"]


@pytest.mark.rule("ADM-10", "ACC-02")
@pytest.mark.parametrize(
    ("who", "number", "status"),
    [
        ("officer", "phone", 200),
        ("officer", "id-number", 200),
        ("college_officer", "phone", 200),
        ("college_officer", "id-number", 403),
        ("other_college_officer", "phone", 404),
        ("other_officer", "phone", 404),
        ("data", "phone", 403),
        ("province", "phone", 403),
        ("admin", "phone", 403),
    ],
)
def test_the_role_and_the_scope_decide(cast, visit, who, number, status):
    browser = visit(getattr(cast, who))
    for method in (browser.get, browser.post):
        answer = method(f"/reveals/student/{cast.student.id}/{number}", data={"purpose": "call"})
        assert answer.status_code == status
    assert len(lines()) == (status == 200)


@pytest.mark.rule("ADM-10")
def test_neither_another_kind_nor_a_number_that_the_kind_has_not_is_shown(cast, visit):
    browser = visit(cast.officer)
    for path in (
        f"employer/{cast.employer.id}/id-number", f"school/{cast.school.id}/phone",
        f"student/{cast.employer.id}/phone", "student/0/phone", "student/999999999999/phone",
    ):  # fmt: skip
        assert browser.post(f"/reveals/{path}", data={"purpose": "call"}).status_code == 404, path
    bad = browser.post(f"/reveals/student/{cast.student.id}/phone", data={"purpose": "fun"})
    assert bad.status_code == 422
    assert not lines()


@pytest.mark.rule("ADM-10")
def test_an_employers_contact_is_called_too(cast, visit):
    cast.employer.contact_phone = "13900001234"
    db.session.commit()
    answer = visit(cast.officer).post(
        f"/reveals/employer/{cast.employer.id}/phone", data={"purpose": "call"}, headers=JSON
    )
    assert answer.json["number"] == "13900001234"


@pytest.mark.rule("ADM-10")
def test_the_student_sees_who_saw_it_even_from_before_there_was_an_account(cast, visit):
    workflow.reveal(make.actor(cast.officer), "student", cast.student.id, "phone", "identity")
    page = visit(make.account(cast.student)).get("/my/sign-ins/").text
    assert "查看完整号码" in page
    assert cast.officer.display_name in page
    assert "核对身份" in page
    theirs = visit(make.account(cast.classmate)).get("/my/sign-ins/").text
    assert cast.officer.display_name not in theirs


@pytest.mark.rule("ADM-10")
def test_a_list_is_not_read_out_number_by_number(cast, monkeypatch):
    who = make.actor(cast.officer)
    monkeypatch.setattr(workflow, "SHOWN", workflow.Limit("few", 2, workflow.SHOWN.per))
    for _n in range(2):
        workflow.reveal(who, "student", cast.student.id, "phone", "call")
    with pytest.raises(Refused):
        workflow.reveal(who, "student", cast.student.id, "phone", "call")
    assert len(lines()) == 2


@pytest.mark.rule("ADM-10", "AGR-03")
def test_the_button_stands_where_the_masked_number_does_and_only_for_whom_it_works(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    for who, phones, documents in (
        ("officer", True, True), ("college_officer", True, False), ("data", False, False),
    ):  # fmt: skip
        for page in (f"/students/show/{cast.student.id}", f"/desk/show/{placement.id}"):
            text = visit(getattr(cast, who)).get(page).text
            assert (f"/reveals/student/{cast.student.id}/phone" in text) == phones, (who, page)
            assert (f"/reveals/student/{cast.student.id}/id-number" in text) == documents
