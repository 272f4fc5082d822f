"""Wrong passwords: counted by account and address, before they are looked at; no address is locked."""

from __future__ import annotations

import hashlib
import time

import pytest
from sqlalchemy import select

from app.accounts import attempts, passwords, puzzle, workflow
from app.accounts.log_models import SecurityEvent
from app.core.db import db
from app.core.errors import Invalid, Refused
from tests import factories as make
from tests.accounts.conftest import RIGHT


@pytest.fixture
def checked(monkeypatch):
    """Every password that was really checked."""
    seen, real = [], passwords.matches
    monkeypatch.setattr(
        passwords, "matches", lambda stored, typed: seen.append(typed) or real(stored, typed)
    )
    return seen


def tries(client, **data):
    return client.post("/login/", data={"password": "wrong", **data})


def outcome(who: str, school: str, password: str, address: str, **more) -> str:
    try:
        return workflow.signed_in(who, school, password, address, **more).username
    except (Invalid, Refused) as error:
        return type(error).__name__


@pytest.mark.rule("ACC-09")
def test_s07_neither_school_nor_identifier_makes_a_new_budget(cast, user, checked):
    """The attack: 150 wrong passwords without a lock, by posting another school each time."""
    typed = [
        user.username,
        cast.student.phone,
        cast.student.id_number,
        user.email,
        cast.student.student_no,
    ]
    for n in range(60):
        school = cast.school.code if n % 5 == 4 else f"school {n}"
        outcome(typed[n % 5], school, "wrong", "10.0.0.1")
    assert len(checked) <= attempts.HERE.most
    assert outcome(user.username, "", RIGHT, "10.0.0.1", solved=True) == "Refused"


@pytest.mark.rule("ACC-09")
def test_s07_an_account_has_one_budget_over_all_addresses(user, checked):
    for n in range(2 * attempts.ANYWHERE.most):
        outcome(user.username, "", "wrong", f"10.0.{n}.1")
    assert len(checked) == attempts.ANYWHERE.most


@pytest.mark.rule("ACC-09")
def test_s07_an_unknown_account_is_answered_and_counted_alike(user):
    told = {
        who: [outcome(who, str(n), "wrong", "10.0.0.1") for n in range(8)]
        for who in (user.username, "nobody-at-all")
    }
    assert told[user.username] == told["nobody-at-all"] == ["Invalid"] * 5 + ["Refused"] * 3


@pytest.mark.rule("ACC-09")
def test_s08_right_passwords_sign_in_from_an_address_from_which_much_goes_wrong(cast, client, user):
    """The attack: 300 wrong tries lock a whole dormitory for 15 minutes, right passwords included."""
    for n in range(120):
        outcome(f"nobody{n}", "", "wrong", "127.0.0.1")
    page = client.post("/login/", data={"who": user.username, "password": RIGHT})
    assert page.status_code == 422  # a sum is asked for, nothing is locked
    token = page.text.split('name="puzzle" value="')[1].split('"')[0]
    data = {"who": user.username, "password": RIGHT, "puzzle": token, "answer": solution(token)}
    assert client.post("/login/", data=data).status_code == 302


@pytest.mark.rule("ACC-09")
def test_s08_without_script_waiting_does_instead_of_the_sum(client, user):
    for n in range(60):
        outcome(f"nobody{n}", "", "wrong", "127.0.0.1")
    data = {"who": user.username, "password": RIGHT, "answer": ""}
    token = client.get("/login/").text.split('name="puzzle" value="')[1].split('"')[0]
    assert client.post("/login/", data={**data, "puzzle": token}).status_code == 422
    make.pass_time(seconds=21)
    assert client.post("/login/", data={**data, "puzzle": token}).status_code == 302


@pytest.mark.rule("ACC-09")
def test_a_sum_is_good_once_for_its_address_and_not_for_long(session):
    token = puzzle.new("10.0.0.1", 1).token
    answer = solution(token)
    assert not puzzle.solved("10.0.0.2", token, answer)
    assert not puzzle.solved("10.0.0.1", token, answer + "0")
    for forged in ("", "1.2.3.4", token[:-1] + "x", token.replace(".13.", ".1."), "\x00"):
        assert not puzzle.solved("10.0.0.1", forged, answer)
    assert puzzle.solved("10.0.0.1", token, answer)
    assert not puzzle.solved("10.0.0.1", token, answer)
    old = puzzle.new("10.0.0.1", 1).token
    make.pass_time(minutes=11)
    assert not puzzle.solved("10.0.0.1", old, solution(old))


@pytest.mark.rule("ACC-09")
def test_a_sum_gets_harder_the_more_goes_wrong_but_stays_a_matter_of_seconds(session):
    bits = [puzzle.new("10.0.0.1", excess).bits for excess in (1, 5, 20, 10**6)]
    assert bits == sorted(set(bits))
    assert (bits[0], bits[-1]) == (puzzle.EASIEST, puzzle.HARDEST)


