"""One embedded PostgreSQL a run, one migrated database a process, one rolled-back transaction a test."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest
from flask import g, request_started

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

from flask import has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event, text

import config as settings
from app import create_app, wiring
from app.core import postgres
from app.core.db import db
from tests.cast import Cast, furnish

wiring.connect()  # also for what looks at tables and stores when it is collected


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of the run's own PostgreSQL."""
    root = Path(tempfile.mkdtemp(prefix="qingqian-test-"))
    root.chmod(0o755)
    folder = root / "postgres"
    url = postgres.start(folder, durable=False)
    yield url
    postgres.stop(folder)
    shutil.rmtree(root, ignore_errors=True)


def settings_for(url: str, folder: Path, **more: str) -> settings.Config:
    """Settings of a test installation on that database."""
    env = {"QINGQIAN_MODE": "test", "QINGQIAN_INSTANCE": str(folder), "DATABASE_URL": url}
    return settings.load({**env, **{f"QINGQIAN_{k.upper()}": v for k, v in more.items()}})


def make_database(server: str, name: str) -> str:
    """A fresh, empty database on the run's server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")


class Browser(FlaskClient):
    """A client whose requests share the test's context, but nothing that a request left in `g`."""

    def open(self, *args, **kwargs):
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def app(server, tmp_path_factory):
    """The application on a migrated database with the code tables and the cast."""
    url = make_database(server, f"unit_{os.getpid()}")
    application = create_app(settings_for(url, tmp_path_factory.mktemp("instance")))
    application.test_client_class = Browser
    with application.app_context():
        furnish()
    return application


@pytest.fixture
def session(app):
    """A transaction that is rolled back; commits inside become savepoints, checked like commits."""
    with app.app_context():
        engines = db._app_engines[app]
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        event.listen(db.session, "before_commit", _check_deferred)
        request_started.connect(_forget, app)
        try:
            yield db.session
        finally:
            request_started.disconnect(_forget, app)
            event.remove(db.session, "before_commit", _check_deferred)
            db.session.remove()
            engines[None] = engine
            outer.rollback()
            connection.close()


def _forget(_app, **_more) -> None:
    """All requests of a test share one application context: none sees whom the last one signed in."""
    for name in list(g):
        g.pop(name)


def _check_deferred(session) -> None:
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


@pytest.fixture
def cast(session) -> Cast:
    """The people every test may use; see tests/cast.py."""
    return Cast.load()


@pytest.fixture
def client(app, session):
    """A browser without a session."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    yield client
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def visit(app, session):
    """`visit(account)` gives a browser signed in as that account."""
    app.config["WTF_CSRF_ENABLED"] = False

    def sign_in(user):
        from app.accounts import queries

        client = app.test_client()
        with app.test_request_context():
            secret = queries.open_session(user)
            db.session.commit()
        with client.session_transaction() as cookie:
            cookie.update(secret=secret, _user_id=str(user.id), _fresh=True)
        return client

    yield sign_in
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Nothing leaves the machine in a test."""
    real = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wanted to reach {address[0]}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def query_count(app, session):
    """`with query_count() as seen: …; seen.n` counts the statements of the block."""
    from contextlib import contextmanager

    class Seen(list):
        @property
        def n(self) -> int:
            return len(self)

    @contextmanager
    def counting():
        seen = Seen()

        def note(conn, cursor, statement, *rest):
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SET CONSTRAINTS")):
                seen.append(statement)

        connection = db.session.connection()
        event.listen(connection, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(connection, "before_cursor_execute", note)

    return counting
