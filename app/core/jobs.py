"""Work done after the commit, by the worker: mail, documents, sweeps (procrastinate on PostgreSQL).

A job is enqueued on the connection of the caller's transaction: rolled back, it never existed (GRD-06).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import procrastinate
import procrastinate.signals
from flask import Flask, current_app
from procrastinate.tasks import Task
from sqlalchemy import text

from app.core import clock, startup, steady
from app.core.db import db, driver_connection

on_ours = procrastinate.SyncPsycopgConnector()  # writes jobs on the connection of a transaction
queue = procrastinate.App(connector=on_ours)

HEARTBEAT = 5.0  # seconds between two signs of life of a worker
SILENT = 30.0  # seconds after which a worker counts as dead and its jobs are picked up again
PATIENT = procrastinate.RetryStrategy(
    max_attempts=10, exponential_wait=3
)  # gives up after ~9 hours
BRIEF = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=2)
URGENT = "urgent"  # the queue of what somebody waits for with the phone in hand (S-06)


class WorkerConnector(procrastinate.PsycopgConnector):
    """The worker's own connections; what a task enqueues still goes into the task's transaction."""

    def get_sync_connector(self) -> Any:
        return on_ours


Job = tuple[Task[Any, Any, Any], datetime | None, dict[str, Any]]  # what, when, for which ids
_waiting: ContextVar[list[Job] | None] = ContextVar("waiting", default=None)


def enqueue(task: Task[Any, Any, Any], *, at: datetime | None = None, **arguments: Any) -> None:
    """Add a job to the running transaction, to be done from then on.

    Arguments are ids, never personal data.
    """
    waiting = _waiting.get()
    if waiting is None:
        _configured(task, at).defer(**arguments)
    else:
        waiting.append((task, at, arguments))


@contextmanager
def together() -> Iterator[list[Job]]:
    """Who enqueues many jobs in one transaction writes them at the end, each task's by one statement.

    Yields the jobs so far: what a savepoint took back is cut off there by the caller.
    """
    jobs: list[Job] = []
    token = _waiting.set(jobs)
    try:
        yield jobs
    finally:
        _waiting.reset(token)
    alike: dict[tuple[str, datetime | None], list[Job]] = {}
    for job in jobs:
        alike.setdefault((job[0].name, job[1]), []).append(job)
    for (_name, at), mine in alike.items():
        _configured(mine[0][0], at).batch_defer(*(arguments for _task, _at, arguments in mine))


def _configured(task: Task[Any, Any, Any], at: datetime | None) -> Any:
    options: dict[str, Any] = {"connection": driver_connection()}
    if at is not None:
        options["schedule_at"] = clock.real(at)
    return task.configure(**options)


def work(app: Flask, *, once: bool = False) -> None:
    """Run the worker until it is told to stop; `once` returns when no job is left (tests).

    Raises BadSettings where its database is behind a pooler, which knows no LISTEN (SCL-02).
    """
    asyncio.run(_work(app, once))


async def _work(app: Flask, once: bool) -> None:
    def in_app(call: Callable[[], Any], context: object, worker: object) -> object:
        with app.app_context():
            try:
                return call()
            finally:
                db.session.remove()

    address = startup.address(startup.direct(app.config["QINGQIAN"]))
    connector = WorkerConnector(conninfo=address, min_size=2, max_size=6)
    with queue.replace_connector(connector) as runner:
        async with runner.open_async():
            await _run(runner, once, in_app)


SLOTS: tuple[dict[str, Any], ...] = (
    {"name": "worker", "concurrency": 2},  # takes everything, what is urgent first
    {
        "name": "urgent",
        "concurrency": 1,
        "queues": [URGENT],
    },  # nothing else, whatever the others do
)


async def _run(runner: procrastinate.App, once: bool, in_app: Any) -> None:
    """Run the slots side by side; told to stop, all finish what they are at. One that fails ends all."""
    slots = [
        asyncio.create_task(
            runner.run_worker_async(
                **slot,
                wait=not once,
                task_middleware=[in_app],
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=SILENT,
                fetch_job_polling_interval=2.0,
                install_signal_handlers=False,
                listen_notify=not once,
                shutdown_graceful_timeout=20,
                delete_jobs="successful",
            )
        )
        for slot in SLOTS
    ]
    stop = _stopper(slots)
    with nullcontext() if once else procrastinate.signals.on_stop(stop):
        try:
            await asyncio.gather(*slots)
        except asyncio.CancelledError:  # told to stop
            await asyncio.wait(slots)
        except BaseException:
            stop()
            await asyncio.wait(slots)
            raise


def _stopper(slots: list[asyncio.Task[None]]) -> Callable[[], None]:
    def stop() -> None:
        for slot in slots:
            slot.cancel()

    return stop


@queue.periodic(cron="* * * * *")
@queue.task(name="core.sweep_stalled", queueing_lock="core.sweep_stalled", pass_context=True)
async def sweep_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Put the jobs of a dead worker back into the queue."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
        await manager.retry_job(job)


@queue.periodic(cron="50 19 * * *")  # 03:50 in China
@queue.task
def tidy_turns(timestamp: int = 0) -> None:
    """The turns of what seldom changes, kept short."""
    db.session.execute(steady.tidied())
    db.session.commit()


def worker_alive() -> bool:
    """Whether some worker gave a sign of life lately."""
    seen = text(
        "SELECT EXISTS (SELECT 1 FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => :silent))"
    )
    return bool(db.session.execute(seen, {"silent": SILENT}).scalar_one())


def retry(job_id: int) -> bool:
    """Queue a failed job once more; False where it is not among the failed ones."""
    row = db.session.execute(
        text("SELECT 1 FROM procrastinate_jobs WHERE id = :id AND status = 'failed' FOR UPDATE"),
        {"id": job_id},
    ).first()
    if row is None:
        return False
    db.session.execute(
        text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": job_id}
    )
    return True


def config() -> Any:
    """The settings of this installation (`config.Config`)."""
    return current_app.config["QINGQIAN"]
