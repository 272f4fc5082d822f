"""What the worker does with a batch: each record by the rules of its own table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.batches.models import Batch, BatchRow, Outcome
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.workflow.actor import Actor
from app.workflow.steps import SECOND_THOUGHTS

AT_ONCE = 50  # records a transaction; each in a savepoint of its own
PER_ROW = timedelta(milliseconds=20)  # how much longer all notices wait for each record


@jobs.queue.task(name="batches.run", retry=jobs.BRIEF, queue="batches", priority=10)
def run(batch_id: int) -> None:
    """Work off what of the batch is not done yet; a killed worker's batch goes on where it stood."""
    _prepare(batch_id)
    while _some(batch_id):
        pass


def _prepare(batch_id: int) -> None:
    """What the step asks for before it is taken on so many records."""
    batch = db.session.get_one(Batch, batch_id)
    prepare = stores().workflows[batch.kind].before.get(batch.step)
    if prepare is not None:
        left = (BatchRow.batch_id == batch_id, BatchRow.outcome.is_(None))
        prepare(db.session.scalars(select(BatchRow.record_id).where(*left)).all())


def _some(batch_id: int) -> bool:
    """Do the next records in one transaction; False when none was left."""
    batch = db.session.execute(
        select(Batch).where(Batch.id == batch_id).with_for_update()
    ).scalar_one()
    rows = db.session.scalars(
        select(BatchRow)
        .where(BatchRow.batch_id == batch_id, BatchRow.outcome.is_(None))
        .order_by(BatchRow.record_id)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        batch.finished_at = batch.finished_at or clock.now()
        db.session.commit()
        return False
    user = db.session.get_one(AppUser, batch.user_id)
    who = replace(actor_of(user), address=batch.address, device=batch.device)
    flow = stores().workflows[batch.kind]
    one_moment, together = clock.held(clock.now()), jobs.together()
    with force_locale(user.locale or "zh"), one_moment, together as waiting:
        records = flow.lock_all([row.record_id for row in rows], who)
        for row in rows:
            before = len(waiting)
            if not _one(batch, row, records.get(row.record_id), who):
                del waiting[before:]
    db.session.commit()
    return True


def held(batch: Batch) -> timedelta:
    """How long each decision of the batch can be undone: the whole batch from its last one on."""
    return SECOND_THOUGHTS + PER_ROW * int(batch.details.get("rows", 0))


def _seen(batch: Batch) -> datetime | None:
    """When the ticked rows were read: nobody is said to have been faster than that (AGR-11)."""
    seen = batch.details.get("seen")
    return datetime.fromisoformat(seen) if seen else None


def _one(batch: Batch, row: BatchRow, record: object, who: Actor) -> bool:
    """Take the step on the locked record, or say why not; whether it was taken."""
    try:
        if record is None:
            raise NotYours(f"{batch.kind} {row.record_id}")
        with db.session.begin_nested():
            flow = stores().workflows[batch.kind]
            flow.apply(
                batch.step, record, who, reason=batch.reason, hold=held(batch), seen=_seen(batch)
            )
    except (Refused, NotYours, Invalid) as refusal:
        row.outcome, row.sentence = Outcome.REFUSED, _sentence(refusal)[:500]
        return False
    row.outcome = Outcome.DONE
    return True


def _sentence(refusal: Exception) -> str:
    if isinstance(refusal, NotYours):
        return str(_("This record is not there any more, or not yours to decide."))
    if isinstance(refusal, Invalid):
        return " ".join(str(text) for _place, text in refusal.problems)
    return str(refusal)
