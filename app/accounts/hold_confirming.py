"""Who says that a held change is right: an old contact, the campus, another person (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.accounts import contacts, one_time, security_log
from app.accounts.contact_models import ContactChange
from app.accounts.holds import (
    CAMPUS,
    KINDS,
    MAIL,
    SECOND,
    ProofWay,
    held,
    record_of,
    refuse_over,
    ways,
)
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row
from app.workflow.steps import Change

# whoever changed a way in is answered for by the next level (ACC-15)
LEVELS = {Role.COLLEGE: 1, Role.SCHOOL: 2, Role.DATA: 2, Role.PROVINCE: 3}


def ask(user: AppUser, uid: str, name: str) -> tuple[str, str]:
    """Send a code to the contact that shall answer, and commit; which it is. Raises Refused, NotYours."""
    row = held(user, uid, clock.now())
    way = _way(row, user, name)
    said = _("To confirm the changed sign-in of %(name)s", name=user.display_name)
    one_time.send(f"user:{user.id}", purpose(row, name), way.channel, way.address, act=said)
    return way.channel, way.address


def _way(row: ContactChange, user: AppUser, name: str) -> ProofWay:
    for way in ways(row, user):
        if way.name == name:
            return way
    raise NotYours(f"change {row.uid}: {name}")


def purpose(row: ContactChange, name: str) -> str:
    """What the code of the old contact is for."""
    return f"hold:{row.id}:{name}"


def prove(user: AppUser, uid: str, name: str, code: str) -> ContactChange:
    """The held change, locked with its record, once its old contact's code was given. Not committed.

    Locks the record before the code, as every change of a way in does. Raises Invalid for ``code``.
    """
    flow, key = record_of(user)
    lock_row(flow.model, key)
    row = held(user, uid, clock.now())
    _way(row, user, name)
    one_time.check(f"user:{user.id}", purpose(row, name), code)
    return row


def confirm_by_code(user: AppUser, uid: str, name: str, code: str) -> None:
    """The old phone, or the mail of before, says that the change is right; commit (ACC-15).

    Raises NotYours, Refused, Invalid for the field ``code``.
    """
    row = prove(user, uid, name, code)
    who = actor_of(user, factor="mail" if name == MAIL else "sms")
    committed(lambda: _confirm([row], user, who, name))


def confirm_by_campus(user: AppUser) -> bool:
    """The campus sign-in of the account speaks for its held changes; whether there were any. Commits.

    Of a merging it does not: whose the second record was the campus does not know. Staff have none.
    """
    if Role(user.role or "") not in KINDS:
        return False

    def act() -> bool:
        flow, key = record_of(user)
        lock_row(flow.model, key)
        rows = [r for r in contacts.holds_of(user.id, clock.now()) if r.source != contacts.MERGE]
        if rows:
            _confirm(rows, user, actor_of(user, factor="campus"), CAMPUS)
        return bool(rows)

    return committed(act)


def cannot_confirm(row: ContactChange, who: Actor) -> str | None:
    """Why this member of staff may not answer for a change: only another one of the next level may."""
    if who.user_id is None or who.user_id == row.actor_id:
        return _("You made this change yourself: somebody of the next level has to confirm it.")
    if LEVELS.get(who.role, 0) > LEVELS.get(Role(row.actor_role), 99):
        return None
    return _(
        "A change by the school is confirmed by the provincial centre, one by a college by the school."
    )


def confirm_by_second(row: ContactChange, who: Actor, reason: str) -> None:
    """Another person of the next level has made sure, and says how; commit (ACC-15).

    Raises NotYours, Refused, Invalid for the reason.
    """

    def act() -> None:
        user = db.session.get_one(AppUser, row.user_id)
        refusal = cannot_confirm(row, who)
        if refusal:
            raise Refused(refusal)
        flow, key = record_of(user)
        flow.find(key, who)
        lock_row(flow.model, key)
        db.session.refresh(row)
        refuse_over(row, clock.now())
        _confirm([row], user, who, SECOND, reason)

    committed(act)


def _confirm(
    rows: Sequence[ContactChange], user: AppUser, who: Actor, by: str, reason: str = ""
) -> None:
    flow, key = record_of(user)
    step = "confirm_contact" if who.user_id == user.id else "confirm_contact_office"
    flow.apply(step, key, who, reason=reason, confirmed_by=by)
    now = clock.now()
    for row in rows:
        row.confirmed_at, row.confirmed_by, row.confirmer_id = now, by, who.user_id
    security_log.note("contact_confirmed", user=user, who=who, by=by)
    db.session.flush()


def note_who_confirmed(change: Change) -> None:
    """The trail says what spoke for a changed way in: the old phone, a mail, the campus, a person."""
    change.details["by"] = change.data["confirmed_by"]
