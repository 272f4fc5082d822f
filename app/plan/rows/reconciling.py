"""All rows of a school and year beside their placements: looked at, and made to follow (PLN-01)."""

from __future__ import annotations

from array import array
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.core.db import db, one_at_a_time
from app.plan.rows.sync import PORTION, SQL, decided_rows, portions, sync


def find_differing(school_id: int | None, year: int | None) -> array[int]:
    """The students whose rows may differ, by their ids: one pass over the tables."""
    db.session.flush()
    db.session.execute(text("SET LOCAL work_mem = '256MB'"))
    db.session.execute(text("SET LOCAL jit = off"))  # it takes longer than the statement
    db.session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))  # all of them are read
    wanted = {"school": school_id, "year": year}
    return array(
        "i", db.session.scalars(SQL["find"], wanted, execution_options={"yield_per": PORTION})
    )


def differences(school_id: int | None = None, year: int | None = None) -> dict[int, dict[str, int]]:
    """School → kind → rows that do not follow their placements; nothing is written (PLN-04)."""
    found: dict[int, Counter[str]] = {}
    for decided in decided_rows(find_differing(school_id, year)):
        for school, counts in decided.by_school().items():
            found.setdefault(school, Counter()).update(counts)
    return {school: dict(counts) for school, counts in found.items()}


def side_by_side(school_id: int, year: int, most: int) -> tuple[dict[str, int], list[Any]]:
    """The same of one school and year, and the first rows of each kind: their facts and `changes`."""
    counts: Counter[str] = Counter()
    rows: list[Any] = []
    for decided in decided_rows(find_differing(school_id, year)):
        rows += decided.first(most, counts)
        counts += decided.counts()
    return dict(counts), rows


def reconcile(
    school_id: int | None, year: int | None, now: datetime, seen: dict[str, int] | None = None
) -> dict[str, int]:
    """Make all rows of a school and year follow their placements; what was done. Not committed (PLN-04).

    One transaction: killed in the middle, nothing is done. With `seen`, what the dry run showed: where that
    is no longer so, nothing is written and a ValueError is raised. One at a time a school.
    """
    one_at_a_time("plan.reconcile", school_id)
    with db.session.begin_nested():
        found = find_differing(school_id, year)
        for portion in portions(found):
            db.session.execute(SQL["lock"], {"ids": list(portion)})
        done = sync(found, now)
        if seen is not None and done != seen:
            raise ValueError
    return done
