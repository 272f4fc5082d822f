"""What the clock does with stored files: those that no row names go, and rows whose record is gone.

A file is written before its transaction commits, and taken from its row before it is deleted; so
only what has lain for a day counts, by the clock of the store itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import String, delete, exists, select

from app.core import clock, filestore, jobs
from app.core.db import db
from app.core.registry import stores
from app.documents import kept
from app.documents.models import Attachment

GRACE = timedelta(days=1)
SUFFIXES = (
    ".jpg",
    ".pdf",
    ".full",
)  # what this package stores; other files are none of its business
PORTION = 500


@jobs.queue.periodic(cron="17 3 * * *")
@jobs.queue.task(name="documents.sweep_files", queueing_lock="documents.sweep_files")
def sweep_files(timestamp: int = 0) -> tuple[int, int]:
    """Delete the rows, then the files that nothing needs; how many of each. May be run again."""
    rows = _forget_rows()
    return rows, _delete_files()


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="documents.make_anew", queueing_lock="documents.make_anew")
def make_anew(timestamp: int = 0) -> int:
    """Try again what could not be printed: the record may have been mended (DOC-07)."""
    return kept.make_anew()


def _forget_rows() -> int:
    """Rows of a registered kind whose record is not there any more."""
    gone = 0
    for name, kind in stores().file_kinds.items():
        done = db.session.execute(
            delete(Attachment)
            .where(
                Attachment.record_kind == name,
                Attachment.created_at < clock.now() - GRACE,
                ~exists(select(1).where(kind.model.id == Attachment.record_id)),
            )
            .execution_options(synchronize_session=False)
        )
        gone += done.rowcount  # type: ignore[attr-defined]
    db.session.commit()
    return gone


def _delete_files() -> int:
    """Files first, names after: what is named between the two is found."""
    old = list(filestore.older_than(GRACE, SUFFIXES))
    gone = 0
    for start in range(0, len(old), PORTION):
        portion = old[start : start + PORTION]
        named = _named(portion)
        for key in portion:
            if key not in named:
                filestore.delete_file(key)
                gone += 1
    db.session.rollback()
    return gone


def _named(keys: list[str]) -> set[str]:
    """Those that some row of any table names: every text column whose name ends in ``_key``."""
    found: set[str] = set()
    for column in key_columns():
        found.update(db.session.scalars(select(column).where(column.in_(keys))))
    return found


def key_columns() -> list[Any]:
    """The columns that name stored files, by their names; see `filestore.save_file`."""
    return [
        column
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_key") and isinstance(column.type, String)
    ]
