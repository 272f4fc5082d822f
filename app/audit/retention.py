"""How long what is no record of anybody's signing is kept, and its deletion (S-19; PIPL art. 19, 47).

Records, their trail, documents and the security log are proof: they stay. What only served to bring
a message, a code or a session goes by this table; other packages sweep their own files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, func, select, text, tuple_, update

from app.accounts.log_models import KnownDevice
from app.accounts.models import AccountSession, ActProof, OneTimeCode
from app.accounts.warning_models import WarningLink
from app.core import clock
from app.core.db import db
from app.core.limits import Throttle
from app.core.mail import Message
from app.notices.models import Notice

AT_ONCE = 5_000  # rows of one transaction


@dataclass(frozen=True)
class RetentionRule:
    """Rows of a table that go `days` after `since`, or of which only the columns `emptied` go."""

    name: Any
    since: Any
    days: int
    emptied: tuple[str, ...] = ()

    @property
    def model(self) -> Any:
        """The table that `since` is a column of."""
        return self.since.class_

    def due(self, now: datetime) -> ColumnElement[bool]:
        """The rows whose time is over."""
        over = self.since < now - timedelta(days=self.days)
        return over & getattr(self.model, self.emptied[0]).is_not(None) if self.emptied else over

    def forget(self, now: datetime) -> int:
        """Delete or empty some rows that are due; how many. Not committed."""
        mine = list(self.model.__table__.primary_key.columns)
        some = select(*mine).where(self.due(now)).limit(AT_ONCE).with_for_update(skip_locked=True)
        rows = db.session.execute(some).all()
        if not rows:
            return 0
        these = _among(mine, rows)
        values = dict.fromkeys(self.emptied)
        gone = (
            update(self.model).where(these).values(values)
            if values
            else delete(self.model).where(these)
        )
        db.session.execute(gone.execution_options(synchronize_session=False))
        return len(rows)


def _among(columns: Sequence[Any], rows: Sequence[Any]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([row[0] for row in rows])
    return tuple_(*columns).in_([tuple(row) for row in rows])


KEPT = (
    RetentionRule(_l("Text and address of mails and text messages"), Message.created_at, 180,
         ("body_sealed", "address_sealed", "code_sealed")),
    RetentionRule(_l("Notices on the site"), Notice.created_at, 730),
    RetentionRule(_l("Codes, used or not"), OneTimeCode.created_at, 30),
    RetentionRule(_l("Proofs of acts, used or not (the trail keeps what they proved)"),
           ActProof.created_at, 30),
    RetentionRule(_l("Sessions that have ended"), AccountSession.seen_at, 30),
    RetentionRule(_l("Browsers by which somebody signed in"), KnownDevice.seen_at, 400),
    RetentionRule(_l("Links “this was not me”"), WarningLink.expires_at, 90),
    RetentionRule(_l("Counters of tries"), Throttle.since, 30),
)  # fmt: skip
JOBS = 30  # days that finished jobs stay in the queue's table, without any personal value
_OLD_JOBS = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
      SELECT j.id FROM procrastinate_jobs j
      WHERE j.status IN ('succeeded', 'cancelled', 'aborted')
        AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id
                        AND e.at > app_now() - make_interval(days => :days))
      LIMIT :most)""")


def table() -> list[tuple[str, int]]:
    """What is kept how many days, for those it concerns."""
    return [(str(kept.name), kept.days) for kept in KEPT]


def due() -> list[tuple[str, int, int]]:
    """What would go now: kind, days, rows."""
    now = clock.now()
    return [
        (
            str(kept.name),
            kept.days,
            db.session.scalar(select(func.count()).select_from(kept.model).where(kept.due(now)))
            or 0,
        )
        for kept in KEPT
    ]


def forget() -> dict[str, int]:
    """Delete what is due, in small transactions of their own; how many rows of each kind."""
    now, done = clock.now(), {}
    for kept in KEPT:
        count = 0
        while some := kept.forget(now):
            count += some
            db.session.commit()
        done[str(kept.name)] = count
    while _old_jobs():
        db.session.commit()
    db.session.commit()
    return done


def _old_jobs() -> int:
    done: Any = db.session.execute(_OLD_JOBS, {"days": JOBS, "most": AT_ONCE})
    return int(done.rowcount)
