"""The verifier: walks seals, rows, records, roots and guards, and names the first broken place (TRU-05).

Everything is read from one snapshot through cursors of the server, so that memory stays flat and the work
of sealer and writers meanwhile is no false alarm. It writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from app.audit import guarding, heads, seals
from app.audit.content import SOURCES
from app.audit.findings import BrokenPlace
from app.audit.keys import keys
from app.audit.models import Seal
from app.audit.roots import value_of
from app.audit.walking import Walk
from app.core import clock
from app.core.db import db

Roots = list[tuple[str, str]]


@dataclass
class Report:
    """What was walked, what waits, what is broken: the first of each kind of walk, in their order."""

    rows: int = 0
    seals: int = 0
    waiting: int = 0
    seconds: float = 0.0
    head: str = ""
    findings: list[BrokenPlace] = field(default_factory=list)

    @property
    def first(self) -> BrokenPlace | None:
        """The first broken place."""
        return self.findings[0] if self.findings else None


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
            _records(connection, 0 if start is None else start.low),
            _states(connection),
            _roots(connection, outside or [], root),
            _head(connection, known),
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


def _moment(at: datetime | None) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


# -- the chain of seals ----------------------------------------------------------------------------

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
    facts: dict[str, Any] = {"no": seal.no, "at": _moment(seal.at)}
    if seal.no != no + 1:
        return BrokenPlace("seal_missing", {"no": no + 1, "at": _moment(at)})
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
                found = BrokenPlace("mark_altered", {"no": row[0], "at": _moment(row[1])})
    return waiting, found


# -- rows ------------------------------------------------------------------------------------------


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


_RECORDS = """
SELECT kind, record_id, seq, id, at, CASE
    WHEN seq <> n + coalesce(skipped, 0) THEN 'gap'
    WHEN previous IS DISTINCT FROM coalesce(before, CASE WHEN seq = 1 THEN '' ELSE previous END)
      THEN 'unlinked'
    ELSE 'hash' END
FROM (SELECT t.kind, t.record_id, t.seq, t.id, t.at, t.previous, t.hash,
    lag(t.hash) OVER w AS before, row_number() OVER w AS n,
    CASE WHEN %(low)s > 0 THEN first_value(t.seq) OVER w - 1 END AS skipped,
    encode(sha256(convert_to((CASE WHEN t.mark IS NULL THEN jsonb_build_array(
      t.previous, t.kind, t.record_id, t.seq, t.school_id, t.step, t.from_state, t.to_state, t.actor_id,
      t.actor_role, t.actor_name, t.address, t.device, t.factor, t.reason, t.details,
      extract(epoch FROM t.at))
    ELSE jsonb_build_array(2,
      t.previous, t.kind, t.record_id, t.seq, t.school_id, t.step, t.from_state, t.to_state, t.actor_id,
      t.actor_role, t.actor_name, t.address, t.device, t.device_id, t.factor, t.reason, t.details,
      extract(epoch FROM t.at), t.mark) END)::text, 'UTF8')), 'hex') AS right_hash
  FROM trail t WHERE t.id >= %(low)s WINDOW w AS (PARTITION BY t.kind, t.record_id ORDER BY t.seq)) x
WHERE seq <> n + coalesce(skipped, 0) OR hash IS DISTINCT FROM right_hash
  OR previous IS DISTINCT FROM coalesce(before, CASE WHEN seq = 1 THEN '' ELSE previous END)
ORDER BY id LIMIT 1
"""  # what may be missing before the first row seen is known only when all are walked


def _records(connection: Any, low: int) -> BrokenPlace | None:
    """Each record's own chain, which needs no key: numbered, linked, each hash the row's own (GRD-05)."""
    row = connection.execute(_RECORDS, {"low": low}).fetchone()
    if row is None:
        return None
    place = f"{row[0]} {row[1]} {row[2]}"
    facts = {"row": row[3], "source": "trail", "place": place, "at": _moment(row[4])}
    return BrokenPlace(row[5], facts)


def _states(connection: Any) -> BrokenPlace | None:
    """No record has a state that its trail does not know: the trail of one was dropped as a whole."""
    for table in guarding.stateful(connection):
        row = connection.execute(
            sql.SQL(
                "SELECT r.id FROM {} r WHERE NOT EXISTS (SELECT FROM trail t WHERE t.kind = %s"
                " AND t.record_id = r.id AND t.to_state = r.state) ORDER BY r.id LIMIT 1"
            ).format(sql.Identifier(table)),
            (table,),
        ).fetchone()
        if row is not None:
            return BrokenPlace("no_trail", {"source": "trail", "place": f"{table} {row[0]}"})
    return None


# -- roots and head --------------------------------------------------------------------------------


def _roots(connection: Any, outside: Roots, wanted: str) -> BrokenPlace | None:
    """Each day's root follows from the chain and from the root before it; copies from outside agree."""
    rows = connection.execute(
        "SELECT r.day, r.seal_no, r.head, r.trail_total, r.event_total, r.previous, r.root,"
        " s.no IS NOT NULL AND encode(s.mac, 'hex') = r.head AND s.trail_total = r.trail_total"
        " AND s.event_total = r.event_total FROM trail_root r LEFT JOIN trail_seal s ON s.no = r.seal_no"
        " ORDER BY r.day"
    ).fetchall()
    known = {row[0].isoformat(): row[6] for row in rows}
    for day, root in outside:
        if known.get(day) != root:
            return BrokenPlace("root_differs", {"day": day})
    if wanted and wanted not in known.values():
        return BrokenPlace("root_unknown", {"root": wanted})
    return _inner(rows) or _unclosed(connection, rows)


def _inner(rows: list[Any]) -> BrokenPlace | None:
    previous, before = "", None
    for day, no, head, trail, events, said, root, holds in rows:
        if before is not None and (day - before).days != 1:
            return BrokenPlace(
                "root_missing", {"day": date.fromordinal(before.toordinal() + 1).isoformat()}
            )
        if not holds or said != previous or value_of(day, no, head, trail, events, said) != root:
            return BrokenPlace("root_altered", {"day": day.isoformat()})
        previous, before = root, day
    return None


def _unclosed(connection: Any, rows: list[Any]) -> BrokenPlace | None:
    """A day after which something was sealed has its root: the sealer makes it first."""
    first, last = connection.execute("SELECT min(at), max(at) FROM trail_seal").fetchone()
    if first is None:
        return None
    begins, ends = clock.local(first).date(), clock.local(last).date()
    have = {row[0] for row in rows}
    for number in range(begins.toordinal(), ends.toordinal()):
        if date.fromordinal(number) not in have:
            return BrokenPlace("root_missing", {"day": date.fromordinal(number).isoformat()})
    return None


def _head(connection: Any, known: heads.Head | None) -> BrokenPlace | None:
    if known is None:
        return None
    if not known.genuine:
        return BrokenPlace("head_forged")
    row = connection.execute("SELECT mac FROM trail_seal WHERE no = %s", (known.no,)).fetchone()
    if row is not None and bytes(row[0]).hex() == known.mac:
        return None
    at = datetime.fromisoformat(known.at)
    return BrokenPlace("head_cut", {"no": known.no, "at": _moment(at)})
