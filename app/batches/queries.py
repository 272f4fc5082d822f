"""Batches: asking for one, and how far it has come. A batch is its asker's alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.batches.models import Batch, BatchRow, Outcome
from app.batches.tasks import held, run
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import NotYours
from app.core.registry import stores
from app.workflow.actor import Actor, ask_anew


@dataclass(frozen=True)
class Progress:
    """How many records a batch has, and what became of them so far."""

    total: int
    done: int
    refused: int

    @property
    def left(self) -> int:
        """How many wait."""
        return self.total - self.done - self.refused


def ask(
    who: Actor,
    kind: str,
    step: str,
    records: Sequence[tuple[int, str, str]],
    reason: str = "",
    *,
    back_url: str = "",
    uid: str = "",
    unfit: Sequence[tuple[int, str, str, str]] = (),
    seen: datetime | None = None,
) -> Batch:
    """Queue one step for many records, (id, name, address) each, and commit.

    What does not fit (with the sentence why as a fourth) stands in the result, untouched.
    `seen` is when the rows were read that were ticked. The same `uid` asks once, however often it
    is sent, even twice at the same moment.
    """
    uid = uid or uuid4().hex
    try:
        return _known(uid) or _asked(who, uid, kind, step, records, reason, back_url, unfit, seen)
    except IntegrityError:
        db.session.rollback()
        found = _known(uid)
        if found is None:
            raise
        return found


def _known(uid: str) -> Batch | None:
    return db.session.scalars(select(Batch).where(Batch.uid == uid)).one_or_none()


def _asked(
    who: Actor,
    uid: str,
    kind: str,
    step: str,
    records: Sequence[tuple[int, str, str]],
    reason: str,
    back_url: str,
    unfit: Sequence[tuple[int, str, str, str]],
    seen: datetime | None,
) -> Batch:
    asked = stores().workflows[kind].step(step)
    if asked.step_up:  # the worker takes the step later and can ask nobody
        ask_anew(who, clock.now(), asked.label)
    batch = Batch(
        uid=uid,
        user_id=who.user_id or 0,
        kind=kind,
        step=step,
        reason=reason[:200],
        address=who.address,
        device=who.device,
        back_url=back_url[:800],
        details={"rows": len(records) + len(unfit), "seen": seen and seen.isoformat()},
        created_at=clock.now(),
    )
    db.session.add(batch)
    db.session.flush()
    rows: list[dict[str, Any]] = [
        {
            "batch_id": batch.id,
            "place": n,
            "record_id": key,
            "name": name[:200],
            "url": url[:200],
            "sentence": sentence[:500],
            "outcome": Outcome.REFUSED if sentence else None,
        }
        for n, (key, name, url, sentence) in enumerate([*unfit, *((*row, "") for row in records)])
    ]
    db.session.execute(insert(BatchRow), rows)
    jobs.enqueue(run, batch_id=batch.id)
    db.session.commit()
    return batch


def batch_of(who: Actor, uid: str) -> Batch:
    """One's own batch. Raises NotYours."""
    mine = (Batch.uid == uid, Batch.user_id == who.user_id)
    found = db.session.scalars(select(Batch).where(*mine)).one_or_none()
    if found is None:
        raise NotYours(f"batch {uid}")
    return found


def progress(batch: Batch) -> Progress:
    """How far it has come."""
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(BatchRow.outcome == Outcome.DONE),
            func.count().filter(BatchRow.outcome == Outcome.REFUSED),
        ).where(BatchRow.batch_id == batch.id)
    ).one()
    return Progress(*row)


def rows_of(
    batch: Batch, outcome: Outcome | None = None, most: int | None = None
) -> Sequence[BatchRow]:
    """The records of a batch, in the order in which they were ticked; of one outcome only, if asked."""
    wanted = select(BatchRow).where(BatchRow.batch_id == batch.id).order_by(BatchRow.place)
    if outcome is not None:
        wanted = wanted.where(BatchRow.outcome == outcome)
    return db.session.scalars(wanted.limit(most)).all()


def undo_until(batch: Batch) -> datetime | None:
    """Until when its last decisions can be undone; None while it runs or where nothing can be."""
    if batch.finished_at is None or not stores().workflows[batch.kind].step(batch.step).undoable:
        return None
    return batch.finished_at + held(batch)
