"""What the clock does for reviews: proposals that ran out of time, reminders, the reviewers' digest."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.accounts.queries import actor_of
from app.core import clock, jobs
from app.core.db import db
from app.notices.reminding import in_portions
from app.notices.workflow import tell
from app.settings.calendar import works_on
from app.settings.queries import settings
from app.signing.desk.notices import DIGEST
from app.signing.desk.queries import (
    amending,
    overdue_amendments,
    reviewers,
    schools_of_reviewers,
    waiting_since,
)
from app.signing.placements.notices import remind_student
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.notices import remind_other
from app.signing.terminations.queries import to_be_answered
from app.workflow.sweep import sweep

AT_ONCE = 200
MORNING = time(8, 30)


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="desk.expire_amendments", queueing_lock="desk.expire_amendments")
def expire_amendments(timestamp: int = 0) -> int:
    """End the proposals that nobody answered in time, a portion at a time; how many (INV-16)."""
    return sweep(PLACEMENTS, "expire_terms", overdue_amendments(clock.now(), AT_ONCE))


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="desk.remind", queueing_lock="desk.remind")
def remind_parties(timestamp: int = 0) -> None:
    """Remind of amendments and terminations that wait for a party's answer (NTF-03)."""
    in_portions(amending, remind_student)
    in_portions(to_be_answered, remind_other)


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="desk.digest", queueing_lock="desk.digest")
def remind_reviewers(timestamp: int = 0) -> int:
    """One reminder on a working day, of what waited too long at half past eight; how many told.

    Later runs of a day ask for the same moment: they only make up for a worker that was down.
    """
    here, told = clock.local(clock.now()), 0
    morning = datetime.combine(here.date(), MORNING, here.tzinfo)
    if here < morning:
        return 0
    for school_id in schools_of_reviewers():
        if works_on(school_id, here.date()):
            told += _digest(school_id, morning)
            db.session.commit()
    return told


def _digest(school_id: int, morning: datetime) -> int:
    days, told = settings(school_id).review_patience_days, 0
    key = f"waiting:{morning:%Y%m%d}"
    for user in reviewers(school_id, key):
        found = waiting_since(actor_of(user), morning - timedelta(days=days))
        if found.oldest is None:
            continue
        values = {
            "count": found.signings + found.terminations,
            "days": days,
            "signings": found.signings,
            "terminations": found.terminations,
            "oldest": f"{clock.local(found.oldest):%Y-%m-%d}",
        }
        tell(user, key, DIGEST, values, school_id=school_id)
        told += 1
    return told
