"""The database handle: one metadata for our tables and Flask-AppBuilder's."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from flask import Flask
from flask_appbuilder import Model
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from psycopg import Connection, _queries
from sqlalchemy import CursorResult, Executable, event, func, select, text
from sqlalchemy.orm import Session

from app.core import page

T = TypeVar("T")

# the driver reads a statement's text anew each time if it is longer than that: the counts of a list are
_queries.MAX_CACHED_STATEMENT_LENGTH = 16_384

db = SQLAlchemy(model_class=Model, session_options={"autoflush": False})
migrate = Migrate()
MANY = 500  # rows of a temporary table from which on its size decides how it is joined
_REMEMBERED = "remembered"


def bind(app: Flask) -> None:
    """Give the application its database; a process forked from this one never uses its connections."""
    db.init_app(app)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(_part, weakref.ref(app)))


def _part(app: weakref.ref[Flask]) -> None:
    if (known := app()) is not None:
        with known.app_context():
            db.engine.dispose(close=False)


def remembered(key: object, read: Callable[[], T]) -> T:
    """What was read once in the running transaction and is asked for often; `forget` what changed."""
    known = db.session.info.setdefault(_REMEMBERED, {})
    if key not in known:
        known[key] = read()
    return known[key]  # type: ignore[no-any-return]


def forget(key: object) -> None:
    """The running transaction has changed it."""
    db.session.info.get(_REMEMBERED, {}).pop(key, None)


def one_at_a_time(*name: object) -> None:
    """Wait until no other transaction holds this name, and hold it until the running one ends."""
    key = func.hashtextextended(":".join(map(str, name)), 0)
    db.session.execute(select(func.pg_advisory_xact_lock(key)))


@event.listens_for(Session, "after_flush")
def _written(_session: Session, _flush: object) -> None:
    page.forget()


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    page.forget()
    if not session.in_nested_transaction():
        session.info.pop(_REMEMBERED, None)


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _transaction: object) -> None:
    page.forget()
    session.info.pop(_REMEMBERED, None)


@contextmanager
def without_nested_loops() -> Iterator[None]:
    """Joins read both sides from end to end, once: for many rows of which the statistics know nothing yet.

    For statements that only read, or write staged rows: what triggers ask inside keeps plans made under it.
    """
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    db.session.execute(text("SET LOCAL enable_nestloop = on"))


class Reads(property):
    """A property of a model that says which columns it reads: a list loads no others for it."""

    reads: tuple[str, ...] = ()


def reads(*names: str) -> Callable[[Callable[[Any], Any]], Reads]:
    """Decorator: a property that reads these columns of its own record and nothing else."""

    def mark(method: Callable[[Any], Any]) -> Reads:
        found = Reads(method)
        found.reads = names
        return found

    return mark


def driver_connection() -> Connection:
    """The psycopg connection of the running transaction: what is written on it commits with it."""
    connection = db.session.connection().connection.driver_connection
    assert isinstance(connection, Connection)
    return connection


def tuples(statement: Executable, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """All rows of a statement as the driver gives them: whoever makes a frame of them needs no more."""
    result = db.session.execute(statement, values)
    assert isinstance(result, CursorResult)
    found = list(result.cursor.fetchall())
    result.close()
    return found


def staged(table: str, columns: str, portions: Iterable[Iterable[Sequence[Any]]]) -> None:
    """Fill a temporary table of the running transaction by COPY; it is made, or emptied, and counted.

    The next portion is asked for between two COPYs, so it may be read from the database.
    """
    count = 0
    with driver_connection().cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns}) ON COMMIT DROP")
        cursor.execute(f"TRUNCATE {table}")
        for rows in portions:
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            count += cursor.rowcount
        if count > MANY:
            cursor.execute(
                f"ANALYZE pg_temp.{table}"
            )  # nobody else does: it would be joined blindly
