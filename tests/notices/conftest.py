"""An installation of its own with real commits; the worker runs in this process."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import jobs
from app.core.db import db
from tests import factories as make
from tests import real
from tests.cast import Cast
from tests.databases import furnished


class Installation:
    """What a test may do with it: look inside, let time pass, run the worker."""

    def __init__(self, app):
        self.app = app

    @contextmanager
    def inside(self):
        """The people, in a session of their own."""
        with self.app.app_context():
            yield Cast.load()
            db.session.commit()
            db.session.remove()

    def pass_time(self, **by) -> None:
        """Let time pass for the rules and for the queue, which goes by the machine's clock."""
        with self.app.app_context():
            make.pass_time(**by)
            db.session.execute(
                text(
                    "UPDATE procrastinate_jobs SET scheduled_at = scheduled_at"
                    " - make_interval(secs => :s) WHERE status = 'todo'"
                ),
                {"s": timedelta(**by).total_seconds()},
            )
            db.session.commit()

    def work(self, *tasks) -> None:
        """Run the worker until nothing is left, with these tasks of the clock."""
        with self.app.app_context():
            for task in tasks:
                jobs.enqueue(task, timestamp=0)
            db.session.commit()
        jobs.work(self.app, once=True)


@pytest.fixture
def installation(server, tmp_path):
    with real.installation(furnished(server, "notices"), tmp_path) as application:
        yield Installation(application)
        with application.app_context():
            db.session.remove()
