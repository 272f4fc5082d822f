"""One PostgreSQL a run, and databases on it: empty ones, and copies of what was furnished once.

The server lies in memory where there is room for it; nothing of it outlives the run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

import config as settings
from app import create_app
from app.core import postgres
from app.core.db import db
from tests import factories as make
from tests.cast import furnish

MEMORY, ROOM = Path("/dev/shm"), 4 << 30
FURNISHED = "furnished"
# one set for all: what one installation has sealed, another on a copy of its database reads
KEYS = {
    "secret_key": "of-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "data_keys": "k1:pd/2/qdX3jJnTFe7TOyGQoEaxgvWwSGZYOk8O6UvE/Q=",
    "index_key": "iy2U0lBt8g/WveXhrId7oAhn0C1dXgE/oAF5icrTwRc=",
}


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that is gone afterwards."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    root = Path(tempfile.mkdtemp(prefix="qingqian-test-", dir=MEMORY if roomy else None))
    root.chmod(0o755)
    try:
        url = postgres.start(root / "postgres", durable=False)
        with psycopg.connect(url, autocommit=True) as connection:
            for name, value in {"max_wal_size": "256MB", "autovacuum_max_workers": "1"}.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        postgres.stop(root / "postgres")
        shutil.rmtree(root, ignore_errors=True)


def settings_for(url: str, folder: Path, **more: str) -> settings.Config:
    """Settings of a test installation on that database."""
    for name, key in KEYS.items():  # files, as those who start on that folder alone find them
        with open(os.open(folder / f"{name}.txt", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(key)
    env = {"QINGQIAN_MODE": "test", "QINGQIAN_INSTANCE": str(folder), "DATABASE_URL": url}
    return settings.load({**env, **{f"QINGQIAN_{k.upper()}": v for k, v in more.items()}})


def address(server: str, name: str) -> str:
    """Where that database of the server is."""
    return server.replace("/postgres?", f"/{name}?")


def make_database(server: str, name: str, template: str = "template1") -> str:
    """The address of a fresh database of this process: empty, or a copy."""
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return address(server, name)


def furnished(server: str, name: str) -> str:
    """The address of a fresh database with tables, codes and the cast."""
    once(server, FURNISHED, furnish)
    return make_database(server, name, FURNISHED)


def once(server: str, name: str, fill: Callable[[], None], template: str = "template1") -> None:
    """Make that database unless the run has it, filled inside an application's context."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])  # until it is closed
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        url = make_database(server, f"making_{name}", template)
        with tempfile.TemporaryDirectory() as folder:
            application = create_app(settings_for(url, Path(folder)))
            first = 500_001 if template == "template1" else 550_001
            with application.app_context(), make.numbered(first):
                fill()
                db.session.commit()
                db.session.remove()
                db.engine.dispose()
        with psycopg.connect(url, autocommit=True) as inside:
            inside.execute("VACUUM ANALYZE")
        connection.execute(f'ALTER DATABASE "making_{name}_{os.getpid()}" RENAME TO "{name}"')


def keep_statements(engine: Engine) -> None:
    """Let the server keep the plans of what is asked again and again, as no pooler stands between."""

    @event.listens_for(engine, "connect")
    def prepared(connection, _record):
        connection.prepare_threshold = 2
        connection.prepared_max = 2000
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.commit()
