"""The verifier: walks seals, rows, records, roots and guards, and names the first broken place (TRU-05).

Everything is read from one snapshot through cursors of the server, so that memory stays flat and the work
of sealer and writers meanwhile is no false alarm. It writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from app.audit import guarding, heads, seals
from app.audit.content import SOURCES
from app.audit.days import Roots, check_head, check_roots, moment_of
from app.audit.findings import BrokenPlace, Report
from app.audit.keys import keys
from app.audit.models import Seal
from app.audit.record_chains import check_records, check_states
from app.audit.walking import Walk
from app.core.db import db


@contextmanager
def snapshot() -> Iterator[Any]:
    """The driver's connection in a read-only transaction that sees one moment."""
    with db.engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        connection.exec_driver_sql("SET LOCAL TimeZone = 'Asia/Shanghai'")
        yield connection.connection.driver_connection
        connection.rollback()


def verify(since: date | None = None, outside: Roots | None = None, root: str = "") -> Report:
    """Walk all, or what was sealed after the root of the day before `since`.

    `outside` are (day, root) pairs of a copy from elsewhere, `root` is one root whose day is not said.
    """
    began, report = time.monotonic(), Report()
    known = heads.kept()  # before the snapshot: a head that is newer than it would be an alarm
    with snapshot() as connection:
        start = _start(connection, since)
        report.waiting, bad_mark = _marks(connection)
        for found in (
            _seals(connection, report, start),
            *_rows(connection, report, start),
            bad_mark,
            check_records(connection, 0 if start is None else start.low),
            check_states(connection),
            check_roots(connection, outside or [], root),
            check_head(connection, known),
            guarding.triggers(connection),
            guarding.counters(connection),
        ):
            if found is not None:
                report.findings.append(found)
    report.seconds = time.monotonic() - began
    return report


@dataclass(frozen=True)
class _Start:
    """The seal that is taken as it is, and the lowest id of a row sealed after it."""

    no: int
    mac: bytes
    totals: tuple[int, int]
    low: int
    event_low: int


def _start(connection: Any, since: date | None) -> _Start | None:
    if since is None:
        return None
    row = connection.execute(
        "SELECT s.no, s.mac, s.trail_total, s.event_total,"
        " (SELECT coalesce(min(lower(n.trail_ids)), 0) FROM trail_seal n WHERE n.no > s.no),"
        " (SELECT coalesce(min(lower(n.event_ids)), 0) FROM trail_seal n WHERE n.no > s.no)"
        " FROM trail_root r JOIN trail_seal s ON s.no = r.seal_no WHERE r.day < %s"
        " ORDER BY r.day DESC LIMIT 1",
        (since,),
    ).fetchone()
    return None if row is None else _Start(row[0], bytes(row[1]), (row[2], row[3]), row[4], row[5])


_SEAL = (
    "SELECT no, at, key_id, trail_total, event_total, previous, mac, trail_ids::text, trail_macs,"
    " trail_places, event_ids::text, event_macs, event_places FROM trail_seal WHERE no > %s ORDER BY no"
)


def _seals(connection: Any, report: Report, start: _Start | None) -> BrokenPlace | None:
    """Numbered without a gap, each after the one before it, each with our key."""
    no, previous = (start.no, start.mac) if start else (0, seals.START)
    at: datetime | None = None
    with connection.cursor("seals") as cursor:
        cursor.itersize = 20
        cursor.execute(_SEAL, (no,))
        for row in cursor:
            seal = Seal(
                no=row[0],
                at=row[1],
                key_id=row[2],
                trail_total=row[3],
                event_total=row[4],
                previous=bytes(row[5]),
                mac=bytes(row[6]),
            )
            found = _link(seal, list(row[7:]), no, previous, at)
            if found is not None:
                return found
            no, previous, at = seal.no, seal.mac, seal.at
            report.seals += 1
    report.head = previous.hex()
    return BrokenPlace("no_seals") if no == 0 else None


def _link(
    seal: Seal, parts: Sequence[object], no: int, previous: bytes, at: datetime | None
) -> BrokenPlace | None:
    facts: dict[str, Any] = {"no": seal.no, "at": moment_of(seal.at)}
    if seal.no != no + 1:
        return BrokenPlace("seal_missing", {"no": no + 1, "at": moment_of(at)})
    if seal.key_id not in keys():
        return BrokenPlace("seal_key", {**facts, "key": seal.key_id})
    if seals.seal_mac(seal, parts) != seal.mac:
        return BrokenPlace("seal_altered", facts)
    if seal.previous != previous:
        return BrokenPlace("seal_reordered", facts)
    return None


def _marks(connection: Any) -> tuple[int, BrokenPlace | None]:
    """How many rows wait to be sealed, and whether the application wrote their marks."""
    waiting, found = 0, None
    with connection.cursor("marks") as cursor:
        cursor.itersize = 200
        cursor.execute(
            "SELECT mark, at, key_id, mac, trail_ids::text, trail_macs, trail_places, event_ids::text,"
            " event_macs, event_places FROM trail_mark ORDER BY mark"
        )
        for row in cursor:
            waiting += (len(row[5]) + len(row[8])) // 16
            good = row[2] in keys() and seals.mark_mac(row[2], row[0], *row[4:]) == bytes(row[3])
            if not good and found is None:
                found = BrokenPlace("mark_altered", {"no": row[0], "at": moment_of(row[1])})
    return waiting, found


def _rows(
    connection: Connection, report: Report, start: _Start | None
) -> Iterator[BrokenPlace | None]:
    """Every row is what was sealed or marked, and none is missing or too many."""
    for source in SOURCES:
        low = -(2**63)
        if start is not None:
            low = start.low if source.name == "trail" else start.event_low
        walk = Walk(connection, source, low)
        yield walk.first()
        report.rows += walk.rows
