"""The rules of signing in: who may try how often, what a wrong try costs, setting passwords (ACC-09)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts import holds, one_time, passwords, queries
from app.accounts.hooks import COLLEGE_NAMES, CONTACTS
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.core.text import clean_code
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.models import Trail

QUARTER = timedelta(minutes=15)
WRONG_HERE = Limit("sign-in", 5, QUARTER)  # one identifier from one address
WRONG_ANYWHERE = Limit("sign-in-id", 30, QUARTER)  # one identifier from all addresses
WRONG_ADDRESS = Limit("sign-in-address", 300, QUARTER)  # one address: a campus shares one
FORGOTTEN_HERE = Limit("forgotten-id", 5, QUARTER)  # one identifier from one address
FORGOTTEN_ADDRESS = Limit("forgotten", 300, QUARTER)  # one address: a campus shares one

RESET = "password"


def signed_in(typed: str, school_code: str, password: str, address: str) -> AppUser:
    """The account, when identifier and password are right; failures are counted and committed.

    Raises Refused when locked out, Invalid (field ``who``) otherwise, the same for an unknown
    account and a wrong password. Costs one password check in either case.
    """
    key = clean_code(typed)
    if (
        WRONG_HERE.used_up(key, school_code, address)
        or WRONG_ANYWHERE.used_up(key, school_code)
        or WRONG_ADDRESS.used_up(address)
    ):
        raise Refused(_("Too many wrong tries. Wait 15 minutes, or set a new password by code."))
    user = queries.account_for(typed, school_code)
    if passwords.matches(user.password if user else None, password) and user is not None:
        WRONG_HERE.forget(key, school_code, address)
        user.last_login, user.login_count = clock.local_naive(), (user.login_count or 0) + 1
        db.session.commit()
        return user
    for limit, who in (
        (WRONG_HERE, (key, school_code, address)),
        (WRONG_ANYWHERE, (key, school_code)),
        (WRONG_ADDRESS, (address,)),
    ):
        limit.take(*who)
    raise Invalid([("who", _("Account or password is wrong."))])


def change_password(user: AppUser, old: str, new: str, again: str) -> None:
    """Set a new password after the old one was given; ends every session. Not committed."""
    db.session.refresh(user, with_for_update={"key_share": True})  # none that was taken away counts
    if not passwords.matches(user.password, old):
        raise Invalid([("old", _("This is not your old password."))])
    set_password(user, new, again)


def set_password(user: AppUser, new: str, again: str) -> None:
    """Set a password and sign the account out everywhere. Not committed."""
    problem = passwords.weakness(new, user.username, user.last_name + user.first_name)
    if problem:
        raise Invalid([("password", problem)])
    if new != again:
        raise Invalid([("again", _("The two new passwords differ."))])
    user.password, user.must_change_password = passwords.hashed(new), False
    queries.end_all_sessions(user.id)


def may_ask(typed: str, school_code: str, address: str) -> bool:
    """Whether a code for a forgotten password may be asked for once more; counted and committed."""
    here = FORGOTTEN_HERE.take(clean_code(typed), school_code, address)
    return FORGOTTEN_ADDRESS.take(address) and here


def send_reset(user: AppUser | None) -> None:
    """Send a code to the account's phone or e-mail; silent where there is none, so nothing is told."""
    contact = holds.for_reset(user, contact_of(user)) if user else None
    if user is None or contact is None:
        return
    try:
        one_time.send(f"user:{user.id}", RESET, *contact)
    except Refused:
        db.session.rollback()  # asked too often: the answer stays the same for everybody


def contact_of(user: AppUser) -> tuple[str, str] | None:
    """Where a code reaches the account: (channel, address)."""
    found = CONTACTS.get(Role(user.role or ""))
    if found is not None:
        return found(user)
    return None if user.email.endswith("@invalid") else (mail.MAIL, user.email)


def reset(user: AppUser | None, code: str, new: str, again: str) -> None:
    """Set a new password by code, and commit. Raises Invalid: of a code that is not right one sentence.

    What is wrong with the password is said to whoever has the code; it stays good for another try.
    """
    wrong = Invalid(
        [("code", _("This code is wrong, used up or too old. Check it, or ask for a new one."))]
    )
    if user is None:
        raise wrong
    try:
        one_time.check(f"user:{user.id}", RESET, code)
    except Invalid as error:
        raise wrong from error
    try:
        set_password(user, new, again)
    except Invalid:
        db.session.rollback()
        raise
    db.session.commit()


def switch(user: AppUser, active: bool, actor: Actor) -> None:
    """Let the account sign in, or no longer, and commit; ended sessions are ended at once (ADM-01).

    Raises Refused for one's own account: an installation always keeps an administrator.
    """
    if user.id == actor.user_id:
        raise Refused(_("You cannot switch off your own account."))
    if user.active == active:
        return
    user.active = active
    _trace(user, "activate" if active else "deactivate", actor)
    if not active:
        queries.end_all_sessions(user.id)
    db.session.commit()


def sign_out_everywhere(user: AppUser, actor: Actor) -> None:
    """End every session of the account and commit (ACC-09)."""
    queries.end_all_sessions(user.id)
    _trace(user, "sign_out", actor)
    db.session.commit()


SCOPED = {
    Role.SCHOOL: True,
    Role.COLLEGE: True,
    Role.DATA: None,
    Role.PROVINCE: False,
    Role.ADMIN: False,
}
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


