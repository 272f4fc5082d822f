"""The own mail is changed with a proof of the person, and every code is said to go where it goes (ACC-05, ACC-15)."""

from __future__ import annotations

import re

import pytest
from lxml import html

from app.accounts import contacts, holds
from app.accounts.contact_models import ContactChange
from app.accounts.log_models import SecurityEvent
from app.core import clock
from app.core.db import db
from app.core.text import mask_email, mask_phone
from app.people.merging.models import MergeRequest
from app.workflow import trail
from tests import factories as make
from tests.people.contacts.thief import (
    PASSWORD,
    THIEF_MAIL,
    changed,
    code_at,
    dummy,
    fresh,
    last_message,
    merge,
    told,
)


@pytest.mark.rule("ACC-15", "ACC-12")
@pytest.mark.parametrize("who", ["student", "employer"])
def test_s16_the_own_mail_changes_by_password_and_the_new_addresss_code_and_both_are_told(
    cast, visit, who
):
    from app.accounts import passwords

    record = getattr(cast, who)
    user = make.account(record)
    user.password = passwords.hashed(PASSWORD)
    db.session.commit()
    old, browser = user.email, visit(user)
    profile = "/my/profile/" if who == "student" else "/employer/profile/"
    browser.post(profile, data={"email": THIEF_MAIL, "address": "x"})
    assert browser.post("/me/sign-in/mail/code", data={"email": THIEF_MAIL}).status_code == 200
    code = code_at(THIEF_MAIL)
    for wrong in (
        {"code": "", "password": PASSWORD},
        {"code": code, "password": "x"},
        {"code": "000000", "password": PASSWORD},
    ):
        answer = browser.post("/me/sign-in/mail", data={"email": THIEF_MAIL, **wrong})
        assert answer.status_code == 422
    other = browser.post(
        "/me/sign-in/mail", data={"email": "else@example.com", "code": code, "password": PASSWORD}
    )
    assert other.status_code == 422  # the code proves one address only
    assert fresh(user).email == old
    before = last_message()
    data = {"email": THIEF_MAIL, "code": code, "password": PASSWORD}
    assert browser.post("/me/sign-in/mail", data=data).status_code == 303
    assert (fresh(user).email, fresh(record).email) == (THIEF_MAIL, THIEF_MAIL)
    assert told(old, before)
    assert told(THIEF_MAIL, before)
    [row] = db.session.query(ContactChange).filter_by(user_id=user.id, channel="mail").all()
    assert (row.source, row.old, row.new) == ("self", old, THIEF_MAIL)
    assert trail.of(who, record.id)[-1].step == "change_mail"
    assert db.session.query(SecurityEvent).filter_by(event="mail_changed").count() == 1


@pytest.mark.rule("ACC-15", "ACC-12")
def test_without_a_password_a_code_of_the_present_contact_proves_the_person(cast, visit):
    user = make.account(cast.student)
    browser = visit(user)
    old = make.code_for(browser, "/me/sign-in/mail/old-code")
    browser.post("/me/sign-in/mail/code", data={"email": "mine@example.com"})
    data = {"email": "mine@example.com", "code": code_at("mine@example.com")}
    assert browser.post("/me/sign-in/mail", data=data).status_code == 422
    assert browser.post("/me/sign-in/mail", data=data | {"old_code": old}).status_code == 303
    assert fresh(user).email == "mine@example.com"


@pytest.mark.rule("ACC-15")
def test_while_held_the_mail_stays_and_own_guesses_of_the_password_end(cast, victim, visit):
    changed(visit(cast.officer), victim)
    user, email = make.account(victim), victim.email
    browser = visit(user)
    browser.post("/me/sign-in/mail/code", data={"email": THIEF_MAIL})
    assert code_at(THIEF_MAIL) == "000000"
    assert fresh(user).email == email
    other = visit(make.account(cast.classmate))
    data = {"email": "new@example.com", "code": "123456", "password": "wrong"}
    said = [other.post("/me/sign-in/mail", data=data).text for _n in range(7)]
    assert "15" in said[-1]


@pytest.mark.rule("ACC-04")
def test_a_wrong_code_at_the_first_sign_in_saves_nothing(cast, visit):
    newcomer = make.make_student(cast.college, verified_at=None)
    user, email, address = make.account(newcomer), newcomer.email, newcomer.address
    browser = visit(user)
    browser.post("/my/verify/code")
    data = {"email": THIEF_MAIL, "address": "别处", "code": "000000"}
    assert browser.post("/my/verify/", data=data).status_code == 422
    db.session.expire_all()
    assert (newcomer.email, newcomer.address, user.email) == (email, address, email)


@pytest.mark.rule("ACC-15")
def test_no_code_outside_its_place_writes_a_mail_of_an_account():
    """Each change of a mail leaves its row: by it one knows which mail was the person's before."""
    from tests.test_architecture import APP

    writes = re.compile(
        r"(?<![\w.])(user|mine|theirs|account)\.email\s*=|\.email\s*=\s*user\.email"
    )
    found = {
        str(p.relative_to(APP))
        for p in APP.rglob("*.py")
        if writes.search(p.read_text(encoding="utf-8"))
    }
    assert found == {"accounts/one_mail.py"}


JSON = {"Accept": "application/json"}


@pytest.mark.rule("ACC-05", "ACC-15")
def test_a_code_is_said_to_go_where_it_goes(cast, victim, visit):
    """Not to the present contact, which is the one that somebody else may have put there."""
    user, phone, email = make.account(victim), victim.phone, victim.email
    changed(visit(cast.officer), victim)
    [held] = contacts.holds_of(user.id, clock.now())
    page, shown = visit(user), {"old_phone": mask_phone(phone), "mail": mask_email(email)}
    for way in holds.ways(held, user):
        said = page.post(f"/me/sign-in/{held.uid}/{way.name}/code", headers=JSON).get_json()
        assert shown[way.name] in said["message"]
        make.pass_time(minutes=2)


@pytest.mark.rule("ACC-05")
def test_a_code_field_takes_what_a_chinese_keyboard_types_and_its_button_keeps_the_page(
    cast, victim, visit
):
    """Digits of full width are read, so no field of a code may refuse them; sending opens a window."""
    dummy(cast, visit(cast.officer), victim, phone="13700001111")
    merge(visit(cast.officer), victim, "D1")
    [asked], page = db.session.query(MergeRequest).all(), visit(make.account(victim))
    shown = html.fromstring(page.get("/me/sign-in/").text)
    fields = shown.xpath("//main//input[@autocomplete='one-time-code']")
    assert [f.get("name") for f in fields] == ["code_keep", "code_gone"]
    assert not [f for f in fields if f.get("pattern") or f.get("maxlength")]
    buttons = shown.xpath("//main//button[contains(@formaction, '/code')]")
    assert [b.get("formtarget") for b in buttons] == ["_blank", "_blank"]
    opened = page.post(f"/me/sign-in/second/{asked.uid}/keep/code")
    assert opened.status_code == 200
    assert mask_phone(victim.phone) in opened.text


@pytest.mark.rule("ACC-05", "ACC-12")
def test_the_code_for_a_new_mail_is_said_to_be_on_its_way_not_to_be_there(cast, victim, visit):
    """The worker sends it after the answer: «sent» would be said before it is true."""
    page = visit(make.account(victim))
    answer = page.post("/me/sign-in/mail/code", data={"email": "new@example.com"})
    assert mask_email("new@example.com") in answer.text
    assert "已发送" not in html.fromstring(answer.text).xpath(
        "string(//*[contains(@class, 'qq-flash')])"
    )
