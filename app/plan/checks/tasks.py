"""What the worker does for the checks: a run that was asked for, and each night what changed (CHK-01)."""

from __future__ import annotations

import logging

from sqlalchemy import update

from app.core import clock, jobs
from app.core.db import db
from app.plan.checks import queries, sync
from app.plan.checks.models import CheckRun

log = logging.getLogger(__name__)


@jobs.queue.task(name="checks.run", retry=jobs.BRIEF, priority=10)
def run(school_id: int, year: int) -> int:
    """All rules over a school and year; how many rows were looked at."""
    return sync.look(school_id, year, lambda share: _progress(school_id, year, share))[0]


def _progress(school_id: int, year: int, share: int) -> None:
    """What was read of sealed numbers stays read, and the page shows how far it is."""
    mine = (CheckRun.school_id == school_id, CheckRun.graduation_year == year)
    db.session.execute(update(CheckRun).where(*mine).values(done=share))
    db.session.commit()


@jobs.queue.periodic(cron="40 19 * * *")  # 03:40 in China, after the plan's own proof
@jobs.queue.task(name="checks.nightly", queueing_lock="checks.nightly")
def nightly(timestamp: int = 0) -> int:
    """Run over every year that changed since its last run, or was not looked at for half a day.

    Half: what ran last night ran somewhat less than a day ago.
    """
    found = queries.years_to_check(None, minutes=12 * 60)
    for school_id, year in found:
        start = clock.now()
        rows = run.func(school_id, year)
        log.info(
            "checks of school %s, %s: %s rows in %s", school_id, year, rows, clock.now() - start
        )
    return len(found)
