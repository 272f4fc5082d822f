"""What tests over real connections share: an installation, acts at one moment, a worker killed midway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

from flask import Flask

from app import create_app
from app.core.db import db
from app.core.errors import NotYours, Refused
from tests.databases import keep_statements, settings_for

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def installation(url: str, folder: Path) -> Iterator[Flask]:
    """The application on a furnished database of its own, with real commits."""
    application = create_app(settings_for(url, folder))
    with application.app_context():
        keep_statements(db.engine)
    yield application
    with application.app_context():
        db.engine.dispose()


def at_once(app, acts):
    """Run the acts in threads that start together; what each ended with, by name."""
    start = Barrier(len(acts))

    def run(act):
        with app.test_request_context():
            start.wait()
            try:
                act()
                return "done"
            except (Refused, NotYours) as refusal:
                return type(refusal).__name__
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def killed(script: str, *args: object) -> None:
    """Run the script in a process of its own, and kill it -9 once it says «midway»."""
    worker = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, args)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    said = worker.stdout.readline()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert said == "midway\n"
