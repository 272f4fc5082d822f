"""What a confirmed request does to the account: written, traced, told, sessions ended (S-12, ADM-01)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import (
    code_voiding,
    contacts,
    factors,
    identifiers,
    living_sessions,
    security_log,
)
from app.accounts.models import AppUser
from app.accounts.workflow import trace
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import mask_email
from app.people.staff.models import StaffAct, StaffRequest
from app.people.staff.notices import post
from app.workflow.actor import Actor
from app.workflow.steps import Change

STAFF_SOURCE = "staff"


def note(change: Change) -> None:
    """Trail and security log keep what was asked; addresses masked."""
    record: StaffRequest = change.record
    change.details |= {
        "act": record.act,
        "username": record.username,
        "asked_by": record.asked_by,
        "before": masked(record.before),
        "after": masked(record.after),
    }
    security_log.note(
        f"staff_request_{change.step.name}",
        user=record.user,
        who=change.actor,
        act=record.act,
        username=record.username,
        request=record.id,
    )


def take_effect(change: Change) -> None:
    """The account becomes what was asked."""
    record: StaffRequest = change.record
    does = {
        StaffAct.OPEN: _open,
        StaffAct.CHANGE: _change,
        StaffAct.PASSWORD: _password,
        StaffAct.FACTOR: _factor,
        StaffAct.ACTIVATE: _activate,
    }
    does[StaffAct(record.act)](record, change.actor)


def _open(record: StaffRequest, actor: Actor) -> None:
    record.user = open_account(record.username, record.after, actor, request=record.id)
    invite(record.user, actor)


def _change(record: StaffRequest, actor: Actor) -> None:
    change_account(_user(record), record.after, actor, request=record.id)


def _password(record: StaffRequest, actor: Actor) -> None:
    user = _user(record)
    forget_password(user, actor, request=record.id)
    invite(user, actor)


def _factor(record: StaffRequest, actor: Actor) -> None:
    user = _user(record)
    factors.reset(user, actor)
    living_sessions.end_all_sessions(user.id)
    trace(user, "reset_factor", actor, {"request": record.id})


def _activate(record: StaffRequest, actor: Actor) -> None:
    user = _user(record)
    user.active = True
    trace(user, "activate", actor, {"request": record.id})


def _user(record: StaffRequest) -> AppUser:
    if record.user is None:
        raise Refused(_("This account is no longer there."))
    return record.user


def open_account(username: str, facts: dict[str, Any], actor: Actor, **details: object) -> AppUser:
    """A new account without a password. Raises Refused where the name or address is taken by now."""
    if identifiers.username_taken(username) or identifiers.email_taken(facts["email"]):
        raise Refused(_("Another account has this user name or this address by now."))
    user = AppUser(username=username, first_name="", active=True, **columns(facts))
    db.session.add(user)
    db.session.flush()
    identifiers.identify(user, "username", username)
    trace(user, "open", actor, {"after": masked(facts), **details})
    return user


def change_account(user: AppUser, facts: dict[str, Any], actor: Actor, **details: object) -> None:
    """Other name, address, role or scope; the old address is kept for the people to be told."""
    if identifiers.email_taken(facts["email"], but=user.id):
        raise Invalid([("email", _("Another account uses this e-mail address."))])
    old, was = user.email, {name: getattr(user, name) for name in columns(facts)}
    for name, value in columns(facts).items():
        setattr(user, name, value)
    if old != user.email:
        contacts.note_change(
            contacts.changed(user, mail.MAIL, old, user.email, STAFF_SOURCE, actor)
        )
        code_voiding.void(f"user:{user.id}")
    trace(
        user,
        "change",
        actor,
        {
            "before": masked({n: was[c] for n, c in COLUMNS.items()}),
            "after": masked(facts),
            **details,
        },
    )
    living_sessions.end_all_sessions(user.id)


def forget_password(user: AppUser, actor: Actor, **details: object) -> None:
    """The old password no longer works; a new one is set by code."""
    user.password, user.must_change_password = None, False
    living_sessions.end_all_sessions(user.id)
    code_voiding.void(f"user:{user.id}")
    trace(user, "forget_password", actor, details)


def invite(user: AppUser, actor: Actor) -> None:
    """How to set a password; no secret is in it."""
    subject = _("Your account at Qingqian")
    body = _(
        "Your user name is %(name)s. Open the sign-in page and choose “Forgotten password”: a code "
        "comes to this address, by which you set your own password.",
        name=user.username,
    )
    post(user, f"account:{user.id}:{clock.now().isoformat()}", subject, body, who=actor)


COLUMNS = {
    "name": "last_name",
    "email": "email",
    "role": "role",
    "school_id": "school_id",
    "college_id": "college_id",
}


def columns(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a request as columns of the account."""
    return {column: facts[name] for name, column in COLUMNS.items()}


def masked(facts: dict[str, Any]) -> dict[str, object]:
    """The facts with the address masked, for trail and log."""
    return {n: mask_email(v) if n == "email" and v else v for n, v in facts.items()}


def account_named(username: str) -> AppUser | None:
    """The account of that user name, however it is spelled."""
    return db.session.scalars(
        select(AppUser).where(AppUser.username == username.lower())
    ).one_or_none()
