"""The composer: search, send list, letter, preview, sending."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.people.students.models import OriginState
from app.people.students.workflow import restrict
from app.signing.invitations.models import Candidate, Invitation
from tests.factories import (
    account,
    actor,
    code_for,
    invite,
    make_candidate,
    make_student,
    offer,
    typed,
)

SEARCH, ADD, CHOSEN = (f"/employer/candidates/{name}" for name in ("search", "add", "chosen"))
LETTER, SEND = "/employer/letter/", "/employer/letter/send"


@pytest.fixture
def browser(cast, visit):
    return visit(account(cast.employer))


def four(student, **changes) -> dict:
    return {
        "school": student.school.code,
        "year": str(student.graduation_year),
        "name": student.name,
        "number": student.id_number,
    } | changes


def token_in(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


def letter(rows, **changes) -> dict:
    return typed(offer()) | {"ids": ",".join(str(row.id) for row in rows)} | changes


def batch_in(page: str) -> str:
    return page.split('name="batch" value="')[1].split('"')[0]


@pytest.mark.rule("INV-01", "INV-02")
@pytest.mark.parametrize("by", ["id_number", "phone"])
def test_four_right_fields_find_the_student_without_any_number(cast, browser, by):
    page = browser.post(SEARCH, data=four(cast.student, number=getattr(cast.student, by))).text
    assert cast.college.name in page
    assert cast.student.id_number_masked not in page
    assert cast.student.id_number not in page
    assert cast.student.phone not in page


@pytest.mark.rule("INV-01")
def test_wrong_unknown_and_barred_give_the_same_answer(cast, browser):
    barred = make_student(cast.college, "不可签", origin_state=OriginState.ENTERED)
    committed = make_student(cast.college, "定向生", training_mode="2")
    held = make_student(cast.college, "受限生")
    restrict(held, actor(cast.officer), "未缴费", since=clock.today())
    asked = [
        four(cast.student, school="10998"),
        four(cast.student, year=str(clock.today().year)),
        four(cast.student, name="黄河"),
        four(cast.student, number="13900000000"),
        four(cast.student, name="没有此人"),
        four(barred),
        four(committed),
        four(held),
    ]
    answers = set()
    for data in asked:
        answer = browser.post(SEARCH, data=data)
        assert answer.status_code == 200
        assert 'name="token"' not in answer.text
        answers.add(answer.text.split('role="status">')[-1].split("</p>")[0])
    assert len(answers) == 1
    assert "未缴费" not in answers.pop()


@pytest.mark.rule("INV-01")
def test_searching_is_limited_per_employer(cast, browser, visit, monkeypatch):
    from app.core.limits import Limit
    from app.signing.invitations import candidate_views

    monkeypatch.setattr(candidate_views, "SEARCHES", Limit("find-student", 2, timedelta(hours=1)))
    assert browser.post(SEARCH, data=four(cast.student)).status_code == 200
    assert browser.post(SEARCH, data=four(cast.student, name="错")).status_code == 200
    assert browser.post(SEARCH, data=four(cast.student)).status_code == 429
    assert visit(account(cast.rival)).post(SEARCH, data=four(cast.student)).status_code == 200


@pytest.mark.rule("INV-01")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", "99999999999"),
        ("year", "x"),
        ("school", "<script>"),
        ("name", "\u200b"),
        ("name", "长" * 200),
        ("number", "1" * 200),
        ("number", ""),
        ("school", ""),
    ],
)
def test_odd_searches_are_said_not_broken(cast, browser, field, value):
    answer = browser.post(SEARCH, data=four(cast.student, **{field: value}))
    assert answer.status_code == 422
    assert "<script>" not in answer.text


@pytest.mark.rule("INV-02")
def test_a_found_student_is_added_once(cast, browser):
    token = token_in(browser.post(SEARCH, data=four(cast.student)).text)
    for _time in range(2):
        assert browser.post(ADD, data={"token": token}).status_code == 303
    assert db.session.query(Candidate).filter_by(employer_id=cast.employer.id).count() == 1
    page = browser.get("/employer/candidates/").text
    assert cast.student.name in page
    assert cast.student.id_number not in page


@pytest.mark.rule("INV-02", "ACC-02")
def test_only_what_the_own_search_found_can_be_added(cast, browser, visit):
    token = token_in(visit(account(cast.rival)).post(SEARCH, data=four(cast.student)).text)
    assert browser.post(ADD, data={"token": token}).status_code == 404
    for wrong in ("", "x.y.z", token[:-2], str(cast.student.id)):
        browser.post(ADD, data={"token": wrong, "student_id": str(cast.student.id)})
    assert db.session.query(Candidate).count() == 0


@pytest.mark.rule("INV-02")
def test_a_search_result_cannot_be_used_for_long(cast, browser, monkeypatch):
    from app.signing.invitations import candidate_views

    token = token_in(browser.post(SEARCH, data=four(cast.student)).text)
    monkeypatch.setattr(candidate_views, "TOKEN_SECONDS", -1)
    assert browser.post(ADD, data={"token": token}).status_code == 303
    assert db.session.query(Candidate).count() == 0


@pytest.mark.rule("INV-04")
def test_candidates_are_removed_singly_and_by_selection(cast, browser):
    rows = [
        make_candidate(cast.employer, s) for s in (cast.student, cast.classmate, cast.neighbour)
    ]
    db.session.commit()
    ids = [row.id for row in rows]
    browser.post(CHOSEN, data={"action": "remove", "one": ids[0]})
    assert {c.id for c in db.session.query(Candidate)} == set(ids[1:])
    browser.post(CHOSEN, data={"action": "remove", "rowid": ids[1:]})
    assert db.session.query(Candidate).count() == 0


@pytest.mark.rule("INV-04", "ACC-02")
def test_another_employers_send_list_cannot_be_touched(cast, browser):
    foreign = make_candidate(cast.rival, cast.student)
    db.session.commit()
    for action in ("remove", "invite"):
        answer = browser.post(CHOSEN, data={"action": action, "rowid": [foreign.id]})
        assert answer.status_code == 404
    assert browser.post(LETTER, data=letter([foreign])).status_code == 404
    answer = browser.post(SEND, data=letter([foreign], batch="0" * 32))
    assert answer.status_code == 404
    assert cast.student.name not in browser.get(f"{LETTER}?ids={foreign.id}").text
    assert db.session.query(Candidate).count() == 1
    assert db.session.query(Invitation).count() == 0


@pytest.mark.parametrize("ids", ["x", "1" * 30, "-1", "1;2", "\u200b"])
def test_odd_row_numbers_are_nobodys(cast, browser, ids):
    assert browser.post(LETTER, data=letter([], ids=ids)).status_code == 404
    assert browser.post(CHOSEN, data={"action": "remove", "rowid": [ids]}).status_code == 404


@pytest.mark.rule("INV-05", "ACC-08")
def test_the_letter_begins_with_profile_and_last_letter(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    page = browser.get(f"{LETTER}?ids={row.id}").text
    assert 'value="单位人事部"' in page
    assert re.search(r'<input[^>]*name="reply_days"[^>]*value="5"', page)
    invite(cast.employer, cast.classmate, position="数据分析师", regular_pay=8888)
    page = browser.get(f"{LETTER}?ids={row.id}").text
    assert "数据分析师" in page
    assert "8888" in page


@pytest.mark.rule("INV-05")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("position", ""),
        ("position", "职" * 200),
        ("position", "\u200b\u202e"),
        ("position_kind", "??"),
        ("reply_days", "0"),
        ("reply_days", "31"),
        ("reply_days", "五"),
        ("probation_days", "181"),
        ("probation_days", "-1"),
        ("probation_pay", "1e3"),
        ("regular_pay", "9" * 400),
        ("breach_penalty", "-1"),
        ("report_by", "2020-01-01"),
        ("report_by", "2027-13-45"),
        ("report_by", "9999-12-31"),
        ("report_by", ""),
        ("workplace", "不存在的地方"),
        ("contact_phone", "12"),
        ("archive_receiver", "HACK"),
        ("archive_receiver", "UNIT"),
        ("household_kind", "UNIT"),
        ("report_place", "处" * 201),
    ],
)
def test_wrong_letters_are_said_beside_their_field(cast, browser, field, value):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    for path, more in ((LETTER, {}), (SEND, {"batch": "0" * 32})):
        answer = browser.post(path, data=letter([row], **{field: value}, **more))
        assert answer.status_code == 422, path
        assert "qq-error" in answer.text
    assert db.session.query(Invitation).count() == 0


@pytest.mark.rule("INV-05")
def test_pay_may_fall_after_probation_and_numbers_may_be_zero(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    odd = {
        "probation_pay": "6000",
        "regular_pay": "5000",
        "probation_days": "0",
        "breach_penalty": "0",
    }
    assert browser.post(LETTER, data=letter([row], **odd)).status_code == 200


@pytest.mark.rule("INV-06")
def test_the_preview_sends_nothing_and_escapes_what_was_typed(cast, browser):
    rows = [make_candidate(cast.employer, s) for s in (cast.student, cast.classmate)]
    db.session.commit()
    page = browser.post(LETTER, data=letter(rows, position="<script>alert(1)</script>")).text
    assert "<script>alert" not in page
    for student in (cast.student, cast.classmate):
        assert student.name in page
    assert "24:00" in page
    assert db.session.query(Invitation).count() == 0


def previewed(browser, data: dict) -> None:
    """Look at the preview and ask for the one code of its batch."""
    data["batch"] = batch_in(browser.post(LETTER, data=data).text)
    data["code"] = code_for(browser, "/employer/letter/code", data)


@pytest.mark.rule("INV-06", "INV-05")
def test_sending_twice_invites_once(cast, browser):
    rows = [make_candidate(cast.employer, s) for s in (cast.student, cast.classmate)]
    db.session.commit()
    data = letter(rows)
    previewed(browser, data)
    for _time in range(3):
        page = browser.post(SEND, data=data, follow_redirects=True)
        assert page.status_code == 200
        assert cast.student.name in page.text
        assert cast.classmate.name in page.text
    assert db.session.query(Invitation).filter_by(employer_id=cast.employer.id).count() == 2
    assert db.session.query(Candidate).count() == 0


@pytest.mark.rule("INV-06", "INV-08")
def test_who_was_not_invited_is_named_with_the_reason_and_stays_on_the_list(cast, browser):
    invite(cast.employer, cast.student)
    rows = [make_candidate(cast.employer, s) for s in (cast.student, cast.classmate)]
    db.session.commit()
    data = letter(rows)
    previewed(browser, data)
    page = browser.post(SEND, data=data, follow_redirects=True).text
    assert "qq-note-warn" in page
    assert [c.student_id for c in db.session.query(Candidate)] == [cast.student.id]


@pytest.mark.rule("INV-06")
@pytest.mark.parametrize("batch", ["", "x" * 32, "0" * 31, "0" * 33, "\u200b" * 32])
def test_a_made_up_preview_number_sends_nothing(cast, browser, batch):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    assert browser.post(SEND, data=letter([row], batch=batch)).status_code == 404
    assert db.session.query(Invitation).count() == 0


@pytest.mark.rule("INV-05", "ACC-02")
def test_a_letter_cannot_carry_more_than_its_fields(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    more = {"state": "accepted", "employer_id": str(cast.rival.id), "created_by": "1", "id": "1"}
    data = letter([row], **more)
    previewed(browser, data)
    browser.post(SEND, data=data)
    [made] = db.session.query(Invitation).all()
    assert (made.state, made.employer_id) == ("open", cast.employer.id)
    assert made.terms.created_by == account(cast.employer).id


@pytest.mark.rule("INV-05")
def test_details_of_what_is_not_received_are_not_kept(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    data = letter([row], archive_to="不该留下", household_address="不该留下")
    previewed(browser, data)
    browser.post(SEND, data=data)
    [made] = db.session.query(Invitation).all()
    assert made.terms.archive_to is None
    assert made.terms.household_address is None


@pytest.mark.rule("INV-06")
def test_back_from_the_preview_keeps_what_was_typed(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    db.session.commit()
    page = browser.post(LETTER, data=letter([row], position="产品经理", back="1"))
    assert page.status_code == 200
    assert 'value="产品经理"' in page.text


def test_the_send_list_costs_the_same_however_long_it_is(cast, browser, query_count):
    make_candidate(cast.employer, cast.student)
    db.session.commit()
    browser.get("/employer/candidates/")
    db.session.expire_all()
    with query_count() as few:
        browser.get("/employer/candidates/")
    for _n in range(15):
        make_candidate(cast.employer, make_student(cast.college))
    db.session.commit()
    db.session.expire_all()
    with query_count() as many:
        browser.get("/employer/candidates/")
    assert many.n <= few.n


def test_strangers_are_led_to_the_sign_in_page(cast, client):
    for path in ("/employer/", "/employer/candidates/", "/regions?q=武汉"):
        assert client.get(path).status_code == 302
    for path in (SEARCH, ADD, CHOSEN, LETTER, SEND):
        assert client.post(path).status_code in (302, 303)


@pytest.mark.rule("INV-06")
def test_the_preview_says_what_is_odd_and_forbids_nothing(cast, browser):
    row = make_candidate(cast.employer, cast.student)
    usual = browser.post(LETTER, data=letter([row]))
    assert "请再看一眼" not in usual.text
    strange = typed(offer(probation_pay=9000)) | {"ids": str(row.id)}
    page = browser.post(LETTER, data=strange)
    assert page.status_code == 200
    assert "请再看一眼" in page.text
    assert "试用期工资高于转正后工资" in page.text
    code = code_for(browser, "/employer/letter/code", strange)
    sent = browser.post(SEND, data=strange | {"batch": batch_in(page.text), "code": code})
    assert sent.status_code == 303
    assert db.session.query(Invitation).one().terms.probation_pay == 9000


@pytest.mark.rule("INV-06")
def test_what_became_of_a_sending_has_an_address_of_its_own_that_sends_nothing(
    cast, browser, visit
):
    rows = [make_candidate(cast.employer, s) for s in (cast.student, cast.classmate)]
    data = letter(rows)
    page = browser.post(LETTER, data=data).text
    restrict(cast.classmate, actor(cast.officer), "未缴费", since=clock.today())
    code = code_for(browser, "/employer/letter/code", data)
    sent = browser.post(SEND, data=data | {"batch": batch_in(page), "code": code})
    assert sent.status_code == 303
    for _reload in range(2):
        shown = browser.get(sent.location)
        assert shown.status_code == 200
        assert cast.student.name in shown.text
        assert f"{cast.classmate.name}目前不能签约" in shown.text
        assert "未缴费" not in shown.text
    assert db.session.query(Invitation).count() == 1
    again = browser.post(SEND, data=data | {"batch": batch_in(page), "code": code})
    assert again.location == sent.location  # pressed twice it leads to the same page
    assert db.session.query(Invitation).count() == 1
    other = visit(account(cast.rival))
    assert other.get(sent.location).status_code == 404
    assert browser.get("/employer/letter/sent/" + "0" * 32).status_code == 404
    batch = batch_in(page)
    for query in ("ids=x", "days=x", "days=-1"):
        assert browser.get(f"/employer/letter/sent/{batch}?{query}").status_code == 404
