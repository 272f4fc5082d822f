"""The first administrators, and the way on the server's shell where no second person exists (S-12)."""

from __future__ import annotations

import re

import pytest

from app.accounts import passwords
from app.accounts.factor_models import CodeApp
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.people.staff.commands import first_administrators
from app.workflow import trail


def run(app, *words: str):
    """A command as it is typed; all share the test's transaction."""
    return app.test_cli_runner().invoke(args=["staff", *words])


def named(username: str) -> AppUser:
    return db.session.query(AppUser).filter_by(username=username).one()


@pytest.mark.rule("ADM-01", "ACC-02")
def test_an_empty_installation_gets_three_people_with_three_codes(cast):
    for user, name in ((cast.admin, "a1"), (cast.security, "s1"), (cast.audit, "x1")):
        user.username = name
    db.session.commit()
    made = dict(first_administrators())
    assert list(made) == ["admin", "security", "audit"]
    assert len(set(made.values())) == 3
    for username, code in made.items():
        user = named(username)
        assert passwords.matches(user.password, code)
        assert user.must_change_password
        assert [row.step for row in trail.of("account", user.id)] == ["open"]


@pytest.mark.rule("ADM-01", "ACC-02")
def test_the_shell_makes_the_missing_administrator_and_leaves_its_trail(app, cast):
    done = run(
        app, "open", "Li.Wei", "--role", "security", "--name", "李伟", "--email", "lw@example.com"
    )
    assert done.exit_code == 0, done.output
    user = named("li.wei")
    code = re.search(r"one-time code\s+(\S+)", done.output).group(1)
    assert passwords.matches(user.password, code)
    [row] = trail.of("account", user.id)
    assert row.actor_name.startswith("shell: ")
    assert db.session.query(SecurityEvent).filter_by(user_id=user.id).count() == 1


@pytest.mark.parametrize("role", ["school", "college", "data", "province", "student"])
@pytest.mark.rule("ADM-01", "ACC-02")
def test_the_shell_makes_administrators_only(app, cast, role):
    done = run(app, "open", "li.wei", "--role", role, "--name", "李伟", "--email", "lw@example.com")
    assert done.exit_code != 0
    assert db.session.query(AppUser).filter_by(username="li.wei").count() == 0


@pytest.mark.rule("CHN-09", "ADM-01", "ACC-02")
def test_the_only_security_administrator_gets_back_in_by_the_shell_and_is_told(app, cast):
    db.session.add(
        CodeApp(user_id=cast.security.id, secret=b"x", last_step=0, created_at=clock.now())
    )
    db.session.commit()
    done = run(app, "reset-factor", "security", "--reason", "phone lost")
    assert done.exit_code == 0, done.output
    assert db.session.get(CodeApp, cast.security.id) is None
    assert db.session.query(Message).filter_by(user_id=cast.security.id).count() == 1
    assert trail.of("account", cast.security.id)[-1].details["reason"] == "phone lost"
    done = run(app, "reset-password", "security", "--reason", "forgotten")
    assert passwords.matches(cast.security.password, done.output.split()[-1])


@pytest.mark.rule("ADM-01", "ACC-02")
def test_the_shell_touches_no_account_of_a_school(app, cast):
    for command in ("reset-factor", "reset-password"):
        assert run(app, command, "officer", "--reason", "x").exit_code != 0
    assert trail.of("account", cast.officer.id) == []
