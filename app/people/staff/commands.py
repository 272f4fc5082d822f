"""`flask --app run staff …`: the way on the server where no second administrator exists yet (S-12).

Whoever has the server's shell has everything; each command still leaves its row in trail and log,
and tells the person.
"""

from __future__ import annotations

import getpass
import secrets
from typing import Any

import click
from flask.cli import AppGroup

from app.accounts import factors, identifiers, living_sessions, passwords
from app.accounts.models import AppUser
from app.accounts.workflow import trace
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.people.staff import checks, effects
from app.people.staff.notices import post
from app.workflow.actor import ADMINISTRATORS, Actor, Role
from app.workflow.engine import committed

staff = AppGroup("staff", help="Accounts of administrators, from the server's shell.")
FIRST = (
    ("admin", Role.ADMIN, "系统管理员"),
    ("security", Role.SECURITY, "安全管理员"),
    ("audit", Role.AUDIT, "审计管理员"),
)


def shell() -> Actor:
    """Who acts: the shell of the server, with the name of its user."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        who = "?"
    return Actor(Role.SYSTEM, name=f"shell: {who}"[:120])


def one_time() -> str:
    """A password to be changed at the first sign-in."""
    return "-".join(secrets.token_hex(2) for _part in range(4))


def first_administrators() -> list[tuple[str, str]]:
    """Make the three accounts of an empty installation, and commit; names and one-time codes."""
    made = []
    for username, role, name in FIRST:
        if not identifiers.username_taken(username):
            facts = _facts(role, name, f"{username}@invalid")
            made.append((username, _with_code(effects.open_account(username, facts, shell()))))
    db.session.commit()
    return made


def _facts(role: Role, name: str, email: str) -> dict[str, object]:
    return {"name": name, "email": email, "role": role.value, "school_id": None, "college_id": None}


def _with_code(user: AppUser) -> str:
    code = one_time()
    user.password, user.must_change_password = passwords.hashed(code), True
    return code


@staff.command("open")
@click.argument("username")
@click.option("--role", type=click.Choice([r.value for r in sorted(ADMINISTRATORS)]), required=True)
@click.option("--name", required=True, help="The person's name.")
@click.option("--email", required=True, help="Where the person is told.")
def open_command(username: str, role: str, name: str, email: str) -> None:
    """Make an administrator's account; its one-time code is printed once."""
    username = username.lower()
    if not checks.is_username(username):
        raise click.ClickException("a user name has 3 to 32 letters, digits, dots or hyphens")

    def act() -> str:
        user = effects.open_account(username, _facts(Role(role), name, email.lower()), shell())
        return _with_code(user)

    code = _done(act)
    click.echo(f"\n  {username} ({role}): one-time code  {code}\n")


@staff.command("reset-factor")
@click.argument("username")
@click.option("--reason", required=True)
def reset_factor_command(username: str, reason: str) -> None:
    """Take a lost second factor away; the person is told and signed out."""
    user = _account(username)

    def act() -> None:
        factors.reset(user, shell())
        living_sessions.end_all_sessions(user.id)
        trace(user, "reset_factor", shell(), {"reason": reason[:200]})
        _tell(user, f"Second factor reset on the server: {reason[:200]}")

    _done(act)
    click.echo(f"{user.username} has no second factor any more and is signed out")


@staff.command("reset-password")
@click.argument("username")
@click.option("--reason", required=True)
def reset_password_command(username: str, reason: str) -> None:
    """Give an administrator a one-time code in place of the password."""
    user = _account(username)

    def act() -> str:
        effects.forget_password(user, shell(), reason=reason[:200])
        _tell(user, f"Password reset on the server: {reason[:200]}")
        return _with_code(user)

    code = _done(act)
    click.echo(f"\n  {user.username}: one-time code  {code}\n")


def _account(username: str) -> AppUser:
    user = effects.account_named(username)
    if user is None or user.role not in ADMINISTRATORS:
        raise click.ClickException(f"no administrator is called {username}")
    return user


def _tell(user: AppUser, text: str) -> None:
    post(
        user,
        f"shell:{user.id}:{secrets.token_hex(6)}",
        "青签：服务器上更改了您的账号 / Your account was changed on the server",
        text,
    )


def _done(act: Any) -> Any:
    try:
        return committed(act)
    except (Invalid, Refused) as refusal:
        raise click.ClickException(str(refusal)) from refusal
