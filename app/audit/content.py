"""What is sealed of a row: each column, spelled by the database in one way; ids as ranges.

Who adds a column to one of the tables adds it here as a further edition: rows sealed before it keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql


@dataclass(frozen=True)
class SealedTable:
    """A table whose rows are sealed.

    `columns`: all but the id, which the place in the seal stands for; `place`: what a row is about,
    as SQL; `moment` is its column of time.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    place: str

    @property
    def content(self) -> str:
        """The whole row as one text (SQL). No function of ours is asked: those could be replaced."""
        spelled = ("extract(epoch FROM at)" if c == "at" else c for c in self.columns)
        return f"pg_catalog.jsonb_build_array({', '.join(spelled)})::text"

    def query(self, statement: Any, **names: Any) -> Any:
        """The statement for this source: `{table}`, `{place}`, `{content}`, and further names of columns."""
        return sql.SQL(statement).format(
            table=sql.Identifier(self.table),
            place=sql.SQL(self.place),  # type: ignore[arg-type]
            content=sql.SQL(self.content),  # type: ignore[arg-type]
            **{key: sql.Identifier(name) for key, name in names.items()},
        )


WHO = ("actor_id", "actor_role", "actor_name", "address", "device", "device_id")
TRAIL = SealedTable(
    "trail",
    "trail",
    (
        "kind",
        "record_id",
        "seq",
        "school_id",
        "step",
        "from_state",
        "to_state",
        *WHO,
        "factor",
        "reason",
        "details",
        "at",
        "txid",
        "previous",
        "hash",
        "mark",
    ),
    "kind || ' ' || record_id || ' ' || seq",
)
EVENTS = SealedTable(
    "event",
    "security_event",
    (
        "at",
        "event",
        "outcome",
        "user_id",
        "school_id",
        *WHO,
        "details",
        "mark",
    ),
    "event || ' ' || coalesce(user_id, 0) || ' ' || id",
)
SOURCES = (TRAIL, EVENTS)


def spans(ids: Sequence[int]) -> list[tuple[int, int]]:
    """Rising ids as ranges, the end not in them: 1 2 3 7 → (1, 4) (7, 8)."""
    found: list[tuple[int, int]] = []
    for key in ids:
        if found and found[-1][1] == key:
            found[-1] = (found[-1][0], key + 1)
        else:
            found.append((key, key + 1))
    return found


def as_text(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges as PostgreSQL writes a multirange; what is digested, too."""
    return "{" + ",".join(f"[{low},{high})" for low, high in ranges) + "}"