@pytest.mark.rule("ACC-09")
def test_a_strangers_wrong_tries_do_not_lock_out_the_browser_that_knows_the_account(
    app, client, user
):
    assert client.post("/login/", data={"who": user.username, "password": RIGHT}).status_code == 302
    client.post("/logout")
    stranger = app.test_client()
    for _n in range(40):
        tries(stranger, who=user.username)
    assert (
        stranger.post("/login/", data={"who": user.username, "password": RIGHT}).status_code == 422
    )
    assert client.post("/login/", data={"who": user.username, "password": RIGHT}).status_code == 302


@pytest.mark.rule("ACC-09")
def test_a_browser_that_knows_the_account_has_a_budget_too(client, user, checked):
    client.post("/login/", data={"who": user.username, "password": RIGHT})
    client.post("/logout")
    for _n in range(30):
        tries(client, who=user.username)
    assert len(checked) == 1 + attempts.OWN.most


@pytest.mark.rule("ACC-09")
def test_the_device_of_one_account_is_a_stranger_to_another(app, cast, client, user, checked):
    """A classmate's browser gets no second budget for this account."""
    other = make.account(cast.classmate)
    other.password = passwords.hashed(RIGHT)
    db.session.commit()
    assert (
        client.post("/login/", data={"who": other.username, "password": RIGHT}).status_code == 302
    )
    client.post("/logout")
    checked.clear()
    for _n in range(30):
        tries(client, who=user.username)
    assert len(checked) == attempts.HERE.most


@pytest.mark.rule("ACC-09")
def test_a_new_password_by_code_opens_an_account_that_strangers_had_locked(user):
    for n in range(40):
        outcome(user.username, "", "wrong", f"10.0.{n}.1")
    assert outcome(user.username, "", RIGHT, "10.1.1.1") == "Refused"
    attempts.forget(user)
    assert outcome(user.username, "", RIGHT, "10.1.1.1") == user.username


@pytest.mark.rule("ACC-09")
def test_s18_the_old_password_cannot_be_guessed_without_limit(user, checked):
    for _n in range(attempts.OLD_PASSWORD.most):
        with pytest.raises(Invalid):
            workflow.change_password(user, "wrong", "Another-horse-8", "Another-horse-8")
    with pytest.raises(Refused):
        workflow.change_password(user, RIGHT, "Another-horse-8", "Another-horse-8")
    assert len(checked) == attempts.OLD_PASSWORD.most


@pytest.mark.rule("ACC-09")
def test_failures_and_locks_stand_in_the_security_log_with_their_reason(user):
    for who, password in ((user.username, "wrong"), ("nobody", "wrong")):
        outcome(who, "", password, "10.0.0.1")
    for _n in range(5):
        outcome(user.username, "", "wrong", "10.0.0.1")
    rows = db.session.execute(
        select(SecurityEvent.outcome, SecurityEvent.details["reason"].astext, SecurityEvent.user_id)
        .where(SecurityEvent.event == "sign_in")
        .order_by(SecurityEvent.id)
    ).all()
    assert [tuple(row) for row in rows[:2]] == [
        ("failed", "password", user.id),
        ("failed", "account", None),
    ]
    assert tuple(rows[-1]) == ("denied", "locked", user.id)


# -- passwords ---------------------------------------------------------------------------------------


@pytest.mark.rule("ACC-09")
@pytest.mark.parametrize(
    "weak",
    [
        "password123",
        "Password123!",
        "qwerty12345",
        "woaini1314",
        "p@ssw0rd123",
        "abc1234567890",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "Qq1234567890",
        "iloveyou1314520",
        "1234567890a",
        "short1",
    ],
)
def test_s18_what_everybody_tries_first_is_refused(session, weak):
    assert passwords.weakness(weak)


@pytest.mark.rule("ACC-09")
@pytest.mark.parametrize(
    "strong",
    [
        "correct horse battery",
        "春眠不觉晓处处闻啼鸟夜来风雨声",
        "我爱珞珈山的樱花和东湖的晚风吹",
        "Correct-horse-7",
        "dormitory4window",
    ],
)
def test_s18_pass_phrases_need_no_digits_in_any_language(session, strong):
    assert passwords.weakness(strong) is None


@pytest.mark.rule("ACC-09")
def test_far_more_than_three_thousand_common_passwords_are_known(session):
    assert len(passwords._common()) > 30_000


def solution(token: str) -> str:
    """What app.js does."""
    bits, until = int(token.split(".")[1]), time.monotonic() + 30
    for number in range(2**24):
        digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return str(number)
        assert time.monotonic() < until
    raise AssertionError(token)
