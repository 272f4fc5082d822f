"""What seldom changes is kept by each process for as long as nobody wrote it, and not a moment longer.

Schools and their parts, settings and calendars, code tables and destination kinds: the database raises the
turn of a group in the very transaction that writes one of its tables (triggers of migration 0037), so that
whoever sees what was written sees the turn, too. A page is told the turns by the statement that reads its
session, a job asks once a transaction.

A turn is the sum of random numbers, one for each transaction that wrote: rows are only added, so that two
writers never wait for each other, and what a transaction kept that was undone is never taken for true.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy import TextClause, text

from app.core.db import db, forget, remembered

T = TypeVar("T")
P = ParamSpec("P")
SCHOOLS, SETTINGS, CODES = "schools", "settings", "codes"
TABLES = {
    "school": SCHOOLS,
    "college": SCHOOLS,
    "major": SCHOOLS,
    "school_setting": SETTINGS,
    "calendar_day": SETTINGS,
    "code": CODES,
    "code_edition": CODES,
    "region": CODES,
    "destination_type": CODES,
    "destination_kind": CODES,
    "destination_field": CODES,
    "destination_proof": CODES,
    "rate_formula": CODES,
    "counts_as": CODES,
}
TURNS = """SELECT jsonb_object_agg(s.name, s.turn)
    FROM (SELECT name, sum(turn)::text AS turn FROM steady GROUP BY name) s"""
MOST = 5_000  # answers of one function
_KEY = "turns"


def kept(*groups: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorator: remember what a reading function gave, by its arguments, until a group is written.

    What it gives is shared by all who ask: it is never changed, and speaks no language.
    """

    def remembering(read: Callable[P, T]) -> Callable[P, T]:
        known: dict[Hashable, tuple[object, T]] = {}

        @wraps(read)
        def steady(*args: P.args, **more: P.kwargs) -> T:
            now, key = turns(), (args, tuple(more.items()))
            turn = tuple(now.get(group) for group in groups)
            found = known.get(key)
            if found is not None and found[0] == turn:
                return found[1]
            if len(known) >= MOST:
                known.clear()
            answer = read(*args, **more)
            known[key] = turn, answer
            return answer

        return steady

    return remembering


def turns() -> dict[str, str]:
    """Group → its turn, as this transaction was told."""
    return remembered(_KEY, lambda: db.session.scalar(text(TURNS)) or {})


def told(found: dict[str, str]) -> None:
    """The session's statement said the turns besides."""
    forget(_KEY)
    remembered(_KEY, lambda: found)


def written() -> None:
    """The running transaction has written such a table: the turns are asked anew."""
    forget(_KEY)


def tidied() -> TextClause:
    """The many small rows of a group as one with their sum, and one more: no turn comes twice."""
    return text(
        "WITH gone AS (DELETE FROM steady RETURNING name, turn)"
        " INSERT INTO steady (name, xid, turn)"
        " SELECT name, pg_current_xact_id()::text::bigint, sum(turn) + 1 + floor(random() * 1e9)"
        " FROM gone GROUP BY name"
    )
