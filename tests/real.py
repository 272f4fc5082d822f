"""What tests over real connections share: an installation, acts at one moment, a worker killed midway."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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


def forked(app: Flask, act: Callable[[], object]) -> int:
    """The process of a worker that does the act with everything loaded; it ends with 0 when it is done."""
    with warnings.catch_warnings():  # the threads that it warns of hold nothing of ours
        warnings.simplefilter("ignore", DeprecationWarning)
        worker = os.fork()
    if worker == 0:
        with suppress(BaseException), app.app_context():
            db.engine.dispose(close=False)  # its connections are the parent's
            act()
            os._exit(0)
        os._exit(1)
    return worker


def killed(
    app: Flask,
    act: Callable[[], object],
    owner: object,
    name: str,
    when: Callable[..., bool] = lambda *_args, **_more: True,
) -> None:
    """Do the act in a worker, and kill it -9 when it comes out of that function of the owner."""
    reads, writes = os.pipe()

    def worker() -> None:
        real = getattr(owner, name)

        def slow(*args: object, **more: object) -> object:
            done = real(*args, **more)
            if when(*args, **more):
                os.write(writes, b"midway")
                time.sleep(60)
            return done

        setattr(owner, name, slow)
        act()

    pid = forked(app, worker)
    os.close(writes)
    with open(reads, "rb") as pipe:
        said = pipe.read(6)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert said == b"midway"
