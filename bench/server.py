"""What every bench stands on: an embedded PostgreSQL in a folder of its own, gone afterwards; times printed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core import postgres
from app.core.db import db


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """Its address, and the folder for whatever else the bench writes."""
    folder = Path(tempfile.mkdtemp(prefix="qingqian-bench-"))
    folder.chmod(0o755)
    try:
        yield postgres.start(folder / "postgres", durable=False), folder
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


def timed(what: str, act: Callable[[], object], rounds: int = 1) -> float:
    """Seconds of the fastest of some rounds, each committed and printed."""
    best = 1e9
    for _n in range(rounds):
        start = time.perf_counter()
        found = act()
        db.session.commit()
        best = min(best, time.perf_counter() - start)
        print(f"{what:44}{best * 1000:10.0f} ms   {found}")
    return best
