"""Many tries at one moment, every field varied: what is checked stays bounded; the same work whoever it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Lock

import pytest

from app.accounts import (
    attempts,
    code_budgets,
    identifiers,
    one_time,
    passwords,
    resetting,
    workflow,
)
from app.core import mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from tests import factories as make
from tests import real
from tests.cast import Cast
from tests.databases import furnished

RIGHT = "Correct-horse-7"
AT_ONCE, EACH = 40, 4


@pytest.fixture(scope="module")
def installation(server, tmp_path_factory):
    """A database of its own with real commits."""
    with real.installation(furnished(server, "tries"), tmp_path_factory.mktemp("tries")) as app:
        yield app


def together(app, act) -> list:
    """What each of forty ended with that began at one moment."""
    start = Barrier(AT_ONCE)

    def run(n: int):
        with app.test_request_context(environ_base={"REMOTE_ADDR": f"10.0.{n}.1"}):
            start.wait()
            try:
                return [act(n, m) for m in range(EACH)]
            finally:
                db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [end for ends in pool.map(run, range(AT_ONCE)) for end in ends]


@pytest.mark.rule("ACC-09")
def test_s07_forty_at_once_with_every_field_varied_check_no_more_passwords(
    installation, monkeypatch
):
    """School, spelling, identifier, address and browser change with each try: the account is one."""
    with installation.app_context():
        cast = Cast.load()
        user = make.account(cast.student)
        user.password = passwords.hashed(RIGHT)
        for kind, value in (("phone", cast.student.phone), ("id_number", cast.student.id_number)):
            identifiers.identify(user, kind, value)
        db.session.commit()
        typed = [
            cast.student.phone,
            cast.student.id_number,
            user.username,
            f" {cast.student.phone} ",
            cast.student.phone.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        ]
    seen, lock = [], Lock()

    def counted(stored, password):
        with lock:
            seen.append(password)
        return False

    monkeypatch.setattr(passwords, "matches", counted)

    def attempt(n: int, m: int) -> str:
        try:
            workflow.signed_in(
                typed[(n + m) % 5], f"school {n}{m}", f"guess {n}{m}", f"10.0.{n}.{m}"
            )
        except (Invalid, Refused) as error:
            return type(error).__name__
        return "in"

    ends = together(installation, attempt)
    assert len(ends) == AT_ONCE * EACH
    assert set(ends) == {"Invalid", "Refused"}
    assert len(seen) == attempts.ANYWHERE.most
    seen.clear()

    def from_one_address(n: int, m: int) -> str:
        try:
            workflow.signed_in(f"nobody {m}", f"{n}", "guess", "10.9.9.9")
        except (Invalid, Refused) as error:
            return type(error).__name__
        return "in"

    together(installation, from_one_address)
    assert len(seen) <= min(attempts.ADDRESS.most, EACH * attempts.HERE.most)


@pytest.mark.rule("ACC-05")
def test_forty_wrong_codes_at_once_are_five_tries(installation):
    with installation.app_context():
        one_time.send("user:1", "many", mail.SMS, "13800007777")

    def attempt(n: int, m: int) -> str:
        try:
            one_time.check("user:1", "many", f"{n * EACH + m:06d}")
        except Invalid as error:
            return error.problems[0][1]
        return "in"

    ends = together(installation, attempt)
    with installation.app_context():
        row = db.session.query(one_time.OneTimeCode).filter_by(purpose="many").one()
        assert (
            row.tries == code_budgets.TRIES or "in" in ends
        )  # or somebody guessed one in a million
    assert len({end for end in ends if end != "in"}) == 2  # wrong, and too many wrong tries


@pytest.fixture
def work(query_count, monkeypatch):
    """Statements and password checks of an act, however it ends."""

    def measured(act) -> tuple[list[str], int]:
        checks, real_one = [], passwords.matches
        monkeypatch.setattr(passwords, "matches", lambda *two: checks.append(1) or real_one(*two))
        with query_count() as seen, suppress(Invalid, Refused):
            act()
        monkeypatch.setattr(passwords, "matches", real_one)
        return [" ".join(statement.split()[:4]) for statement in seen], len(checks)

    return measured


@pytest.fixture
def people(cast):
    """What is typed: an account, one without a password, one switched off, none."""
    user, empty, off = (make.account(s) for s in (cast.student, cast.classmate, cast.neighbour))
    user.password, empty.password, off.password = (
        passwords.hashed(RIGHT),
        None,
        passwords.hashed(RIGHT),
    )
    off.active = False
    db.session.commit()
    return [user.username, empty.username, off.username, "nobody-at-all"]


@pytest.mark.rule("ACC-09")
def test_sign_in_does_the_same_work_whether_there_is_an_account_or_not(work, people):
    done = [
        work(lambda who=who: workflow.signed_in(who, "", "wrong", "10.0.0.1")) for who in people
    ]
    assert all(each == done[-1] for each in done), done
    assert done[0][1] == 1


@pytest.mark.rule("ACC-09")
def test_forgotten_does_the_same_work_and_leaves_the_rest_to_the_worker(work, people):
    done = [
        work(lambda who=who: resetting.ask_reset(who, "", "10.0.0.1", "password:x"))
        for who in people
    ]
    assert all(each == done[-1] for each in done), done
    assert not any("one_time_code" in statement for statement in done[0][0])
