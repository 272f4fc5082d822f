"""Codes behind imports: a real worker in a process of its own, real files, and how long a code waits.

Queues so many imports of so many students, then asks for a code every second until the imports are done.
Run with `python -m bench urgent [imports] [rows]`. S-06 wants every code out within 5 s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.accounts import one_time
from app.codes.queries import load_shipped
from app.core import children, mail
from app.core.db import db
from app.files.imports import requests
from app.workflow.actor import Role
from bench.batches import load
from bench.imports import workbook
from bench.server import server
from tests import factories as make

IMPORTS, ROWS, LONGEST = 50, 1_000, 5.0
MOST = 600  # seconds that the bench watches
LEFT = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'bulk' AND status IN ('todo', 'doing')"
WAITED = text(
    "SELECT extract(epoch FROM m.sent_at - m.created_at) FROM message m WHERE m.key LIKE 'code:%' ORDER BY 1"
)


def main(imports: int = IMPORTS, rows: int = ROWS) -> None:
    """Build, queue, start the worker, ask for codes, print."""
    with server() as (url, folder):
        try:
            waits, left = run(load(url, folder), url, folder, imports, rows)
        finally:
            children.stop()
    missing = sum(wait is None for wait in waits)
    known = [float(wait) for wait in waits if wait is not None]
    print(f"{len(waits)} codes, {missing} not sent; imports left at the last code: {left}")
    print(
        f"seconds from asking to sending: median {statistics.median(known):.2f}, longest {max(known):.2f}"
    )
    assert not missing
    assert max(known) <= LONGEST


def run(app: Flask, url: str, folder: Path, imports: int, rows: int) -> tuple[list[float], int]:
    """Seconds each code waited, and how many imports were still waiting at the end."""
    with app.test_request_context():
        upgrade()
        load_shipped()
        make.make_college(make.make_school("10999", "青山大学"), "01", "计算机学院")
        db.session.commit()
        officer = make.make_user(Role.SCHOOL, "bench-officer", school_id=1)
        db.session.commit()
        who = make.actor(officer)
        requests.UPLOADS = type(requests.UPLOADS)(
            requests.UPLOADS.name, 10**6, requests.UPLOADS.per
        )
        for n in range(imports):
            data = workbook(rows, f"第{n}份")
            requests.bring(who, requests.sheet_for(who, "students"), data, f"学生{n}.xlsx")
        print(f"{db.session.scalar(text(LEFT))} imports of {rows} rows are queued", flush=True)
        env = {**os.environ, "DATABASE_URL": url, "QINGQIAN_INSTANCE": str(folder)}
        env["QINGQIAN_MODE"] = "test"
        command = [sys.executable, "-m", "flask", "--app", "run", "worker"]
        worker = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            left = _ask(LEFT)
        finally:
            worker.terminate()
            worker.wait(60)
        return list(db.session.scalars(WAITED)), left


def _ask(waiting: str) -> int:
    """Ask for a code every second as long as imports wait; how many did at the last one."""
    until, begun = time.monotonic() + MOST, False
    left = at_last = 0
    for n in range(MOST):
        left = db.session.scalar(text(waiting)) or 0
        alive = db.session.scalar(text("SELECT count(*) FROM procrastinate_workers"))
        db.session.commit()
        begun = begun or bool(alive)
        if begun and (not left or time.monotonic() > until or n > 120):
            break
        if begun:
            one_time.send(f"user:{n}", "bench", mail.SMS, f"139{n:08d}")
            at_last = left
        time.sleep(1)
    time.sleep(LONGEST)
    return at_last
