"""The thief, his victim and the letter he wants to sign."""

from __future__ import annotations

import pytest

from app.accounts.identifiers import identify
from app.core.db import db
from tests import factories as make
from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.people.contacts.thief import Thief


@pytest.fixture
def thief(cast, client):
    return Thief(client, cast.school.code)


@pytest.fixture
def victim(cast):
    """A student who has signed in before, with an invitation past its cooling-off."""
    user = make.account(cast.student)
    user.password = "x"
    identify(user, "phone", cast.student.phone)
    identify(user, "student_no", "A1", cast.school.code)
    db.session.commit()
    return cast.student


@pytest.fixture
def letter(cast, victim):
    found = make.invite(cast.employer, victim)[0]
    make.pass_time(hours=2)
    return found
