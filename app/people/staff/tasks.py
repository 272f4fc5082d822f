"""What the clock does for requests about accounts: they do not wait for ever."""

from __future__ import annotations

from app.core import jobs
from app.people.staff.queries import overdue
from app.people.staff.workflow import STAFF_REQUESTS
from app.workflow.sweep import sweep


@jobs.queue.periodic(cron="12 * * * *")
@jobs.queue.task(name="staff.expire_requests", queueing_lock="staff.expire_requests")
def expire_requests(timestamp: int = 0) -> int:
    """End what nobody confirmed within seven days; how many."""
    return sweep(STAFF_REQUESTS, "expire", overdue())
