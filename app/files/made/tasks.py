"""The worker's part of papers: making them, and forgetting them after a week."""

from __future__ import annotations

import logging
import traceback

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from app.accounts.models import AppUser
from app.core import jobs
from app.core.db import db
from app.files.made import making
from app.files.made.models import MadeFile

log = logging.getLogger(__name__)


# the names of the jobs are older than the package: those in the queue keep them
@jobs.queue.task(name="plan.make_paper", retry=jobs.BRIEF, queue="bulk", priority=15)
def make_paper(paper_id: int) -> None:
    """Make what somebody asked for; a killed worker's run begins anew."""
    paper = db.session.get_one(MadeFile, paper_id, populate_existing=True)
    if not paper.busy:
        return  # done before: the job came twice
    user = db.session.get_one(AppUser, paper.user_id)
    with force_locale(user.locale or "zh"):
        try:
            making.make(paper)
        except OperationalError:
            raise  # the database was away: the job is tried again
        except Exception as error:  # noqa: BLE001 (strangers' files may find any bug of ours)
            where = "".join(traceback.format_tb(error.__traceback__))  # no message: it has values
            log.error("paper %s: %s\n%s", paper_id, type(error).__name__, where)
            db.session.rollback()
            making.give_up(paper_id, _("Something went wrong on our side. Please try again."))


@jobs.queue.periodic(cron="40 3 * * *")
@jobs.queue.task(name="plan.forget_papers", queueing_lock="plan.forget_papers")
def forget_papers(timestamp: int = 0) -> int:
    """Delete the files of papers that are a week old."""
    return making.forget()
