"""What the clock does for the plan: dirty rows follow their placements, and a nightly proof of it."""

from __future__ import annotations

import logging

from sqlalchemy import select

from app.accounts.models import AppUser
from app.core import clock, jobs
from app.core.db import db
from app.notices.workflow import tell
from app.plan.rows import reconciling, sync
from app.plan.rows.notices import PROOF
from app.workflow.actor import Role

log = logging.getLogger(__name__)


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="plan.follow", queueing_lock="plan.follow")
def follow(timestamp: int = 0) -> int:
    """Bring the rows up to date whose students were touched outside a step; how many."""
    total = 0
    while taken := sync.follow(clock.now()):
        db.session.commit()
        total += taken
    db.session.rollback()
    return total


@jobs.queue.periodic(cron="20 19 * * *")  # 03:20 in China
@jobs.queue.task(name="plan.prove", queueing_lock="plan.prove")
def prove(timestamp: int = 0) -> int:
    """Compare all rows with all placements: nothing may differ; a school where it does is told (PLN-04)."""
    follow()
    found = {
        school: count
        for school, kinds in reconciling.differences().items()
        if (count := sum(kinds.get(kind, 0) for kind in sync.DIFFERENCES))
    }
    night = f"plan:{clock.today():%Y%m%d}"
    for school, count in found.items():
        log.error("plan of school %s: %s rows do not follow their placements", school, count)
        staff = (AppUser.role == Role.SCHOOL, AppUser.school_id == school, AppUser.active)
        for user in db.session.scalars(select(AppUser).where(*staff)):
            tell(user, night, PROOF, {"count": count}, school_id=school)
    db.session.commit()
    return sum(found.values())
