"""The sample application on a database of its own, and browsers signed in to it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import event

from tests.databases import make_database
from tests.fab import sample
from tests.fab.sample import db
from tests.stores import otherwise


@pytest.fixture(scope="session")
def sample_url(server):
    """An empty database for the sample, as psycopg 3 wants its address."""
    url = make_database(server, "fab")
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def sample_app(sample_url):
    app = sample.make_app(sample_url)
    app.written = ["nothing is filled yet"]

    def note(conn, cursor, statement, *rest):
        if not statement.startswith("SELECT"):
            app.written.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def filled(sample_app):
    """The tables as they are filled, whatever the tests before have written."""
    if sample_app.written:
        with sample_app.app_context():
            sample.fill()
        sample_app.written.clear()
    return sample_app


@pytest.fixture(autouse=True)
def _alone():
    """The sample has nobody above it: nothing is exported, no choice of columns is kept."""
    forgetful = SimpleNamespace(load=lambda view: {}, save=lambda view, chosen: None)
    with otherwise(export_link=lambda *_asked: None, list_choices=forgetful):
        yield


@pytest.fixture
def app(filled):
    sample.LetterView.ran.clear()
    return filled


@pytest.fixture
def browser(app):
    """`browser("wang")` is signed in; `browser()` is a stranger."""

    def make(name=None):
        client = app.test_client()
        if name:
            assert client.post(f"/login/{name}").data == b"in"
        return client

    return make


@pytest.fixture
def wang(browser):
    return browser("wang")


@pytest.fixture
def query_log(app):
    """The statements sent to the database so far."""
    seen: list[str] = []

    def note(conn, cursor, statement, parameters, context, many):
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def ids(app):
    """`ids(2)`: the keys of that school's letters in the list's own order."""

    def find(org, **where):
        with app.app_context():
            query = db.select(sample.Letter).filter_by(org_id=org, **where)
            rows = db.session.scalars(query).all()
            return [r.id for r in sorted(rows, key=lambda r: (r.changed_at, r.id), reverse=True)]

    return find
