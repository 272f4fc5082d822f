"""How often somebody may try: counters in the database, so that every process sees the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core import clock
from app.core.db import db

LARGEST_IMPORT = (
    24 << 20
)  # bytes of a file, with its form less than a request; what we hand out comes back


class Throttle(db.Model):
    """One counter: what is limited (as a digest), since when, and how often."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Limit:
    """At most `most` times in a window of `per`, counted under `name`."""

    name: str
    most: int
    per: timedelta

    def take(self, *who: object) -> bool:
        """Count one more for `who` and commit at once; False when it is too often."""
        count = self.count(*who)
        db.session.commit()
        return count <= self.most

    def count(self, *who: object) -> int:
        """Count one more for `who` in the running transaction; how many there are now. Not committed."""
        return db.session.execute(
            insert(Throttle)
            .values(key=self._key(who), since=self._start(), count=1)
            .on_conflict_do_update(
                index_elements=["key", "since"], set_={"count": Throttle.count + 1}
            )
            .returning(Throttle.count)
        ).scalar_one()

    def take_many(self, number: int, *who: object) -> bool:
        """Count that many for `who`, or none of them where they are too many: False. Commits."""
        if number > self.most:
            return False
        row = insert(Throttle).values(key=self._key(who), since=self._start(), count=number)
        taken = db.session.execute(
            row.on_conflict_do_update(
                index_elements=["key", "since"],
                set_={"count": Throttle.count + number},
                where=Throttle.count + number <= self.most,
            ).returning(Throttle.count)
        ).scalar()
        db.session.commit()
        return taken is not None

    def give_back(self, *who: object) -> None:
        """Take one back of what was counted in this window: it was no wrong try. Not committed here."""
        db.session.execute(
            update(Throttle)
            .where(Throttle.key == self._key(who), Throttle.since == self._start())
            .values(count=func.greatest(Throttle.count - 1, 0))
            .execution_options(synchronize_session=False)
        )

    def left(self, *who: object) -> int:
        """How many more the present window allows."""
        return max(0, self.most - self.counted(*who))

    def counted(self, *who: object) -> int:
        """How many were counted in the present window."""
        found = db.session.execute(
            select(Throttle.count).where(
                Throttle.key == self._key(who), Throttle.since == self._start()
            )
        ).scalar()
        return found or 0

    def _start(self) -> datetime:
        """When the present window began."""
        now, span = clock.now(), self.per.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // span * span, now.tzinfo)

    def used_up(self, *who: object) -> bool:
        """Whether the present window is full, without counting."""
        since = clock.now() - self.per
        found = db.session.execute(
            select(func.max(Throttle.count)).where(
                Throttle.key == self._key(who), Throttle.since > since
            )
        ).scalar()
        return (found or 0) >= self.most

    def forget(self, *who: object) -> None:
        """Start anew for `who` (after a success). Not committed here."""
        db.session.query(Throttle).filter(Throttle.key == self._key(who)).delete()

    def _key(self, who: tuple[object, ...]) -> bytes:
        text = "\x1f".join([self.name, *map(str, who)])
        return hashlib.sha256(text.encode()).digest()
