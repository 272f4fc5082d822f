"""One embedded PostgreSQL a run, one migrated database a process, one rolled-back transaction a test."""

from __future__ import annotations

import gc
import os
import random
import socket
import sys
import warnings
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask, g, request_started

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
# what costs time and belongs to no test, here and in the processes that tests start
WITHOUT = str(Path(__file__).parent / "without")
sys.path.insert(0, WITHOUT)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [WITHOUT, os.environ.get("PYTHONPATH")]))
gc.set_threshold(50_000, 20, 50)

from argon2 import PasswordHasher
from flask import has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app import create_app, wiring
from app.accounts import passwords
from app.core import children
from app.core.db import db
from tests import compiled, databases, kept, left
from tests.cast import Cast

APP = pytest.StashKey[Flask]()
LONG = ("model", "adversary")  # first, so that no process ends with one of them alone


def pytest_configure(config):
    """The order of the run: as written, or by a seed, the same in all its processes."""
    seed = os.environ.pop("QINGQIAN_TEST_SEED", "").replace("written", "")
    if seed == "chance":
        seed = str(random.randrange(1_000_000))
    config.seed = getattr(config, "workerinput", {}).get("seed", seed)


def pytest_sessionstart(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and session.config.seed:
        reporter.write_line(f"QINGQIAN_TEST_SEED={session.config.seed}")


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if config.seed and exitstatus:
        terminalreporter.write_line(f"in the order of QINGQIAN_TEST_SEED={config.seed}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Packages, their files and the tests of each as the seed says; stories of a browser share a server."""

    def place(item):
        if not config.seed or item.get_closest_marker("browser"):
            return []
        names = (item.path.parent.relative_to(config.rootpath), item.path.name, item.nodeid)
        places = [sha256(f"{config.seed} {name}".encode()).digest() for name in names]
        return [b"" if item.path.parent.name in LONG else b" ", *places]

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """The processes of pytest-xdist share the server of the one that started them."""
    if not hasattr(node.config, "server"):
        server = node.config.server = databases.running()
        node.config.server_url = server.__enter__()
        node.config.add_cleanup(lambda: server.__exit__(None, None, None))
    node.workerinput |= {"server": node.config.server_url, "seed": node.config.seed}


compiled.share()
wiring.connect()  # also for what looks at tables and stores when it is collected


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    item.found = left.state(item.config.stash.get(APP, None))
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """The last thing of a test: what it leaves is what it found."""
    yield
    changed = left.compared(item.found, left.state(item.config.stash.get(APP, None)))
    assert not changed, f"left otherwise than it was: {', '.join(sorted(changed))}"


@pytest.fixture(scope="session")
def server(request):
    """The address of the run's own PostgreSQL."""
    given = getattr(request.config, "workerinput", {}).get("server")
    if given:
        yield given
    else:
        with databases.running() as url:
            yield url


# cheap on purpose; tests/accounts/test_passwords.py proves the strength of the product's own
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._NOBODY = passwords.hashed("nobody has this password")


class Browser(FlaskClient):
    """A client whose requests share the test's context, but nothing that a request left in `g`."""

    def open(self, *args, **kwargs):
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def app(server, request, tmp_path_factory):
    """The application on a migrated database with the code tables and the cast."""
    url = databases.furnished(server, "unit")
    application = create_app(databases.settings_for(url, tmp_path_factory.mktemp("instance")))
    application.test_client_class = Browser
    with application.app_context():
        databases.keep_statements(db.engine)
    application.jinja_env  # noqa: B018 - made when it is first asked for
    request.config.stash[APP] = application
    gc.collect()
    gc.freeze()  # what is there now stays: no collection need walk over it
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
        event.listen(connection, "before_cursor_execute", kept.notice)
        request_started.connect(_forget, app)
        left.forget()
        kept.begin()
        try:
            yield db.session
        finally:
            kept.begin(None)
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


_CHECK = text("DO 'BEGIN SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; END'")


def _check_deferred(session) -> None:
    session.flush()
    session.execute(_CHECK)


@pytest.fixture
def cast(session) -> Cast:
    """The people every test may use; see tests/cast.py."""
    return Cast.load()


@pytest.fixture
def tokenless(app, monkeypatch):
    """What is sent needs no token of its page; a test that is about tokens switches them on again."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def client(app, session, tokenless):
    """A browser without a session."""
    return app.test_client()


@pytest.fixture
def visit(app, session, tokenless):
    """`visit(account)` gives a browser signed in as that account."""

    def sign_in(user):
        from app.accounts import living_sessions

        client = app.test_client()
        with app.test_request_context():
            secret = living_sessions.open_session(user)
            db.session.commit()
        with client.session_transaction() as cookie:
            cookie.update(secret=secret, _user_id=str(user.id), _fresh=True)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def _warm_children(monkeypatch):
    """A child reads more than one file: pandas is imported once; overridden where that is the matter."""
    monkeypatch.setattr(children, "dismiss", lambda _task, **_more: None)


@pytest.fixture(scope="session", autouse=True)
def _no_child_left():
    yield
    children.stop()


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
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "DO ")):
                seen.append(statement)

        connection = db.session.connection()
        event.listen(connection, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(connection, "before_cursor_execute", note)

    return counting
