"""Students without a mainland ID number or mobile: entered, found, signed in, reached by mail (ACC-13)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.accounts import contacts, holds, reach
from app.accounts.identifiers import account_for, identify
from app.core import clock, mail
from app.core.db import db
from app.people.merging import workflow as merging
from app.people.students.models import Student
from app.people.students.queries import code_contact, find_student, search_args, twins_of
from app.people.students.workflow import change_phone, correct
from app.plan.checks import sync
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import number
from tests.people.corrections.test_workflow import picture
from tests.people.students.test_office_views import fresh, record

pytestmark = pytest.mark.rule("ACC-13")
NEW = "Wind-over-lake-3"
MAIL = "lin@example.com"
ABROAD = "+85291234567"


@pytest.fixture
def abroad(cast) -> Student:
    """A student with a passport and a phone that the gateway does not reach; it has never signed in."""
    student = make.make_student(cast.college, "林子轩", student_no="X1", verified_at=None)
    student.id_kind, student.id_country, student.id_number = "passport", "SG", "E1234567K"
    student.phone, student.email = ABROAD, MAIL
    user = make.account(student)
    user.email, user.password = f"{student.uid}@invalid", None
    identify(user, "id_number", student.id_number)
    identify(user, "phone", student.phone)
    db.session.commit()
    return student


def newest() -> mail.Message:
    return db.session.query(mail.Message).order_by(mail.Message.id.desc()).first()


def code() -> str:
    return re.search(r"\d{6}", newest().body).group()


def set_password(client, who: str) -> None:
    client.post("/password/forgotten", data={"who": who})
    make.worker_answers_resets()
    new = {"code": code(), "password": NEW, "again": NEW}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"
    assert client.post("/login/", data={"who": who, "password": NEW}).status_code == 302


# -- entered -------------------------------------------------------------------------------------


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize(
    ("kind", "typed", "country", "kept"),
    [
        ("hm_permit", "h 1234567801", "", "H12345678"),
        ("tw_permit", "12345678", "", "12345678"),
        ("residence", "810000200403152015", "", "810000200403152015"),
        ("passport", "e-1234567", "US", "E1234567"),
        ("foreigner", "USA110101010101", "", "USA110101010101"),
        ("id_card", number(7), "US", number(7)),
    ],
)
def test_a_student_of_each_kind_is_entered_by_hand(cast, visit, kind, typed, country, kept):
    form = record(
        cast.student,
        student_no="N1",
        name="新来的",
        id_kind=kind,
        id_number=typed,
        id_country=country,
        phone="+852 9123 4567",
    )
    answer = visit(cast.officer).post("/students/add", data=form)
    assert answer.status_code == 303, re.findall(r"qq-problem[^<]*<[^<]*", answer.text)
    found = db.session.query(Student).filter_by(student_no="N1").one()
    assert (found.id_kind, found.id_number, found.phone) == (kind, kept, ABROAD)
    assert found.id_country == (country if kind == "passport" else "")
    assert account_for(typed).student_id == account_for("00852-91234567").student_id == found.id
    page = visit(cast.officer).get(f"/students/show/{found.id}").text
    assert "身份证件" in page
    assert found.id_number_masked in page
    assert kept not in page


@pytest.mark.rule("ADM-02")
def test_a_number_of_another_kind_is_said_beside_its_field(cast, visit):
    form = record(cast.student, student_no="N1", id_kind="passport", id_number=number(7))
    answer = visit(cast.officer).post("/students/add", data=form)
    assert answer.status_code == 422
    assert "这是“居民身份证”的号码" in answer.text
    form = record(cast.student, student_no="N1", id_kind="spaceship", id_number="E1234567")
    assert visit(cast.officer).post("/students/add", data=form).status_code == 422


@pytest.mark.rule("ADM-02")
def test_another_kind_needs_a_number_that_goes_with_it(cast, visit):
    office, url = visit(cast.officer), f"/students/edit/{cast.student.id}"
    assert office.post(url, data=record(cast.student, id_kind="hm_permit")).status_code == 422
    sent = record(cast.student, id_kind="hm_permit", id_number="M12345678")
    assert office.post(url, data=sent).status_code == 303
    assert (fresh(cast.student).id_kind, cast.student.id_number) == ("hm_permit", "M12345678")
    assert office.post(url, data=record(cast.student)).status_code == 303  # no word of it: it stays
    assert fresh(cast.student).id_number == "M12345678"


@pytest.mark.rule("ADM-02")
def test_one_number_is_one_person_within_its_kind_and_country(cast, abroad, visit):
    other = record(cast.student, student_no="N1", name="另一人", id_number="E1234567K")
    office = visit(cast.officer)
    for kind, country, status in (
        ("passport", "SG", 422),
        ("passport", "", 422),
        ("passport", "MY", 303),
    ):
        sent = office.post("/students/add", data=other | {"id_kind": kind, "id_country": country})
        assert sent.status_code == status, (kind, country)
    twin = db.session.query(Student).filter_by(student_no="N1").one()
    assert twins_of(abroad, make.actor(cast.officer)) == []
    assert not merging.same_id_number(abroad, twin)
    twin.id_country = ""
    db.session.flush()
    assert merging.same_id_number(abroad, twin)


# -- found ---------------------------------------------------------------------------------------


@pytest.mark.rule("INV-01")
@pytest.mark.parametrize(
    "typed",
    [
        "E1234567K",
        "ｅ1234567k ",
        "e-1234567 K",
        "+85291234567",
        "0085291234567",
        "85291234567",
        "852 9123 4567",
    ],
)
def test_four_fields_find_by_any_kind_of_number(abroad, typed):
    assert find_student("10999", 2027, "林子轩", typed) is abroad


@pytest.mark.rule("INV-01")
@pytest.mark.parametrize("typed", ["E1234567", "E*****67K", "91234567", "+85391234567", ""])
def test_four_fields_find_nobody_by_a_part_of_a_number(abroad, typed):
    assert find_student("10999", 2027, "林子轩", typed) is None


@pytest.mark.rule("INV-01", "INV-03")
def test_an_old_booklets_number_finds_the_permit(cast):
    cast.student.id_kind, cast.student.id_number = "tw_permit", "12345678"
    db.session.flush()
    assert find_student("10999", 2027, cast.student.name, "1234567801(B)") is cast.student


@pytest.mark.rule("AGR-01", "ACC-02")
@pytest.mark.parametrize("typed", ["E1234567K", "e1234567k", "+852 9123 4567"])
def test_staff_search_by_such_a_number_and_it_stands_in_no_address(cast, abroad, visit, typed):
    office = visit(cast.officer)
    answer = office.post("/students/search", data={"q": typed})
    assert "x=" in answer.location
    assert "林子轩" in office.get(answer.location).text
    assert search_args("2023", make.actor(cast.officer)) == {"q": "2023"}


# -- signed in -----------------------------------------------------------------------------------


@pytest.mark.rule("ACC-03")
def test_a_passport_number_takes_no_others_way_in(cast, abroad):
    officer = cast.officer
    identify(officer, "username", "E1234567K")
    assert account_for("E1234567K") is officer


@pytest.mark.rule("ACC-04", "ACC-05")
def test_first_sign_in_without_a_phone_that_texts_reach_goes_by_mail(abroad, client):
    assert code_contact(abroad, make.account(abroad)) == (mail.MAIL, MAIL)
    set_password(client, "e1234567k")
    assert (newest().channel, newest().address) != (mail.SMS, ABROAD)
    page = client.get("/my/verify/").text
    assert "邮箱已确认" in page
    assert MAIL in page
    assert 'name="email"' in page
    sent = {"email": "thief@example.com", "address": "武汉市1号"}  # the one that was proved stays
    assert client.post("/my/verify/", data=sent).headers["Location"] == "/"
    user = make.account(abroad)
    assert (abroad.email, user.email, abroad.verified_at is not None) == (MAIL, MAIL, True)


@pytest.mark.rule("ACC-04", "ACC-05")
def test_the_first_page_says_masked_where_its_code_went(abroad, client):
    set_password(client, "e1234567k")
    make.pass_time(hours=25)  # the code that set the password proves nothing any more
    client.post("/login/", data={"who": "e1234567k", "password": NEW})
    answer = client.post("/my/verify/code", headers={"Accept": "application/json"})
    assert "lin***@example.com" in answer.json["message"]
    assert (newest().channel, newest().address) == (mail.MAIL, MAIL)
    sent = {"email": MAIL, "address": "武汉市1号", "code": code()}
    assert client.post("/my/verify/", data=sent).headers["Location"] == "/"


@pytest.mark.rule("ACC-10", "INV-13")
def test_the_code_of_an_act_goes_by_mail_too(cast, abroad, visit):
    abroad.verified_at, make.account(abroad).email = clock.now(), MAIL
    letter = make.invite(cast.employer, abroad)[0]
    make.pass_time(hours=2)
    browser = visit(make.account(abroad))
    answer = browser.post(
        f"/acts/invitation/{letter.id}/accept/code", headers={"Accept": "application/json"}
    )
    assert "lin***@example.com" in answer.json["message"]
    assert newest().channel == mail.MAIL
    browser.post(f"/my/answer/{letter.id}/accept", data={"agreed": "1", "code": code()})
    db.session.refresh(letter)
    assert letter.state == "accepted"


@pytest.mark.rule("ACC-04", "NTF-05")
def test_who_cannot_be_reached_at_all_reads_who_can_help(abroad, visit):
    abroad.email = None
    browser = visit(make.account(abroad))
    assert "请联系学院老师补录其中一项" in browser.get("/my/verify/").text
    answer = browser.post("/my/verify/code", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "请联系学院老师" in answer.json["error"]


@pytest.mark.rule("ACC-05")
def test_a_gateway_that_serves_the_country_sends_texts_there(abroad, app, monkeypatch):
    monkeypatch.setattr(app.config["QINGQIAN"], "sms_countries", "86, 852")
    assert code_contact(abroad, make.account(abroad)) == (mail.SMS, ABROAD)
    monkeypatch.setattr(app.config["QINGQIAN"], "sms_countries", "86,853")
    assert code_contact(abroad, make.account(abroad)) == (mail.MAIL, MAIL)
    monkeypatch.setattr(app.config["QINGQIAN"], "sms_countries", "all")
    assert code_contact(abroad, make.account(abroad)) == (mail.SMS, ABROAD)


@pytest.mark.rule("NTF-05")
def test_nobody_is_told_by_a_text_that_cannot_go(abroad):
    user = make.account(abroad)
    assert reach.reach(user, clock.now()) == [(mail.MAIL, MAIL)]


@pytest.mark.rule("ACC-15")
def test_a_phone_of_a_country_without_texts_makes_no_way_round_the_hold(cast):
    """Staff write a phone that no text reaches: codes go to the own mail then, and the account is held."""
    user = make.account(cast.student)
    change_phone(cast.student.id, "+852 9123 4567", make.actor(cast.officer), "学生来电")
    assert code_contact(fresh(cast.student), user) == (mail.MAIL, user.email)
    held = contacts.hold_of(user, clock.now())
    assert held.channel == mail.SMS
    assert holds.not_held(make.actor(user), clock.now())
    assert [way.name for way in holds.ways(held, user)] == ["old_phone", "mail"]


# -- checked, corrected --------------------------------------------------------------------------


@pytest.mark.rule("CHK-01")
@pytest.mark.parametrize(
    ("number_", "kind", "said"),
    [
        ("H12345678", "hm_permit", ("", "")),
        ("H1234567", "hm_permit", ("kind", "")),
        ("810000200403152015", "residence", ("", "1")),
        ("E1234567", "passport", ("", "")),
        ("E1234567", "id_card", ("form", "")),
        ("USA110101010101", "foreigner", ("", "")),
    ],
)
def test_the_checks_ask_of_a_number_what_its_kind_holds(number_, kind, said):
    assert sync.said(number_, date(2026, 11, 30), kind) == said


@pytest.mark.rule("CHK-01")
def test_the_checks_read_each_kind_of_one_number_by_itself(cast):
    cast.student.id_kind, cast.student.id_number = "passport", "H1234567"
    twin = make.make_student(cast.college)
    twin.id_number, twin.id_kind = "H1234567", "hm_permit"
    db.session.flush()
    sync.learn(cast.school.id, 2027)
    rows = db.session.execute(
        db.text("SELECT id_kind, fault FROM id_number_fact WHERE id_number_index = :i"),
        {"i": twin.id_number_index},
    )
    assert dict(rows.tuples().all()) == {"passport": "", "hm_permit": "kind"}


@pytest.mark.rule("ADM-09")
def test_a_student_proposes_another_document_with_its_kind(cast, visit):
    browser = visit(make.account(cast.student))
    page = browser.get("/my/origin/propose/id_number").text
    assert "台湾居民来往大陆通行证" in page
    sent = {"id_kind": "tw_permit", "value": "1234567801", "id_country": "", "reason": "换了证件"}
    answer = browser.post("/my/origin/propose/id_number", data=sent | {"files": picture()})
    assert answer.status_code == 303, re.findall(r"qq-problem[^<]*<[^<]*", answer.text)
    page = browser.get(answer.location).text
    assert "台湾居民来往大陆通行证 *****678" in page
    correction = db.session.execute(db.text("SELECT id FROM correction")).scalar_one()
    visit(cast.officer).post(f"/corrections/action/accept/{correction}")
    assert (fresh(cast.student).id_kind, cast.student.id_number) == ("tw_permit", "12345678")


@pytest.mark.rule("ADM-02")
def test_the_trail_says_what_was_changed_with_masks_only(cast):
    correct(
        cast.student,
        {"id_kind": "passport", "id_country": "US", "id_number": "E1234567"},
        make.actor(cast.officer),
    )
    [row] = trail.of("student", cast.student.id)
    assert set(row.details["changed"]) == {"id_kind", "id_country", "id_number"}
    assert "E1234567" not in str(row.details)
