"""What the clock does to invitations: overdue ones expire (INV-11)."""

from __future__ import annotations

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.invitations.queries import overdue
from app.invitations.workflow import INVITATIONS
from app.workflow.actor import SYSTEM

AT_ONCE = 500


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="invitations.expire_overdue", queueing_lock="invitations.expire_overdue")
def expire_overdue(timestamp: int = 0) -> int:
    """Mark what is overdue, each in its own transaction; how many."""
    done = 0
    ids = overdue(clock.now(), AT_ONCE)
    db.session.rollback()
    for invitation_id in ids:
        try:
            INVITATIONS.perform("expire", invitation_id, SYSTEM)
            done += 1
        except (Refused, NotYours):
            continue  # answered in the meantime
    return done
