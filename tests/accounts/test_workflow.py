"""Signing in: identifiers, lock-out, sessions, codes, passwords."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.accounts import (
    identifiers,
    living_sessions,
    one_time,
    passwords,
    resetting,
    sessions,
    workflow,
)
from app.accounts.models import AccountSession, Identifier
from app.core import mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from tests import factories as make
from tests.accounts.conftest import RIGHT


def ways(cast, user):
    """Everything the student may type, with the school where it is asked for."""
    return [
        (user.username, ""),
        (cast.student.phone, ""),
        (cast.student.id_number, ""),
        (user.email, ""),
        (cast.student.student_no, cast.school.code),
        (f" {cast.student.student_no} ", cast.school.code),
    ]


@pytest.mark.rule("ACC-03")
def test_a_student_signs_in_by_number_with_school_id_number_phone_or_mail(cast, user):
    for typed, school in ways(cast, user):
        assert workflow.signed_in(typed, school, RIGHT, "127.0.0.1").id == user.id


@pytest.mark.rule("ACC-03")
def test_a_student_number_counts_in_its_own_school_only(cast, user):
    for school in ("", cast.other_school.code):
        with pytest.raises(Invalid):
            workflow.signed_in(cast.student.student_no, school, RIGHT, "127.0.0.1")


@pytest.mark.rule("ACC-03")
def test_a_number_that_two_accounts_share_opens_neither(cast, user):
    twin = make.account(cast.classmate)
    identifiers.identify(twin, "phone", cast.student.phone)
    db.session.commit()
    assert identifiers.account_for(cast.student.phone) is None


@pytest.mark.rule("ACC-03")
def test_identifiers_are_kept_as_digests_only(cast, user):
    kept = db.session.scalars(select(Identifier.digest).where(Identifier.user_id == user.id)).all()
    assert all(len(digest) == 32 for digest in kept)


@pytest.mark.rule("ACC-09")
def test_unknown_account_and_wrong_password_get_the_same_answer(user):
    told = []
    for who in (user.username, f"{user.username[:-1]}8"):  # of the same looks
        with pytest.raises(Invalid) as error:
            workflow.signed_in(who, "", "wrong", "127.0.0.1")
        told.append(error.value.problems)
    assert told[0] == told[1]


@pytest.mark.rule("ACC-09")
def test_five_wrong_passwords_lock_the_account_from_that_address(user):
    for _n in range(5):
        with pytest.raises(Invalid):
            workflow.signed_in(user.username, "", "wrong", "10.0.0.1")
    with pytest.raises(Refused):
        workflow.signed_in(user.username, "", RIGHT, "10.0.0.1")
    assert workflow.signed_in(user.username, "", RIGHT, "10.0.0.2").id == user.id
    make.pass_time(minutes=31)
    assert workflow.signed_in(user.username, "", RIGHT, "10.0.0.1").id == user.id


@pytest.mark.rule("ACC-09")
def test_a_new_password_ends_every_session(user):
    for _n in range(3):
        living_sessions.open_session(user)
    workflow.change_password(user, RIGHT, "Another-horse-8", "Another-horse-8")
    db.session.commit()
    alive = (
        select(func.count()).select_from(AccountSession).where(AccountSession.user_id == user.id)
    )
    assert db.session.scalar(alive) == 0


@pytest.mark.rule("ACC-09")
@pytest.mark.parametrize("weak", ["short1", "onlyletters", "1234567890", "x" * 129 + "1"])
def test_weak_passwords_are_refused(user, weak):
    with pytest.raises(Invalid):
        workflow.change_password(user, RIGHT, weak, weak)


@pytest.mark.rule("ACC-09")
def test_a_copied_cookie_is_worth_nothing_after_sign_out(cast, visit):
    browser = visit(cast.officer)
    with browser.session_transaction() as cookie:
        copied = dict(cookie)
    assert browser.get("/password/change").status_code == 200
    browser.post("/logout")
    with browser.session_transaction() as cookie:
        cookie.update(copied)
    assert browser.get("/password/change").status_code == 302


@pytest.mark.rule("ACC-09")
def test_sign_out_needs_a_post(cast, visit):
    assert visit(cast.officer).get("/logout").status_code == 405


@pytest.mark.rule("ACC-09")
def test_a_session_ends_after_half_an_hour_without_use(cast, visit):
    browser = visit(cast.officer)
    make.pass_time(minutes=31)
    assert browser.get("/password/change").status_code == 302


def last_code() -> str:
    message = db.session.scalars(select(mail.Message).order_by(mail.Message.id.desc())).first()
    return re.search(r"\d{6}", message.body).group()


@pytest.mark.rule("ACC-05")
def test_a_code_is_good_once(cast):
    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    code = last_code()
    one_time.check("student:1", "verify", code)
    db.session.commit()
    with pytest.raises(Invalid):
        one_time.check("student:1", "verify", code)


@pytest.mark.rule("ACC-05")
def test_a_code_is_good_for_its_owner_and_purpose_only(cast):
    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    code = last_code()
    for owner, purpose in (("student:2", "verify"), ("student:1", "accept:7")):
        with pytest.raises(Invalid):
            one_time.check(owner, purpose, code)


@pytest.mark.rule("ACC-05")
def test_a_code_dies_after_five_minutes(cast):
    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    code = last_code()
    make.sent()
    make.pass_time(minutes=5, seconds=1)
    with pytest.raises(Invalid):
        one_time.check("student:1", "verify", code)


@pytest.mark.rule("ACC-05")
def test_five_wrong_tries_use_a_code_up(cast):
    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    code = last_code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _n in range(5):
        with pytest.raises(Invalid):
            one_time.check("student:1", "verify", wrong)
    with pytest.raises(Invalid):
        one_time.check("student:1", "verify", code)


@pytest.mark.rule("ACC-05")
def test_codes_are_a_minute_apart_and_ten_a_day(cast):
    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    with pytest.raises(Refused):
        one_time.send("student:1", "verify", mail.SMS, "13800000001")
    for _n in range(9):
        make.pass_time(seconds=61)
        one_time.send("student:1", "verify", mail.SMS, "13800000001")
    make.pass_time(seconds=61)
    with pytest.raises(Refused) as refusal:
        one_time.send("student:1", "other", mail.SMS, "13800000001")
    assert "2026-11-2" in str(refusal.value)  # it says from when it is possible again


@pytest.mark.rule("ACC-05")
def test_a_code_is_stored_hashed(cast):
    from app.accounts.models import OneTimeCode

    one_time.send("student:1", "verify", mail.SMS, "13800000001")
    code = last_code().encode()
    row = db.session.scalars(select(OneTimeCode).order_by(OneTimeCode.id.desc())).first()
    assert code not in row.digest
    assert len(row.digest) == 32


@pytest.mark.rule("ACC-09", "ACC-03")
def test_a_forgotten_password_is_set_by_code_over_http(cast, user, client):
    user.email = "known@example.com"
    page = client.post("/password/forgotten", data={"who": user.username})
    assert page.status_code == 302
    make.worker_answers_resets()
    new = {"code": last_code(), "password": "Another-horse-8", "again": "Another-horse-8"}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"
    assert workflow.signed_in(user.username, "", "Another-horse-8", "10.0.0.9").id == user.id


@pytest.mark.rule("ACC-09")
def test_forgotten_tells_a_stranger_nothing(cast, client):
    known = client.post("/password/forgotten", data={"who": "officer"})
    unknown = client.post("/password/forgotten", data={"who": "nobody"})
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_sign_in_never_leads_to_another_host(cast, client, target):
    cast.officer.password = passwords.hashed(RIGHT)
    db.session.commit()
    page = client.post(f"/login/?next={target}", data={"who": "officer", "password": RIGHT})
    assert page.headers["Location"] in ("/", "http://localhost/")


def ask(client, who, address="10.1.1.1"):
    """Ask for the code of a forgotten password; the status and what the cookie keeps."""
    origin = {"REMOTE_ADDR": address}
    status = client.post("/password/forgotten", data={"who": who}, environ_base=origin).status_code
    with client.session_transaction() as cookie:
        return status, cookie.get("reset")


@pytest.mark.rule("ACC-09")
def test_the_cookie_of_a_reset_does_not_say_whether_there_is_an_account(client, user):
    kept = [ask(client, who)[1] for who in (user.username, "nobody", user.username, "nobody")]
    assert len(set(kept)) == 4
    assert len({len(value) for value in kept}) == 1
    assert sessions.opened_for_reset(kept[0]).id == user.id
    for other in (kept[1], 0, user.id, "", "zz", "00"):
        assert sessions.opened_for_reset(other) is None


@pytest.mark.rule("ACC-09")
def test_a_wrong_code_is_answered_alike_whoever_it_is_for(client, user, cast):
    told = []
    for who, password in (
        (user, "short"),
        (user, RIGHT),
        (None, "short"),
        (None, RIGHT),
        (make.account(cast.classmate), RIGHT),
    ):
        if who is user and not told:
            resetting.send_reset(user)
            code = last_code()
        with pytest.raises(Invalid) as error:
            resetting.reset(who, f"{(int(code) + 1) % 10**6:06d}", password, RIGHT)
        told.append(error.value.problems)
    assert all(problems == told[0] for problems in told)
    for password, again in (("short", "short"), (RIGHT, "Another-horse-8")):
        with pytest.raises(Invalid) as error:
            resetting.reset(user, code, password, again)
        assert error.value.problems[0][0] in ("password", "again")
    resetting.reset(user, code, "Another-horse-8", "Another-horse-8")
    assert workflow.signed_in(user.username, "", "Another-horse-8", "10.0.0.9").id == user.id


SCHOOL_MISSING = "用学号登录还须选择学校"


@pytest.mark.rule("ACC-03")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2023000002", True),  # a student number, of somebody or of nobody: its looks decide
        ("U202312345", True),
        ("13800000001", False),
        ("999999200001010014", False),
        ("someone@example.com", False),
        ("employer1", False),
    ],
)
def test_a_student_number_without_a_school_reads_what_is_missing(cast, client, typed, said):
    page = client.get("/login/").get_data(as_text=True)
    assert SCHOOL_MISSING not in page
    answer = client.post("/login/", data={"who": typed, "password": "wrong-Wrong-1"})
    assert answer.status_code == 422
    assert (SCHOOL_MISSING in answer.get_data(as_text=True)) is said
    form = {"who": typed, "password": "wrong-Wrong-1", "school": cast.school.code}
    assert SCHOOL_MISSING not in client.post("/login/", data=form).get_data(as_text=True)
