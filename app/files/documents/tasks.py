"""What the clock does with stored files: those that no row names go, and rows whose record is gone."""

from __future__ import annotations

from sqlalchemy import delete, exists, select

from app.core import clock, jobs, vault
from app.core.db import db
from app.core.registry import stores
from app.files.documents import issued
from app.files.documents.full_editions import FULL
from app.files.documents.models import Attachment

SUFFIXES = (".jpg", ".pdf", FULL.suffix)  # what this package stores


@jobs.queue.periodic(cron="17 3 * * *")
@jobs.queue.task(name="documents.sweep_files", queueing_lock="documents.sweep_files")
def sweep_files(timestamp: int = 0) -> tuple[int, int]:
    """Delete the rows, then the files that nothing needs; how many of each. May be run again."""
    rows = _forget_rows()
    return rows, vault.sweep(*SUFFIXES)


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="documents.make_anew", queueing_lock="documents.make_anew")
def make_anew(timestamp: int = 0) -> int:
    """Try again what could not be printed: the record may have been mended (DOC-07)."""
    return issued.make_anew()


def _forget_rows() -> int:
    """Rows of a registered kind whose record is not there any more."""
    gone = 0
    for name, kind in stores().file_kinds.items():
        done = db.session.execute(
            delete(Attachment)
            .where(
                Attachment.record_kind == name,
                Attachment.created_at < clock.now() - vault.GRACE,
                ~exists(select(1).where(kind.model.id == Attachment.record_id)),
            )
            .execution_options(synchronize_session=False)
        )
        gone += done.rowcount  # type: ignore[attr-defined]
    db.session.commit()
    return gone
