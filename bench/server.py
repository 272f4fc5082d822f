"""The embedded PostgreSQL of a bench: a folder of its own, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core import postgres


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
