"""What must hold before one administrator's wish about an account becomes true (S-12)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.people.staff.models import StaffAct, StaffRequest
from app.people.staff.queries import confirmers, facts_of
from app.workflow.actor import Actor


def somebody_confirms(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """There is a security administrator who neither asked nor gains; else only the server's shell helps."""
    if confirmers(record):
        return None
    return _(
        "There is no security administrator who could confirm this. Make one on the server: "
        "flask --app run staff open NAME --role security"
    )


def not_for_oneself(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """Nobody asks for another role or scope, a reset or an activation of the own account."""
    if record.user_id is None or record.user_id != actor.user_id:
        return None
    rights = ("role", "school_id", "college_id")
    same = all(record.before.get(n) == record.after.get(n) for n in rights)
    if record.act == StaffAct.CHANGE and same:
        return None
    return _("Not for your own account: another administrator asks for it.")


def another_person(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """Who asked does not confirm, whatever role the person has by now."""
    if record.asked_by is not None and record.asked_by != actor.user_id:
        return None
    return _("You asked for this yourself: another person confirms it.")


def not_own_account(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """Whose account it is does not confirm it."""
    if record.user_id is None or record.user_id != actor.user_id:
        return None
    return _("This is your own account: another person confirms it.")


def unchanged_since(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """The account is still what it was when it was asked for."""
    if record.user is None or facts_of(record.user) == record.before:
        return None
    return _("The account was changed since. Refuse this, and let it be asked for anew.")


def own_request(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """A request is withdrawn by whoever asked."""
    if record.asked_by == actor.user_id:
        return None
    return _("Only who asked can withdraw it; the security administrator can refuse it.")


def in_time(record: StaffRequest, actor: Actor, now: datetime) -> str | None:
    """After seven days nobody confirms it any more, whether or not the clock has ended it."""
    if now < record.expires_at:
        return None
    return _("This request is too old. It has to be asked for anew.")
