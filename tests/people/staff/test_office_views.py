"""The administrator's list of accounts: stopping a sign-in, without seeing a number."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts.models import AccountSession, AppUser
from app.core.db import db
from app.core.mail import Message
from app.people.staff.models import StaffRequest
from app.workflow import trail
from tests import factories as make


@pytest.mark.rule("ADM-01", "ACC-02")
def test_only_administrators_have_the_list(cast, visit):
    assert cast.officer.username in visit(cast.admin).get("/accounts/list/").text
    for who in ("officer", "college_officer", "province", "data"):
        assert visit(getattr(cast, who)).get("/accounts/list/").status_code == 403


@pytest.mark.rule("ADM-01")
def test_an_administrator_sees_no_address_and_no_number(cast, visit):
    student, firm = make.account(cast.student), make.account(cast.employer)
    for who in (cast.admin, cast.security, cast.audit):
        browser = visit(who)
        assert browser.get(f"/accounts/show/{student.id}").status_code == 404
        pages = (browser.get("/accounts/list/").text, browser.get(f"/accounts/show/{firm.id}").text)
        for page in pages:
            for secret in (firm.email, student.username, cast.student.name, cast.student.phone):
                assert secret not in page


def confirmed(cast, visit, step="confirm", **data):
    """The security administrator answers the request that waits."""
    record = db.session.scalars(select(StaffRequest).where(StaffRequest.state == "open")).one()
    answer = visit(cast.security).post(f"/accounts/requests/action/{step}/{record.id}", data=data)
    assert answer.status_code == 303
    db.session.refresh(record)
    return record


@pytest.mark.rule("ADM-01", "ACC-09")
def test_a_deactivated_account_is_out_at_once_until_a_second_person_lets_it_in_again(cast, visit):
    desk, admin = visit(cast.officer), visit(cast.admin)
    assert desk.get("/office/").status_code == 200
    assert admin.post(f"/accounts/action/deactivate/{cast.officer.id}").status_code == 303
    assert desk.get("/office/").status_code == 302
    assert not db.session.get(AppUser, cast.officer.id, populate_existing=True).active
    admin.post(f"/accounts/action/activate/{cast.officer.id}", data={"reason": "回来上班"})
    assert not db.session.get(AppUser, cast.officer.id, populate_existing=True).active
    confirmed(cast, visit)
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).active
    steps = [row.step for row in trail.of("account", cast.officer.id)]
    assert steps == ["deactivate", "activate"]


@pytest.mark.rule("ACC-09")
def test_signing_out_everywhere_ends_every_session(cast, visit):
    visit(cast.officer), visit(cast.officer)
    visit(cast.admin).post(f"/accounts/action/sign_out/{cast.officer.id}")
    left = db.session.query(AccountSession).filter_by(user_id=cast.officer.id).count()
    assert left == 0


@pytest.mark.rule("ADM-01")
def test_nobody_switches_off_the_own_account(cast, visit):
    admin = visit(cast.admin)
    answer = admin.post(f"/accounts/action/deactivate/{cast.admin.id}")
    assert answer.location == f"/accounts/show/{cast.admin.id}"
    assert db.session.get(AppUser, cast.admin.id, populate_existing=True).active


@pytest.mark.rule("ADM-01")
def test_filters_by_role_and_school(cast, visit):
    page = visit(cast.admin).get(f"/accounts/list/?f_role=school&f_school={cast.school.id}").text
    assert cast.officer.display_name in page
    assert cast.other_officer.display_name not in page


def staff(cast, **more):
    return {
        "username": "wang.li",
        "name": "王丽",
        "email": "wl@example.com",
        "role": "college",
        "school_id": cast.school.id,
        "college_id": cast.college.id,
    } | more


@pytest.mark.rule("ADM-01")
def test_an_administrator_opens_a_staff_account_without_any_secret(cast, visit, client):
    admin = visit(cast.admin)
    assert admin.post("/accounts/add", data=staff(cast)).status_code == 303
    assert db.session.query(AppUser).filter_by(username="wang.li").count() == 0
    confirmed(cast, visit)
    user = db.session.query(AppUser).filter_by(username="wang.li").one()
    assert (user.password, user.school_id, user.college_id) == (
        None,
        cast.school.id,
        cast.college.id,
    )
    mail = db.session.query(Message).filter_by(user_id=user.id).one()
    assert (mail.address, mail.code) == ("wl@example.com", None)
    assert "wang.li" in mail.body
    assert [row.step for row in trail.of("account", user.id)] == ["open"]
    client.post("/password/forgotten", data={"who": "wang.li", "school": ""})
    make.worker_answers_resets()
    code = re.search(r"\d{6}", db.session.query(Message).order_by(Message.id.desc()).first().body)
    new = {"code": code.group(), "password": "Wind-over-lake-3", "again": "Wind-over-lake-3"}
    client.post("/password/reset", data=new)
    client.post("/login/", data={"who": "wang.li", "password": "Wind-over-lake-3"})
    assert client.get("/office/").status_code == 200


@pytest.mark.rule("ADM-01")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "A"),
        ("username", "officer"),
        ("username", "OFFICER"),
        ("username", "1abc"),
        ("email", "no"),
        ("role", "student"),
        ("role", "system"),
        ("school_id", "0"),
        ("college_id", "0"),
        ("college_id", "far"),
        ("school_id", "x"),
        ("name", ""),
    ],
)
def test_a_staff_account_that_cannot_be_is_not_opened(cast, visit, field, value):
    value = cast.far_college.id if value == "far" else value
    before = db.session.query(AppUser).count()
    answer = visit(cast.admin).post("/accounts/add", data=staff(cast, **{field: value}))
    assert answer.status_code == 422
    assert db.session.query(AppUser).count() == before


@pytest.mark.rule("ADM-01", "ACC-02")
def test_only_administrators_open_or_change_accounts(cast, visit):
    for who in ("officer", "college_officer", "province", "data"):
        browser = visit(getattr(cast, who))
        assert browser.post("/accounts/add", data=staff(cast)).status_code == 403
        url = f"/accounts/action/forget_password/{cast.other_officer.id}"
        assert browser.post(url).status_code in (403, 404)


@pytest.mark.rule("ADM-01", "ACC-09")
def test_a_changed_scope_counts_at_once_and_signs_out(cast, visit):
    desk = visit(cast.officer)
    data = staff(
        cast, role="school", school_id=cast.other_school.id, name="王老师", email="o@example.com"
    )
    assert visit(cast.admin).post(f"/accounts/edit/{cast.officer.id}", data=data).status_code == 303
    assert desk.get("/office/").status_code == 200, "nothing happens before it is confirmed"
    confirmed(cast, visit)
    user = db.session.get(AppUser, cast.officer.id, populate_existing=True)
    assert (user.school_id, user.college_id, user.username) == (
        cast.other_school.id,
        None,
        "officer",
    )
    assert desk.get("/office/").status_code == 302


@pytest.mark.rule("ADM-01")
def test_an_administrator_keeps_its_own_role_and_no_partys_account_is_changed(cast, visit):
    admin = visit(cast.admin)
    own = staff(cast, role="school", email="a@example.com")
    assert admin.post(f"/accounts/edit/{cast.admin.id}", data=own).status_code == 422
    student = make.account(cast.student)
    assert admin.post(f"/accounts/edit/{student.id}", data=own).status_code == 404
    firm = make.account(cast.employer)
    assert admin.post(f"/accounts/edit/{firm.id}", data=own).status_code == 422
    admin.post(f"/accounts/action/forget_password/{cast.admin.id}")
    for user, role in ((cast.admin, "admin"), (student, "student")):
        assert db.session.get(AppUser, user.id, populate_existing=True).role == role


@pytest.mark.rule("ADM-01", "ACC-09")
def test_a_reset_password_no_longer_works_and_ends_every_session(cast, visit):
    cast.officer.password = "x"
    db.session.commit()
    desk = visit(cast.officer)
    url = f"/accounts/action/forget_password/{cast.officer.id}"
    visit(cast.admin).post(url, data={"reason": "忘记密码"})
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).password == "x"
    confirmed(cast, visit)
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).password is None
    assert desk.get("/office/").status_code == 302
    assert [row.step for row in trail.of("account", cast.officer.id)] == ["forget_password"]
