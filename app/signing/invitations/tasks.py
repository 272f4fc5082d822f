"""What the clock does to invitations: overdue ones expire (INV-11)."""

from __future__ import annotations

from app.core import clock, jobs
from app.core.db import db
from app.notices.reminding import in_portions
from app.notices.workflow import tell_anew
from app.signing.invitations.deadlines import ending, overdue, to_tell_anew
from app.signing.invitations.notices import remind_student
from app.signing.invitations.workflow import INVITATIONS
from app.workflow.sweep import sweep

AT_ONCE = 500


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="invitations.expire_overdue", queueing_lock="invitations.expire_overdue")
def expire_overdue(timestamp: int = 0) -> int:
    """Mark what is overdue, each in its own transaction; how many."""
    return sweep(INVITATIONS, "expire", overdue(clock.now(), AT_ONCE))


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="invitations.tell_anew", queueing_lock="invitations.tell_anew")
def tell_students_anew(timestamp: int = 0) -> int:
    """Whom nobody could tell, and who has a phone or an e-mail by now, is told; how many (NTF-05)."""
    count, last = 0, 0
    while found := to_tell_anew(last):
        last = found[-1][0].id
        count += sum(tell_anew(notice, user, row.school_id) for row, notice, user in found)
        db.session.commit()
    return count


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="invitations.remind", queueing_lock="invitations.remind")
def remind_students(timestamp: int = 0) -> int:
    """Remind of invitations that end within 48 hours; how many were looked at (NTF-03)."""
    return in_portions(ending, remind_student)
