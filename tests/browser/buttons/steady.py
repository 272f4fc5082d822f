"""The demo served out of one transaction: whatever a press did, `/steady/back` undoes it.

A process of its own: `python -m tests.browser.buttons.steady PORT` with the settings of the demo in the
environment. Requests are answered one at a time. The tests ask it at `/steady/…`: `mark` and `back` set
the point to go back to and go there, `work` does what waits for the worker, `seen` gives the templates
and the bugs since the last question, `texts` every text of the database.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
import traceback

import flask_sqlalchemy.session
from flask import template_rendered
from sqlalchemy import event, text
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.core import jobs
from app.core.db import db

TEXTS = """SELECT table_name, column_name FROM information_schema.columns
  WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')
    AND table_name NOT LIKE 'procrastinate%' AND table_name NOT LIKE 'ab_p%'"""
DUE = """SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND id > :start
  AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY priority DESC, id LIMIT 40"""


class Steady:
    """One connection for all requests, and the point it goes back to."""

    def __init__(self, app) -> None:
        self.app, self.lock = app, threading.RLock()
        self.templates, self.bugs = [], []
        with app.app_context():
            self.connection = db.engine.connect()
        self.outer = self.connection.begin()
        self.point = self.connection.begin_nested()
        self.jobs = self.newest_job()
        flask_sqlalchemy.session.Session.get_bind = lambda *_a, **_k: self.connection
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        event.listen(db.session.session_factory, "before_commit", checked)
        template_rendered.connect(self.note, app)

    def note(self, _app, template, **_more) -> None:
        if template.name and template.name not in self.templates:
            self.templates.append(template.name)

    def newest_job(self) -> int:
        return self.connection.execute(
            text("SELECT coalesce(max(id), 0) FROM procrastinate_jobs")
        ).scalar_one()

    def mark(self) -> None:
        """From now on this is where `back` leads."""
        self.point = self.connection.begin_nested()

    def back(self) -> None:
        if self.point.is_active:
            self.point.rollback()
        self.mark()

    def work(self) -> int:
        """Do the jobs asked for since the start, in this transaction; how many."""
        done, start = 0, self.jobs
        while found := self.connection.execute(text(DUE), {"start": start}).all():
            for key, name, arguments in found:
                start = max(start, key)
                done += self.one(key, name, arguments)
        return done

    def one(self, key: int, name: str, arguments: dict) -> int:
        task = jobs.queue.tasks.get(name)
        if task is None or asyncio.iscoroutinefunction(task.func):
            return 0
        with self.app.app_context():
            try:
                task.func(**arguments)
                db.session.execute(
                    text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": key}
                )
                db.session.commit()
            except Exception:  # noqa: BLE001 (whatever it was is the finding)
                db.session.rollback()
                self.bugs.append(f"job {name}\n{traceback.format_exc()}")
            finally:
                db.session.remove()
        return 1

    def texts(self) -> list[str]:
        found = set()
        for table, column in self.connection.execute(text(TEXTS)).all():
            rows = self.connection.execute(
                text(
                    f'SELECT DISTINCT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL'
                )
            )
            found |= {value for (value,) in rows if not re.fullmatch(r"[a-z_.:-]*", value)}
        return sorted(found)

    def seen(self) -> dict[str, list[str]]:
        found = {"templates": self.templates[:], "bugs": self.bugs[:]}
        self.templates.clear()
        self.bugs.clear()
        return found

    def answer(self, name: str) -> object:
        return {
            "mark": self.mark,
            "back": self.back,
            "work": self.work,
            "seen": self.seen,
            "texts": self.texts,
        }[name]()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        with self.lock:
            if path.startswith("/steady/"):
                data = json.dumps(self.answer(path.removeprefix("/steady/"))).encode()
                start_response("200 OK", [("Content-Type", "application/json")])
                return [data]
            parts = self.app.wsgi_app(environ, start_response)
            try:
                return [b"".join(parts)]
            finally:
                getattr(parts, "close", lambda: None)()


def checked(session) -> None:
    """A commit here is no commit: what the database checks at one is checked now."""
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


class Bugs(logging.Handler):
    """Tracebacks that the application logs."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.kept = kept

    def emit(self, record) -> None:
        self.kept.append(
            f"{record.getMessage()}\n{''.join(traceback.format_exception(*record.exc_info)) if record.exc_info else ''}"
        )


class Quiet(WSGIRequestHandler):
    def log(self, *_args) -> None:
        """Nothing: the tests keep the record."""


def main() -> None:
    app = create_app()
    steady = Steady(app)
    logging.getLogger().addHandler(Bugs(steady.bugs))
    server = make_server(
        "127.0.0.1", int(sys.argv[1]), steady, threaded=True, request_handler=Quiet
    )
    server.daemon_threads = True
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
