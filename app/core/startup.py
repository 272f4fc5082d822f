"""What an installation looks at before it serves anybody: its database is one for real people (S-19).

Settings are judged by `config.load` alone; here is what only the database knows. Outside production
nothing is asked.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import psycopg
from flask import Flask, abort, request
from sqlalchemy.engine import make_url

from app.core.registry import stores
from config import BadSettings, Config

log = logging.getLogger(__name__)
SHIFTED = "SELECT EXISTS (SELECT 1 FROM clock_shift WHERE seconds <> 0)"


def init(app: Flask, config: Config) -> None:
    """Refuse an unsafe database now; where it cannot be reached, answer 503 until it was looked at.

    Raises BadSettings: neither web nor worker process comes up.
    """
    if not config.production:
        return
    _private(config.folder)
    try:
        look(config)
    except psycopg.OperationalError as error:
        log.warning("the database cannot be reached yet: %s", type(error).__name__)
        _look_later(app, config)


def _look_later(app: Flask, config: Config) -> None:
    looked: list[bool] = []

    def ready() -> None:
        if looked or request.path == "/healthz":
            return
        try:
            look(config)
        except psycopg.OperationalError:
            abort(503)
        except BadSettings as problem:
            log.critical("%s", problem)
            abort(503)
        looked.append(True)

    app.before_request(ready)


def look(config: Config) -> None:
    """Raise BadSettings with all that is wrong; a database without tables is in order."""
    problems = []
    with psycopg.connect(address(config.database_url), connect_timeout=5) as connection:
        problems += [
            sentence
            for table, question, sentence in stores().unfit
            if _holds(connection, table, question)
        ]
        if _holds(connection, "clock_shift", SHIFTED):
            problems.append("the clock of this database was shifted: it is no production database")
    if problems:
        raise BadSettings(*problems)


def _holds(connection: psycopg.Connection, table: str, question: str) -> bool:
    known = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
    if known is None or known[0] is None:
        return False
    found = connection.execute(question).fetchone()  # type: ignore[call-overload]
    return bool(found and found[0])


def address(url: str) -> str:
    """A database's address as psycopg reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _private(folder: Path) -> None:
    """The instance folder is the service's own; the embedded database needs to pass through it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name != "nt" and not (folder / "postgres").exists():
        folder.chmod(0o700)


def is_pooler(url: str) -> bool:
    """Whether something stands between: the server's process is another than the one that answered.

    PgBouncer and its kin make up the number they say at the start. Raises psycopg.OperationalError.
    """
    with psycopg.connect(address(url), connect_timeout=10, autocommit=True) as connection:
        row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
        return row is None or row[0] != connection.info.backend_pid


def direct(config: Config) -> str:
    """The address for what needs a session: jobs (LISTEN) and migrations (their lock). SCL-02.

    Raises BadSettings where that is a pooler.
    """
    url = config.direct_url or config.database_url
    if is_pooler(url):
        name = "QINGQIAN_DIRECT_URL" if config.direct_url else "DATABASE_URL"
        raise BadSettings(
            f"{name} leads to a connection pooler: worker and migrations need the PostgreSQL itself;"
            " name it in QINGQIAN_DIRECT_URL (the web keeps the pooler)"
        )
    return url
