"""Sealing: the marks of committed transactions become the next link of one chain over all records.

One runner at a time (an advisory lock that ends with its transaction); one killed begins anew where the
last link ended. Marks are seen only once their transaction has committed, so none that commits late is
passed over, whatever order ids were given in. After each run the head goes to a file outside the database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, text

from app.audit import heads, roots
from app.audit.content import SOURCES, SealedTable, as_text
from app.audit.keys import keys, row_mac
from app.audit.marks import Cover
from app.audit.models import Mark, Seal
from app.core import clock, jobs
from app.core.db import db, driver_connection

log = logging.getLogger(__name__)
BATCH = 10_000  # rows of a seal, about
START = b"\0" * 32  # what the first seal follows
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit:seal', 0))")


def seal_waiting() -> int:
    """Seal what waits, in as many links as it takes, each committed; how many rows.

    Nothing where another runner is at work. Raises heads.Lost.
    """
    total = 0
    bad: set[int] = set()
    while db.session.scalar(_LOCK):
        if last_seal() is None:
            total += _take_over()
        done = _next_link(bad)
        head = last_seal()
        db.session.commit()
        total += done
        if not done:
            if head is not None:
                heads.keep(head)
            break
    db.session.rollback()
    return total


def last_seal() -> Seal | None:
    """Where the chain stands."""
    return db.session.scalars(select(Seal).order_by(Seal.no.desc()).limit(1)).first()


def _next_link(bad: set[int]) -> int:
    """One more seal over the oldest marks; how many rows, 0 for none. Not committed."""
    covers = tuple(Cover() for _source in SOURCES)
    taken: list[int] = []
    for mark in _waiting(bad):
        if not _holds(mark):
            log.error("the mark %s is not of this application: it is not sealed", mark.mark)
            bad.add(mark.mark)
            continue
        covers[0].add(mark.trail_ids, mark.trail_macs, mark.trail_places)
        covers[1].add(mark.event_ids, mark.event_macs, mark.event_places)
        taken.append(mark.mark)
        if sum(len(cover.rows) for cover in covers) >= BATCH:
            break
    if not taken:
        return 0
    _append(covers)
    db.session.execute(delete(Mark).where(Mark.mark.in_(taken)))
    return sum(len(cover.rows) for cover in covers)


def _waiting(bad: set[int]) -> Iterator[Mark]:
    wanted = select(Mark).where(Mark.mark.not_in(bad)).order_by(Mark.mark).limit(1_000)
    yield from db.session.scalars(wanted.execution_options(populate_existing=True))


def _holds(mark: Mark) -> bool:
    return mark.key_id in keys() and mark_mac(mark.key_id, mark.mark, *shown(mark)) == mark.mac


def shown(row: Mark | Seal) -> list[object]:
    """What is digested of the rows that a mark or seal covers."""
    found: list[Any] = []
    for name in ("trail", "event"):
        ranges = ((span.lower, span.upper) for span in getattr(row, f"{name}_ids"))
        found += [as_text(ranges), getattr(row, f"{name}_macs"), getattr(row, f"{name}_places")]
    return found


def mark_mac(key_id: str, mark: int, *parts: object) -> bytes:
    """What a mark must say."""
    return keys().whole(key_id, "mark", mark, *parts)


def seal_mac(seal: Seal, parts: Sequence[object]) -> bytes:
    """What a seal must say: where it stands, when, what it follows, what it covers."""
    return keys().whole(
        seal.key_id,
        "seal",
        seal.no,
        clock.local(seal.at).isoformat(),
        seal.trail_total,
        seal.event_total,
        seal.previous,
        *parts,
    )


def _append(covers: tuple[Cover, ...]) -> Seal:
    """The next link of the chain; days that have ended get their root before it. Not committed."""
    last, now = last_seal(), clock.now()
    roots.close_days(last, clock.local(now).date())
    trail, event = (cover.parts() for cover in covers)
    seal = Seal(
        no=(last.no if last else 0) + 1,
        at=now,
        key_id=keys().newest,
        trail_total=(last.trail_total if last else 0) + len(covers[0].rows),
        event_total=(last.event_total if last else 0) + len(covers[1].rows),
        previous=last.mac if last else START,
        trail_macs=trail[1],
        trail_places=trail[2],
        event_macs=event[1],
        event_places=event[2],
    )
    seal.mac = seal_mac(seal, [*trail, *event])
    columns = {
        c.key: getattr(seal, c.key) for c in Seal.__mapper__.column_attrs if "_ids" not in c.key
    }
    columns["trail_ids"] = text("cast(:t AS int8multirange)").bindparams(t=trail[0])
    columns["event_ids"] = text("cast(:e AS int8multirange)").bindparams(e=event[0])
    db.session.execute(insert(Seal.__table__).values(columns))
    return seal


def _take_over() -> int:
    """The first links: every row from before there were marks, as it stands. Not committed.

    Only where there is no seal, and no head outside that says there was one.
    """
    if heads.kept() is not None:
        if jobs.config().mode != "demo":
            raise heads.Lost(
                "The database has no seal, but a head outside it says that there were some. Restore a "
                "backup, or say why: flask --app run audit restored --reason …"
            )
        heads.forget()  # a demo is made anew as often as one likes
    done = 0
    for n, source in enumerate(SOURCES):
        for cover in _older(source):
            done += len(cover.rows)
            _append((cover, Cover()) if n == 0 else (Cover(), cover))
    if not done:
        _append((Cover(), Cover()))
    return done


def _older(source: SealedTable) -> Iterator[Cover]:
    """The unmarked rows of a source, a seal's worth at a time."""
    key = keys().row(keys().newest, source.name)
    last = -(2**63)
    while True:
        with driver_connection().cursor() as cursor:
            wanted = source.query(
                "SELECT id, {place}, {content} FROM {table}"
                " WHERE mark IS NULL AND id > %s ORDER BY id LIMIT %s"
            )
            cursor.execute(wanted, (last, BATCH))
            rows = cursor.fetchall()
        if not rows:
            return
        yield Cover({row[0]: (row_mac(*key, row[2]), row[1]) for row in rows})
        last = rows[-1][0]


def waiting() -> tuple[int, float]:
    """How many transactions wait to be sealed, and for how many seconds the oldest."""
    count, seconds = db.session.execute(
        select(
            func.count(), func.extract("epoch", clock.app_now() - func.min(Mark.at))
        ).select_from(Mark)
    ).one()
    return count, float(seconds or 0)
