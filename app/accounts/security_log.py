"""The security log's only writer: what happened to ways in, sessions, rights and clear numbers (S-13).

What went wrong is bounded, since strangers can cause it: five lines a minute for one account (or one
address, where no account is meant) and event, a sixth that says that there was more, then none.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import devices
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.limits import Limit
from app.workflow.actor import Actor

log = logging.getLogger(__name__)
DONE, FAILED, DENIED = "done", "failed", "denied"
FEW = Limit("security-log", 5, timedelta(minutes=1))  # of one account or address, and event
ALL = Limit("security-log-all", 300, timedelta(minutes=1))  # of all addresses without an account


def note(
    event: str,
    *,
    user: AppUser | None = None,
    who: Actor | None = None,
    outcome: str = DONE,
    **details: Any,
) -> None:
    """Add a line in the running transaction: the caller commits.

    `event` is a short name such as ``sign_in``; `user` the account it is about, `who` the person who
    did it (nobody: the stranger of this request). `details` hold no clear number, password or code.
    """
    here = has_request_context()
    address = (request.remote_addr or "") if here else ""
    if outcome != DONE:
        more = _more(event, user.id if user else 0, address)
        if more is None:
            return
        details |= more
    db.session.add(
        SecurityEvent(
            at=clock.now(),
            event=event,
            outcome=outcome,
            user_id=user.id if user else None,
            school_id=(user.school_id if user else None) or (who.school_id if who else None),
            actor_id=who.user_id if who else None,
            actor_role=who.role.value if who else "",
            actor_name=who.name if who else "",
            address=address,
            device=str(request.user_agent)[:200] if here else "",
            device_id=devices.current() if here else "",
            details=details,
        )
    )


def _more(event: str, user_id: int, address: str) -> dict[str, bool] | None:
    """What the line of a failure says of its like in this minute; None: it is not written any more."""
    count = FEW.count(event, user_id or address)
    if count > FEW.most + 1:
        return None
    many = ALL.count(event, user_id > 0)  # counted for both: a failure takes the same time
    if not user_id and many > ALL.most:
        return None
    return {"more": True} if count == FEW.most + 1 else {}


def denied(status: int) -> None:
    """A signed-in person was answered 403, or 404 at an address that exists; commits its own line."""
    user = g.get("user")
    if user is None or not user.is_authenticated:
        return
    try:
        db.session.rollback()  # what was begun before the denial is not written with it
        note(
            "denied",
            user=user,
            who=actor_of(user),
            outcome=DENIED,
            status=status,
            place=request.endpoint or "",
            path=request.path[:120],
            method=request.method,
        )
        db.session.commit()
    except SQLAlchemyError:
        log.exception("a denial could not be written down")
        db.session.rollback()
