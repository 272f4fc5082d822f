"""A transaction that wrote rows of the trail or the security log is marked by the application as it commits.

The mark lists the rows with a keyed digest of each. So a row that came by SQL has no mark and is found, a
row changed between its commit and its seal too, and no writer waits for another: whatever SQL the
application wrote the rows with, they are read back at the commit by the mark that a trigger gave them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from psycopg import sql
from sqlalchemy import Connection, event

from app.audit.content import SOURCES, as_text, spans
from app.audit.keys import SIZE, Keys, row_mac
from app.core.db import db
from config import Config

_WRITTEN = re.compile(r"\binsert\s+into\s+\"?(?:trail|security_event)\"?[\s(]", re.I)
_FLAG = "audit_rows"
MANY = 500
# made once: it runs at every commit that wrote one of these rows
_OF_SOURCES = sql.SQL(" UNION ALL ").join(
    sql.SQL("SELECT {}, ").format(n)
    + source.query(
        "id, {place}, {content}, mark FROM {table}"
        " WHERE mark = nullif(current_setting('qingqian.mark', true), '')::bigint"
    )
    for n, source in enumerate(SOURCES)
)
_MINE = sql.SQL("{} ORDER BY 1, 2").format(_OF_SOURCES).as_string()
_FEW = f"{_MINE} LIMIT {MANY}"
_ADD = (
    "INSERT INTO trail_mark (mark, at, key_id, trail_ids, trail_macs, trail_places, event_ids,"
    " event_macs, event_places, mac) VALUES (%s, app_now(), %s, %s::int8multirange, %s, %s,"
    " %s::int8multirange, %s, %s, %s)"
)


def init(app: Flask, config: Config) -> None:
    """Let the application's engine mark what it commits."""
    keys = app.extensions["audit_keys"] = Keys.from_settings(config)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", _notice)
    event.listen(engine, "commit", lambda connection: _mark(connection, keys))
    event.listen(engine, "rollback", _forget)


def _forget(connection: Connection) -> None:
    """What is rolled back is not marked; a lost connection has taken its flag with it."""
    if not connection.invalidated:
        connection.info.pop(_FLAG, None)


def _notice(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    if ("INTO" in statement or "into" in statement) and _WRITTEN.search(statement):
        connection.info[_FLAG] = True


def _mark(connection: Connection, keys: Keys) -> None:
    """Read the rows of this transaction and vouch for them, on its own connection, before it ends."""
    if not connection.info.pop(_FLAG, False):
        return
    driver: Any = connection.connection.driver_connection
    ids: tuple[list[int], ...] = tuple([] for _source in SOURCES)
    macs = tuple(bytearray() for _source in SOURCES)
    places: tuple[list[str], ...] = tuple([] for _source in SOURCES)
    starts = [keys.row(keys.newest, source.name) for source in SOURCES]
    mark = None
    for n, key, place, text, own in _mine(driver):
        mark = own
        ids[n].append(key)
        macs[n].extend(row_mac(starts[n][0], starts[n][1], text))
        places[n].append(place)
    if mark is None:
        return  # the statement wrote no row
    parts: list[Any] = []
    for keys_of, macs_of, places_of in zip(ids, macs, places, strict=True):
        parts += [as_text(spans(keys_of)), bytes(macs_of), "\n".join(places_of)]
    with driver.cursor() as cursor:
        mac = keys.whole(keys.newest, "mark", mark, *parts)
        cursor.execute(_ADD, (mark, keys.newest, *parts, mac))


def _mine(driver: Any) -> Iterator[Any]:
    """The rows of the running transaction: few at once, very many as a stream: memory stays flat."""
    with driver.cursor() as cursor:
        rows = cursor.execute(_FEW).fetchall()
        if len(rows) < MANY:
            yield from rows
            return
    with driver.cursor() as cursor:
        yield from cursor.stream(_MINE, size=500)


@dataclass
class Cover:
    """The rows of a source that one seal vouches for."""

    rows: dict[int, tuple[bytes, str]] = field(default_factory=dict)

    def add(self, ranges: Any, macs: bytes, places: str) -> None:
        """The rows of a mark."""
        ids = (key for span in ranges for key in range(span.lower, span.upper))
        lines = places.split("\n")
        for n, key in enumerate(ids):
            self.rows[key] = (bytes(macs[n * SIZE : (n + 1) * SIZE]), lines[n])

    def parts(self) -> tuple[str, bytes, str]:
        """Ranges, digests and places in the order of the ids."""
        ids = sorted(self.rows)
        found = [self.rows[key] for key in ids]
        return (
            as_text(spans(ids)),
            b"".join(mac for mac, _place in found),
            "\n".join(place for _mac, place in found),
        )
