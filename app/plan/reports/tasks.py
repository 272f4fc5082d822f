"""What the clock does for reports: the figures of kept questions, once a month (RPT-06)."""

from __future__ import annotations

import logging
from datetime import time
from urllib.parse import parse_qsl

from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import NotYours
from app.notices.workflow import tell
from app.plan.reports.detail import FigureTable
from app.plan.reports.notices import MONTHLY
from app.plan.reports.pages import REPORTS, ReportPage
from app.plan.reports.questions import question_of, readers
from app.plan.rows.outside import text_of
from app.workflow.actor import STAFF, Role

log = logging.getLogger(__name__)
MORNING = time(8, 0)
LONGEST = 900  # characters of the figures in a mail; a notice has 1,000
LINES = 12


@jobs.queue.periodic(cron="*/30 * * * *")
@jobs.queue.task(name="reports.monthly", queueing_lock="reports.monthly")
def monthly(timestamp: int = 0) -> int:
    """On the first of a month from eight o'clock: each reader gets the figures of its own scope, once.

    Later runs only make up for a worker that was down, until the month is a week old; each mail is a
    transaction of its own, so that one that fails keeps no other back.
    """
    here = clock.local(clock.now())
    if here.day > 7 or (here.day == 1 and here.time() < MORNING):
        return 0
    told, month = 0, f"{here:%Y%m}"
    for key, user in readers(month):
        try:
            told += _tell(key, user, month, f"{here:%Y-%m-%d}")
            db.session.commit()
        except NotYours:  # shared no more, or the reader works elsewhere now
            db.session.rollback()
        except Exception:
            db.session.rollback()
            log.exception("the figures of question %s for account %s", key, user.id)
    return told


def _tell(key: int, user: AppUser, month: str, day: str) -> int:
    if user.role not in STAFF:
        return 0
    who = actor_of(user)
    if who.role not in (Role.COLLEGE, Role.SCHOOL, Role.PROVINCE, Role.DATA):
        return 0
    question = question_of(who, key)
    with force_locale(user.locale or "zh"):
        figures = said(REPORTS[question.report].page(who, dict(parse_qsl(question.query))))
    values = {"name": question.name, "day": day, "figures": figures, "key": key}
    tell(user, f"question:{key}:{month}", MONTHLY, values, school_id=user.school_id)
    return 1


def said(page: ReportPage) -> str:
    """A report as the lines of a mail: the total, or the first lines; what did not fit is counted."""
    parts = [page.title, page.lead]
    for table in page.tables[:3]:
        parts += ["", *_lines(table)]
    text, found = "", [part for part in parts if part is not None]
    for n, part in enumerate(found):
        if len(text) + len(part) > LONGEST - 60:
            return f"{text}{_('and %(count)s lines more in the report', count=len(found) - n)}"
        text += f"{part}\n" if part or text else ""
    return text.strip()


def _lines(table: FigureTable) -> list[str]:
    """The foot as one line a figure; a table without one as one line a group."""
    found = [table.title]
    if table.foot:
        found += [
            f"{head}: {cell[0]} {cell[2]}".strip()
            for head, cell in zip(table.heads[1:], table.foot[1:], strict=False)
        ]
    else:
        for row in table.rows[:LINES]:
            found.append(f"{row[0][0]}: " + ", ".join(f"{c[0]} {c[2]}".strip() for c in row[1:]))
        if len(table.rows) > LINES:
            found.append(_("and %(count)s lines more in the report", count=len(table.rows) - LINES))
    return [*found, text_of(table.base)] if table.base else found
