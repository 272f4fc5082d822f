"""A student's account with a password and everything it can be named by; browsers with a code app or a passkey."""

from __future__ import annotations

import re

import pytest

from app.accounts import identifiers, passwords
from app.core.db import db
from tests import factories as make
from tests.accounts.factor_hands import code_now, reads_mail
from tests.soft_key import SoftKey

RIGHT = "Correct-horse-7"


@pytest.fixture
def user(cast):
    """The student's account with a password and every identifier."""
    found = make.account(cast.student)
    found.password = passwords.hashed(RIGHT)
    for kind, value in (
        ("phone", cast.student.phone),
        ("id_number", cast.student.id_number),
        ("email", found.email),
    ):
        identifiers.identify(found, kind, value)
    db.session.commit()
    return found


@pytest.fixture
def required(app):
    """An installation that requires a second factor of its staff."""
    config = app.config["QINGQIAN"]
    config.staff_factor = "required"
    yield
    config.staff_factor = "offered"


@pytest.fixture
def with_app(visit):
    """`with_app(user)`: a browser in which the person has just set up a code app; its secret, the codes."""

    def made(user):
        browser = reads_mail(visit(user))
        page = browser.get("/account/factors/app").text
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")
        done = browser.post("/account/factors/app", data={"code": code_now(secret)})
        return browser, secret, re.findall(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", done.text)

    return made


@pytest.fixture
def with_key(visit):
    """`with_key(user)`: a browser in which the person has just added a passkey."""

    def made(user, key=None):
        key, browser = key or SoftKey(), reads_mail(visit(user))
        options = browser.post("/account/factors/key/options").json
        answer = browser.post(
            "/account/factors/key", data={"answer": key.create(options), "name": "办公室"}
        )
        assert answer.status_code == 200
        return browser, key

    return made
