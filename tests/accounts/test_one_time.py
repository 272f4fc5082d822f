"""One-time codes: budgets that cannot use each other up, a life that counts from sending, what is read."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import (
    code_budgets,
    code_voiding,
    identifiers,
    one_time,
    passwords,
    workflow,
)
from app.accounts.code_budgets import Pool
from app.accounts.models import OneTimeCode
from app.core import jobs, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from tests import factories as make

PHONE = "13800000001"
RIGHT = "Correct-horse-7"


def newest() -> str:
    message = db.session.scalars(select(mail.Message).order_by(mail.Message.id.desc())).first()
    return re.search(r"\d{6}", message.body).group()


def codes(pool: Pool) -> int:
    return db.session.query(OneTimeCode).filter_by(pool=pool).count()


def send(owner: str = "student:1", purpose: str = "verify", **more) -> str:
    one_time.send(owner, purpose, mail.SMS, PHONE, **more)
    return newest()


def refusal(code: str) -> str:
    with pytest.raises(Invalid) as error:
        one_time.check("student:1", "verify", code)
    return error.value.problems[0][1]


@pytest.fixture
def user(cast):
    found = make.account(cast.student)
    found.password = passwords.hashed(RIGHT)
    identifiers.identify(found, "phone", cast.student.phone)
    db.session.commit()
    return found


# -- S-05: an anonymous request uses up nothing that a signed-in person needs ------------------------


def forgets(client, who: str, address: str) -> int:
    page = client.post(
        "/password/forgotten", data={"who": who}, environ_base={"REMOTE_ADDR": address}
    )
    make.worker_answers_resets()
    return page.status_code


@pytest.mark.rule("ACC-05", "ACC-10")
def test_s05_strangers_asking_for_the_password_leave_the_owner_its_codes(cast, client, user):
    """The attack: ten «forgotten password» from anywhere, and the student cannot sign for a day."""
    for n in range(20):
        assert forgets(client, cast.student.phone, f"10.9.0.{n}") == 302
        make.pass_time(seconds=61)
    phone = cast.student.phone
    for pool in (Pool.ACT, Pool.FIRST, Pool.CONTACT):
        one_time.send(f"user:{user.id}", f"for {pool}", mail.SMS, phone, pool=pool)
    assert codes(Pool.RESET) == code_budgets.PER_DAY  # nobody bombs a phone either


@pytest.mark.rule("ACC-05", "ACC-09")
def test_s05_a_browser_that_knows_the_account_still_gets_its_code(cast, client, user):
    home = {"REMOTE_ADDR": "10.1.0.1"}
    client.post("/login/", data={"who": user.username, "password": RIGHT}, environ_base=home)
    client.post("/logout", environ_base=home)
    strange = client.application.test_client()
    for n in range(code_budgets.PER_DAY + 5):
        forgets(strange, cast.student.phone, f"10.9.0.{n}")
        make.pass_time(seconds=61)
    before = codes(Pool.RESET)
    forgets(client, cast.student.phone, "10.9.0.1")
    assert codes(Pool.RESET) == before + 1
    new = {"code": newest(), "password": "Another-horse-8", "again": "Another-horse-8"}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"


@pytest.mark.rule("ACC-05", "ACC-09")
def test_s05_one_address_waits_twice_as_long_each_time_and_another_does_not_wait_for_it(
    cast, client, user
):
    for wait, more in ((0, 1), (61, 1), (61, 0), (61, 1), (121, 0), (121, 1)):
        make.pass_time(seconds=wait)
        before = codes(Pool.RESET)
        forgets(client, cast.student.phone, "10.9.0.1")
        assert codes(Pool.RESET) - before == more
    before = codes(Pool.RESET)
    forgets(client, cast.student.phone, "10.9.0.2")
    assert codes(Pool.RESET) == before + 1


@pytest.mark.rule("ACC-09")
def test_a_strangers_wrong_codes_do_not_use_up_the_code_of_another_browser(cast, app, client, user):
    forgets(client, cast.student.phone, "10.1.0.1")
    code = newest()
    stranger = app.test_client()
    forgets(stranger, cast.student.phone, "10.9.0.1")
    for n in range(10):
        wrong = {"code": f"{n:06d}", "password": "Another-horse-8", "again": "Another-horse-8"}
        stranger.post("/password/reset", data=wrong)
    new = {"code": code, "password": "Another-horse-8", "again": "Another-horse-8"}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"


@pytest.mark.rule("ACC-09")
def test_asked_again_in_one_browser_the_code_stays_good(cast, client, user):
    forgets(client, cast.student.phone, "10.1.0.1")
    code = newest()
    forgets(client, cast.student.phone, "10.1.0.1")  # too early: nothing is sent, nothing is said
    new = {"code": code, "password": "Another-horse-8", "again": "Another-horse-8"}
    assert client.post("/password/reset", data=new).headers["Location"] == "/login/"


@pytest.mark.rule("ACC-05")
def test_who_shares_a_phone_always_keeps_some_codes(cast):
    for n in range(code_budgets.PER_DAY):
        send("student:1", f"a{n}")
    for n in range(code_budgets.RESERVED):
        send("student:2", f"a{n}")
    with pytest.raises(Refused):
        send("student:2", "one more")


# -- F-21: a lock for each purpose -------------------------------------------------------------------


@pytest.mark.rule("ACC-05")
def test_f21_a_code_for_one_purpose_does_not_wait_for_that_of_another(cast):
    send(purpose="verify", pool=Pool.FIRST)
    send(purpose="invitation:1:accept", pool=Pool.ACT)
    send(purpose="invitation:2:accept", pool=Pool.ACT)
    with pytest.raises(Refused):
        send(purpose="invitation:2:accept", pool=Pool.ACT)


# -- S-06: life counts from sending ------------------------------------------------------------------


@pytest.mark.rule("ACC-05")
def test_s06_a_code_lives_from_when_it_was_sent(cast):
    code = send()
    make.pass_time(minutes=7)  # behind imports
    make.sent()
    make.pass_time(minutes=4)
    assert one_time.check("student:1", "verify", code) == mail.SMS


@pytest.mark.rule("ACC-05")
def test_s06_it_dies_five_minutes_after_it_was_sent(cast):
    code = send()
    make.pass_time(minutes=7)
    make.sent()
    make.pass_time(minutes=5, seconds=1)
    assert "已过期" in refusal(code)


@pytest.mark.rule("ACC-05")
def test_s06_a_code_on_its_way_says_so_and_the_one_before_no_longer_counts(cast):
    old = send()
    make.sent()
    make.pass_time(seconds=61)
    new = send()
    assert old == new or "还在发送中" in refusal(old)
    one_time.check("student:1", "verify", new)


@pytest.mark.rule("ACC-05")
def test_s06_what_waited_too_long_says_so_is_not_sent_and_can_be_asked_for_again(cast):
    code = send()
    make.pass_time(minutes=31)
    assert "未能发出" in refusal(code)
    make.sent()
    late = db.session.scalars(select(mail.Message).order_by(mail.Message.id.desc())).first()
    assert (late.sent_at, late.fate) == (None, "given_up")
    one_time.check("student:1", "verify", send())


@pytest.mark.rule("ACC-05")
def test_a_code_that_was_asked_for_anew_is_not_sent_any_more(cast):
    send()
    make.pass_time(seconds=61)
    send()
    make.sent()
    fates = [
        m.fate for m in db.session.query(mail.Message).order_by(mail.Message.id.desc()).limit(2)
    ]
    assert fates == ["sent", "given_up"]


@pytest.mark.rule("ACC-05", "NTF-02")
def test_codes_go_by_the_urgent_queue_before_everything_else(cast):
    send()
    job = db.text("SELECT queue_name, priority FROM procrastinate_jobs ORDER BY id DESC LIMIT 1")
    assert tuple(db.session.execute(job).one()) == (jobs.URGENT, 100)
    others = [t for t in jobs.queue.tasks.values() if t.queue != jobs.URGENT]
    highest = max(task.priority for task in others if not task.name.startswith("tests."))
    assert highest < 100


# -- S-18: what is read, what is a try ---------------------------------------------------------------


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    "form",
    [
        "{wide}",
        " {code} ",
        "{spaced}",
        "验证码：{code}。",
        "【青签】您的验证码为{code},5分钟内有效",
        "{dashed}",
        "\u200b{code}\u200b",
    ],
)
def test_s18_a_code_is_read_however_it_is_typed_or_pasted(cast, form):
    code = send()
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    typed = form.format(
        code=code, wide=wide, spaced=f"{code[:3]} {code[3:]}", dashed=f"{code[:3]}-{code[3:]}"
    )
    assert one_time.check("student:1", "verify", typed) == mail.SMS


@pytest.mark.rule("ACC-05")
def test_s18_what_is_no_code_is_no_wrong_try(cast):
    code = send()
    for typed in ("", "12345", "1234567", "abcdef", "123456 654321", "１２３", "x" * 500):
        with pytest.raises(Invalid):
            one_time.check("student:1", "verify", typed)
    assert db.session.query(OneTimeCode).order_by(OneTimeCode.id.desc()).first().tries == 0
    one_time.check("student:1", "verify", code)


@pytest.mark.rule("ACC-05")
def test_f21_used_too_old_wrong_and_never_asked_are_told_apart(cast):
    said = [refusal("000000")]
    code = send()
    said.append(refusal(f"{(int(code) + 1) % 10**6:06d}") if make.sent() is None else "")
    one_time.check("student:1", "verify", code)
    db.session.commit()
    said.append(refusal(code))
    make.pass_time(seconds=61)
    code = send()
    make.sent()
    make.pass_time(minutes=6)
    said.append(refusal(code))
    code = send()
    for n in range(code_budgets.TRIES):
        refusal(f"{(int(code) + 1 + n) % 10**6:06d}")
    said.append(refusal(code))
    assert len(set(said)) == 5
    assert "已用过" in said[2]


@pytest.mark.rule("ACC-15")
def test_a_voided_code_proves_nothing_even_if_it_was_used_before(cast, user, app):
    phone = cast.student.phone
    one_time.send(f"user:{user.id}", "password", mail.SMS, phone, pool=Pool.RESET)
    day = workflow.attempts.DAY
    with app.test_request_context():  # a proof is a browser's
        one_time.check(f"user:{user.id}", "password", newest())
        assert code_budgets.proved_lately(f"user:{user.id}", Pool.RESET, phone, day)
        assert not code_budgets.proved_lately(f"user:{user.id}", Pool.RESET, "13800009999", day)
        code_voiding.void(f"user:{user.id}")
        assert not code_budgets.proved_lately(f"user:{user.id}", Pool.RESET, phone, day)
