"""What the clock does for the plan: dirty rows follow their placements, and a nightly proof of it."""

from __future__ import annotations

import logging
import traceback

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.accounts.models import AppUser
from app.core import clock, jobs
from app.core.db import db
from app.notices.workflow import tell
from app.plan import papers, sync
from app.plan.notices import PROOF
from app.plan.paper_models import Paper
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
        for school, kinds in sync.differences().items()
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


@jobs.queue.task(name="plan.make_paper", retry=jobs.BRIEF, queue="bulk", priority=15)
def make_paper(paper_id: int) -> None:
    """Make what somebody asked for; a killed worker's run begins anew."""
    paper = db.session.get_one(Paper, paper_id, populate_existing=True)
    if not paper.busy:
        return  # done before: the job came twice
    user = db.session.get_one(AppUser, paper.user_id)
    with force_locale(user.locale or "zh"):
        try:
            papers.make(paper)
        except OperationalError:
            raise  # the database was away: the job is tried again
        except Exception as error:  # noqa: BLE001 (strangers' files may find any bug of ours)
            where = "".join(traceback.format_tb(error.__traceback__))  # no message: it has values
            log.error("paper %s: %s\n%s", paper_id, type(error).__name__, where)
            db.session.rollback()
            papers.give_up(paper_id, _("Something went wrong on our side. Please try again."))


@jobs.queue.periodic(cron="40 3 * * *")
@jobs.queue.task(name="plan.forget_papers", queueing_lock="plan.forget_papers")
def forget_papers(timestamp: int = 0) -> int:
    """Delete the files of papers that are a week old."""
    return papers.forget()
