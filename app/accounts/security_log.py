"""The security log's only writer: what happened to ways in, sessions, rights and clear numbers (S-13)."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from app.accounts import devices
from app.accounts.models import AppUser, SecurityEvent
from app.core import clock
from app.core.db import db
from app.workflow.actor import Actor

DONE, FAILED, DENIED = "done", "failed", "denied"


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
            address=(request.remote_addr or "") if here else "",
            device=str(request.user_agent)[:200] if here else "",
            device_id=devices.current() if here else "",
            details=details,
        )
    )
