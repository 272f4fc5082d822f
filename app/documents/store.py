"""How agreements are numbered and documents made void: the impure part of the package.

Where their files lie is `core.files`, whose names stand here too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.files import delete_file, older_than, read_checked, read_file, save_file
from app.documents.models import Document, NumberCounter
from app.documents.numbers import agreement_number

__all__ = [
    "delete_file",
    "next_number",
    "older_than",
    "read_checked",
    "read_file",
    "save_file",
    "void_documents",
]


def next_number(kind_digit: int, graduation_year: int, school_id: int, school_code: str) -> str:
    """Give out the next number of that kind, year and school, in the caller's transaction.

    The counter's row stays locked until that transaction ends and rolls back with it: numbers
    given out have no gaps (AGR-10). Lock the placement before, never after (student → … → counter).
    """
    key = {"kind": kind_digit, "graduation_year": graduation_year, "school_id": school_id}
    statement = (
        insert(NumberCounter)
        .values(**key, last=1)
        .on_conflict_do_update(index_elements=list(key), set_={"last": NumberCounter.last + 1})
        .returning(NumberCounter.last)
    )
    sequence = db.session.execute(statement).scalar_one()
    return agreement_number(kind_digit, graduation_year, school_code, sequence)


def void_documents(record_kind: str, record_id: int, kind: str, at: datetime) -> None:
    """Make the record's documents of a kind void; they stay, with their codes (DOC-04)."""
    db.session.execute(
        update(Document)
        .where(
            Document.record_kind == record_kind,
            Document.record_id == record_id,
            Document.kind == kind,
            Document.void_at.is_(None),
        )
        .values(void_at=at)
    )
