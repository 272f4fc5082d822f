"""A student's account with a password and everything it can be named by."""

from __future__ import annotations

import pytest

from app.accounts import passwords, queries
from app.core.db import db
from tests import factories as make

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
        queries.identify(found, kind, value)
    db.session.commit()
    return found
