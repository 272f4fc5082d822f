"""Bulk attestation in a worker of its own, and what another person's list page feels of it."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import text

import config as settings
from app import create_app
from app.accounts.models import AppUser
from app.batches import tasks
from app.batches.queries import ask
from app.core.db import db
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make

RECORDS = 2_000


def load(url: str, folder: Path) -> Flask:
    """The application on that database."""
    env = {"QINGQIAN_MODE": "test", "QINGQIAN_INSTANCE": str(folder), "DATABASE_URL": url}
    return create_app(settings.load(env))


def worker(
    url: str, folder: Path, batch_id: int, out: multiprocessing.Queue[tuple[float, float]]
) -> None:
    """What the worker does with the batch: wall and CPU seconds of this process."""
    with load(url, folder).app_context():
        wall, cpu = time.perf_counter(), time.process_time()
        tasks.run(batch_id)
        out.put((time.perf_counter() - wall, time.process_time() - cpu))


def queued(app: Flask, officer_id: int) -> int:
    """A batch of 2,000 records that all await the school."""
    with app.app_context():
        db.session.execute(text("SET session_replication_role = replica"))
        db.session.execute(
            text(
                "UPDATE placement SET state = 'awaiting_school', agreement_no = NULL, attested_at = NULL WHERE id IN "
                f"(SELECT id FROM placement WHERE school_id = 1 ORDER BY id DESC LIMIT {RECORDS})"
            )
        )
        db.session.execute(
            text(
                "DELETE FROM plan_entry WHERE student_id IN (SELECT student_id FROM placement WHERE school_id = 1 "
                "AND state = 'awaiting_school')"
            )
        )
        db.session.execute(
            text("UPDATE trail SET to_state = 'awaiting_school' WHERE kind = 'placement'")
        )
        db.session.execute(text("SET session_replication_role = DEFAULT"))
        db.session.commit()
        ids = db.session.scalars(
            text(f"SELECT id FROM placement WHERE school_id = 1 ORDER BY id DESC LIMIT {RECORDS}")
        ).all()
        officer = make.actor(db.session.get_one(AppUser, officer_id))
        batch = ask(officer, PLACEMENTS.kind, "attest", [(key, str(key), "") for key in ids])
        return batch.id


def measure(app: Flask, url: str, folder: Path, officer_id: int, page: Callable[[], int]) -> None:
    """Print how fast the worker decides, and the list page before and meanwhile."""
    batch_id = queued(app, officer_id)
    before = [_timed(page) for _n in range(30)]
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[tuple[float, float]] = context.Queue()
    process = context.Process(target=worker, args=(url, folder, batch_id, out))
    process.start()
    meanwhile = []
    while process.is_alive():
        if _started(app, batch_id):
            meanwhile.append(_timed(page))
        time.sleep(0.05)
    wall, cpu = out.get()
    with app.app_context():
        done = db.session.scalar(
            text("SELECT count(*) FROM batch_row WHERE batch_id = :id AND outcome = 'done'"),
            {"id": batch_id},
        )
    a, b = statistics.median(before), statistics.median(meanwhile or before)
    print(
        f"\nbulk attestation: {done} of {RECORDS} in {wall:.1f} s, {done / wall:.0f} a second; "
        f"{1000 * cpu / RECORDS:.1f} ms CPU of the worker each"
    )
    print(
        f"list page of a colleague: {a:.0f} ms before, {b:.0f} ms meanwhile (n {len(meanwhile)}), ratio {b / a:.2f}"
    )


def _started(app: Flask, batch_id: int) -> bool:
    with app.app_context():
        done = text("SELECT count(*) FROM batch_row WHERE batch_id = :id AND outcome IS NOT NULL")
        return bool(db.session.scalar(done, {"id": batch_id}))


def _timed(page: Callable[[], int]) -> float:
    began = time.perf_counter()
    page()
    return (time.perf_counter() - began) * 1000
