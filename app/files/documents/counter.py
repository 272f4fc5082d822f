"""The counters of agreement numbers (AGR-10) and of other papers that are numbered without gaps."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.files.documents.models import NumberCounter
from app.files.documents.numbers import agreement_number


def next_number(kind_digit: int, graduation_year: int, school_id: int, school_code: str) -> str:
    """Give out the next number of that kind, year and school, in the caller's transaction.

    The counter's row stays locked until that transaction ends and rolls back with it: numbers
    given out have no gaps (AGR-10). Lock the placement before, never after (student → … → counter).
    """
    [sequence] = take_numbers(kind_digit, graduation_year, school_id, 1)
    return agreement_number(kind_digit, graduation_year, school_code, sequence)


def take_numbers(kind: int, graduation_year: int, school_id: int, count: int) -> range:
    """The next sequence numbers of that kind, year and school, in the caller's transaction; no gaps."""
    key = {"kind": kind, "graduation_year": graduation_year, "school_id": school_id}
    statement = (
        insert(NumberCounter)
        .values(**key, last=count)
        .on_conflict_do_update(index_elements=list(key), set_={"last": NumberCounter.last + count})
        .returning(NumberCounter.last)
    )
    last = db.session.execute(statement).scalar_one()
    return range(last - count + 1, last + 1)
