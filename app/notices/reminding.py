"""Reminders of deadlines: 48, 24 and 3 hours before, each once (NTF-03)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.notices.letters import Letter
from app.notices.queries import AHEAD
from app.notices.workflow import tell

JUST_TOLD = timedelta(hours=1)  # nobody is reminded of what was put before him a moment ago


def remind(
    users: Iterable[AppUser],
    name: str,
    since: datetime,
    until: datetime,
    letter: Letter,
    values: Mapping[str, object],
    school_id: int | None,
) -> None:
    """Remind of a deadline 48, 24 and 3 hours before it, each once; of several passed the nearest.

    `name` is the record's, such as ``invitation:12``; `since` is when the receiver was asked. A new
    deadline is reminded of anew.
    """
    left = until - clock.now()
    due = next((ahead for ahead in AHEAD if left <= ahead), None)
    if due is None or left <= timedelta() or until - due < since + JUST_TOLD:
        return
    hours = int(due.total_seconds()) // 3600
    key = f"remind:{name}:{until.astimezone(UTC):%Y%m%d%H%M}:{hours}"
    for user in users:
        tell(user, key, letter, values, school_id=school_id)


def in_portions(
    portion: Callable[[datetime, int], Sequence[Any]], remind_of: Callable[[Any], None]
) -> int:
    """Remind of every record, a portion and a transaction at a time in the order of ids; how many.

    `portion` gives the records that are due now with an id above the last one; it locks them for
    sharing and leaves out those that somebody is changing: the next run comes to them.
    """
    count, last = 0, 0
    while found := portion(clock.now(), last):
        last, count = found[-1].id, count + len(found)
        for record in found:
            remind_of(record)
        db.session.commit()
    return count