def open_staff(values: Mapping[str, Any], actor: Actor) -> AppUser:
    """Open an account for a member of staff, without a password, and commit (ADM-01).

    `values`: username, name, email, role, school_id, college_id. The person is told by mail how to set
    a password by code. Raises Invalid.
    """
    username = str(values["username"]).lower()
    problems = _scope_problems(values) + _email_problems(values, but=None)
    if not _USERNAME.fullmatch(username):
        problems.append(
            ("username", _("3 to 32 letters, digits, dots or hyphens, a letter first."))
        )
    elif queries.username_taken(username):
        problems.append(("username", _("Another account has this user name.")))
    if problems:
        raise Invalid(problems)
    user = AppUser(username=username, first_name="", active=True, **_staff_facts(values))

    def write() -> None:
        db.session.add(user)
        db.session.flush()
        queries.identify(user, "username", username)
        _trace(user, "open", actor, {"role": user.role, "scope": _scope_of(user)})
        _invite(user)

    committed(write)
    return user


def change_staff(user: AppUser, values: Mapping[str, Any], actor: Actor) -> AppUser:
    """Change name, mail, role and scope of a member of staff, and commit (ADM-01).

    Whoever loses a scope is signed out. Raises Invalid; Refused for one's own role and for parties.
    """
    _refuse_party(user)
    problems = _scope_problems(values) + _email_problems(values, but=user.id)
    if problems:
        raise Invalid(problems)
    before, facts = (user.role, *_scope_of(user)), _staff_facts(values)
    after = (facts["role"], facts["school_id"], facts["college_id"])
    if user.id == actor.user_id and after != before:
        raise Refused(_("You cannot change your own role."))

    def write() -> None:
        for name, value in facts.items():
            setattr(user, name, value)
        _trace(user, "change", actor, {"before": list(before), "after": list(after)})
        if after != before:
            queries.end_all_sessions(user.id)

    committed(write)
    return user


def forget_password(user: AppUser, actor: Actor) -> None:
    """Take a member of staff's password away, end all sessions, and commit: a new one is set by code.

    Raises Refused for parties: the school resets a student's first sign-in.
    """
    _refuse_party(user)
    if user.id == actor.user_id:
        raise Refused(_("Change your own password on its page."))

    def write() -> None:
        user.password, user.must_change_password = None, False
        queries.end_all_sessions(user.id)
        one_time.void(f"user:{user.id}")
        _trace(user, "forget_password", actor)
        _invite(user)

    committed(write)


def _refuse_party(user: AppUser) -> None:
    if not user.is_staff:
        raise Refused(_("Accounts of students and employers are kept with their records."))


def _staff_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the scope only what the role has."""
    role = Role(values["role"])
    school = values.get("school_id") or None if SCOPED[role] is not False else None
    college = values.get("college_id") or None if role is Role.COLLEGE else None
    return {"last_name": values["name"], "email": values["email"].lower(), "role": role.value,
            "school_id": school, "college_id": college}  # fmt: skip


def _scope_of(user: AppUser) -> tuple[int | None, int | None]:
    return user.school_id, user.college_id


def _scope_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A school's and a college's people have one; the college is the school's."""
    role = values.get("role")
    if role not in SCOPED:
        return [("role", _("Please choose"))]
    school, college = values.get("school_id"), values.get("college_id")
    if SCOPED[Role(role)] and not school:
        return [("school_id", _("Please choose"))]
    if role == Role.COLLEGE and (school, college) not in set(colleges_known()):
        return [("college_id", _("Please choose a college of this school."))]
    return []


def colleges_known() -> list[tuple[int, int]]:
    """School and id of every college: the packages above know them."""
    return [(school, key) for source in COLLEGE_NAMES for school, key, _name in source()]


def _email_problems(values: Mapping[str, Any], *, but: int | None) -> list[tuple[str, str]]:
    if not queries.email_taken(values["email"], but=but):
        return []
    return [("email", _("Another account uses this e-mail address."))]


def _invite(user: AppUser) -> None:
    """How to set a password; no secret is in it."""
    subject = _("Your account at Qingqian")
    body = _(
        "Your user name is %(name)s. Open the sign-in page and choose “Forgotten password”: a code "
        "comes to this address, by which you set your own password.", name=user.username,
    )  # fmt: skip
    key = f"account:{user.id}:{clock.now().isoformat()}"
    mail.post(mail.Outgoing(key, mail.MAIL, user.email, subject, body, user_id=user.id,
                            school_id=user.school_id))  # fmt: skip


def _trace(user: AppUser, step: str, actor: Actor, details: dict[str, Any] | None = None) -> None:
    """An administrator's act on an account leaves its row (ADM-07)."""
    db.session.add(
        Trail(
            kind="account", record_id=user.id, school_id=user.school_id, step=step, from_state=None,
            to_state="active" if user.active else "inactive", actor_id=actor.user_id,
            actor_role=actor.role, actor_name=actor.name, address=actor.address,
            device=actor.device[:200], device_id=actor.device_id, details=details or {}, at=clock.now(),
        )
    )  # fmt: skip


__all__ = ["change_password", "change_staff", "forget_password", "may_ask", "open_staff", "reset",
           "send_reset", "set_password", "sign_out_everywhere", "signed_in", "switch"]  # fmt: skip
