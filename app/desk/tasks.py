"""What the clock does for reviews: proposals that ran out of time, reminders, the reviewers' digest."""

from __future__ import annotations

from datetime import time, timedelta

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.desk.notices import DIGEST
from app.desk.queries import amending, overdue_amendments, reviewers, waiting_longer
from app.notices.workflow import tell
from app.placements.notices import remind_student
from app.placements.workflow import PLACEMENTS
from app.settings.queries import public_working_day, settings
from app.termination.notices import remind_other
from app.termination.queries import to_be_answered
from app.workflow.actor import SYSTEM

AT_ONCE = 200
MORNING = time(8, 30)


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="desk.expire_amendments", queueing_lock="desk.expire_amendments")
def expire_amendments(timestamp: int = 0) -> int:
    """End the proposals that nobody answered in time, a portion at a time; how many (INV-16)."""
    done = 0
    ids = overdue_amendments(clock.now(), AT_ONCE)
    db.session.rollback()
    for placement_id in ids:
        try:
            PLACEMENTS.perform("expire_terms", placement_id, SYSTEM)
            done += 1
        except (Refused, NotYours):
            continue  # answered in the meantime
    return done


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="desk.remind", queueing_lock="desk.remind")
def remind_parties(timestamp: int = 0) -> None:
    """Remind of amendments and terminations that wait for a party's answer (NTF-03)."""
    now = clock.now()
    for placement in amending(now):
        remind_student(placement)
    for termination in to_be_answered(now):
        remind_other(termination)
    db.session.commit()


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="desk.digest", queueing_lock="desk.digest")
def remind_reviewers(timestamp: int = 0) -> int:
    """One reminder a working day, from half past eight on, of what waits too long; how many told."""
    now = clock.now()
    here, told = clock.local(now), 0
    if here.time() < MORNING or not public_working_day(here.date()):
        return 0
    for user in reviewers():
        told += _digest(user)
        db.session.commit()
    return told


def _digest(user: AppUser) -> bool:
    days = settings(user.school_id or 0).review_patience_days
    now = clock.now()
    count = waiting_longer(actor_of(user), now - timedelta(days=days))
    if not count:
        return False
    key = f"waiting:{clock.local(now):%Y%m%d}"
    tell(user, key, DIGEST, {"count": count, "days": days}, school_id=user.school_id)
    return True
