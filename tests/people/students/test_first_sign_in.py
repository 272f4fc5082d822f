"""The first sign-in: one text message, nothing typed is lost, a wrong code writes nothing."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import identifiers
from app.core import mail
from app.core.db import db
from app.people.students.workflow import STUDENTS
from tests import factories as make

NEW = "Wind-over-lake-3"
REACH = {"email": "me@example.com", "address": "武汉市洪山区1号"}


@pytest.fixture
def newcomer(cast):
    """A student who has never signed in and has no password."""
    cast.student.verified_at = None
    user = make.account(cast.student)
    user.password = None
    identifiers.identify(user, "phone", cast.student.phone)
    db.session.commit()
    return cast.student


def newest() -> str:
    message = db.session.scalars(select(mail.Message).order_by(mail.Message.id.desc())).first()
    return re.search(r"\d{6}", message.body).group()


def codes() -> int:
    """How many codes were sent; that a way in changed is told besides."""
    return db.session.query(mail.Message).filter(mail.Message.key.startswith("code:")).count()


def set_password(client, student) -> None:
    client.post("/password/forgotten", data={"who": student.phone})
    make.worker_answers_resets()
    new = {"code": newest(), "password": NEW, "again": NEW}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"
    assert client.post("/login/", data={"who": student.phone, "password": NEW}).status_code == 302


@pytest.mark.rule("ACC-04", "ACC-05")
def test_f21_one_text_sets_the_password_and_proves_the_phone(newcomer, client):
    before = codes()
    set_password(client, newcomer)
    page = client.get("/my/verify/").get_data(as_text=True)
    assert 'id="code"' not in page
    assert "手机号已确认" in page
    assert client.post("/my/verify/", data=REACH).headers["Location"] == "/"
    assert codes() == before + 1
    assert (newcomer.email, newcomer.verified_at is not None) == ("me@example.com", True)


@pytest.mark.rule("ACC-04", "ACC-15")
def test_the_code_proves_the_phone_it_was_sent_to_and_no_later_one(cast, newcomer, client, visit):
    set_password(client, newcomer)
    STUDENTS.perform(
        "change_phone", newcomer.id, make.actor(cast.officer), reason="换号", phone="13912345678"
    )
    phone = visit(make.account(newcomer))
    assert 'id="code"' in phone.get("/my/verify/").get_data(as_text=True)
    assert phone.post("/my/verify/", data=REACH).status_code == 422
    assert newcomer.verified_at is None


@pytest.mark.rule("ACC-04")
def test_it_proves_the_phone_for_a_day(newcomer, client, visit):
    set_password(client, newcomer)
    make.pass_time(hours=25)
    phone = visit(make.account(newcomer))
    assert 'id="code"' in phone.get("/my/verify/").get_data(as_text=True)


@pytest.mark.rule("ACC-04")
def test_s18_a_wrong_code_saves_neither_mail_nor_address(newcomer, visit):
    phone = visit(make.account(newcomer))
    old = (newcomer.email, newcomer.address, make.account(newcomer).email)
    phone.post("/my/verify/code")
    wrong = f"{(int(newest()) + 1) % 10**6:06d}"
    page = phone.post("/my/verify/", data={**REACH, "code": wrong})
    assert page.status_code == 422
    assert "me@example.com" in page.get_data(as_text=True)  # what was typed stays on the page
    db.session.expire_all()
    assert (newcomer.email, newcomer.address, make.account(newcomer).email) == old


@pytest.mark.rule("ACC-04")
def test_a_taken_e_mail_does_not_cost_the_code(cast, newcomer, visit):
    phone = visit(make.account(newcomer))
    phone.post("/my/verify/code")
    code, taken = newest(), make.account(cast.classmate).email
    assert (
        phone.post("/my/verify/", data={**REACH, "email": taken, "code": code}).status_code == 422
    )
    assert phone.post("/my/verify/", data={**REACH, "code": code}).status_code == 303


@pytest.mark.rule("ACC-04")
def test_case_22_without_script_the_code_button_keeps_what_was_typed(newcomer, visit):
    phone, before = visit(make.account(newcomer)), codes()
    page = phone.post("/my/verify/", data={**REACH, "ask": "code", "code": ""})
    assert page.status_code == 200
    body = page.get_data(as_text=True)
    assert 'value="me@example.com"' in body
    assert "武汉市洪山区1号" in body
    assert "qq-error" not in body
    assert codes() == before + 1
    again = phone.post("/my/verify/", data={**REACH, "ask": "code", "code": ""}).get_data(
        as_text=True
    )
    assert 'value="me@example.com"' in again
    assert re.search(r"qq-flash-warn.*秒", again, re.S)  # asked too soon: said, and nothing lost


@pytest.mark.rule("ACC-04")
def test_s18_a_full_width_code_is_read(newcomer, visit):
    phone = visit(make.account(newcomer))
    phone.post("/my/verify/code")
    wide = newest().translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert phone.post("/my/verify/", data={**REACH, "code": wide}).status_code == 303


@pytest.mark.rule("ACC-05")
def test_s05_strangers_cannot_use_up_the_codes_of_the_first_sign_in(newcomer, client, visit):
    for n in range(12):
        data = {"who": newcomer.phone}
        client.post("/password/forgotten", data=data, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"})
        make.worker_answers_resets()
    phone = visit(make.account(newcomer))
    assert phone.post("/my/verify/code").json["sent"]


@pytest.mark.rule("ACC-04", "ACC-05")
def test_f21_the_proof_is_the_browsers_that_gave_the_code(newcomer, client, app):
    """Whoever only knows the password, elsewhere, has proved no phone."""
    set_password(client, newcomer)
    other = app.test_client()
    assert other.post("/login/", data={"who": newcomer.phone, "password": NEW}).status_code == 302
    assert 'id="code"' in other.get("/my/verify/").get_data(as_text=True)
    assert other.post("/my/verify/", data=REACH).status_code == 422
    assert client.post("/my/verify/", data=REACH).status_code == 303


@pytest.mark.rule("ACC-05")
def test_f21_a_code_that_was_used_bars_no_new_one_and_none_is_said_to_be_on_its_way(
    newcomer, visit
):
    phone = visit(make.account(newcomer))
    phone.post("/my/verify/code")
    used, taken = newest(), make.account(newcomer)
    again = phone.post("/my/verify/code")
    assert "秒" in again.json["error"]
    identifiers.identify(taken, "phone", newcomer.phone)
    assert phone.post("/my/verify/", data={**REACH, "code": used}).status_code == 303
    newcomer.verified_at = None
    db.session.commit()
    said = phone.post("/my/verify/", data={**REACH, "code": used}).get_data(as_text=True)
    assert "已使用" in said or "已用过" in said
    assert phone.post("/my/verify/code").json["sent"]


@pytest.mark.rule("ACC-04")
def test_the_address_in_the_first_message_leads_to_setting_a_password(client, cast, visit):
    assert client.get("/first").headers["Location"] == "/password/forgotten"
    assert visit(make.account(cast.student)).get("/first").headers["Location"] == "/"
