"""The verifier: each day's root follows from the chain, and the head outside is of this chain."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app.audit import heads
from app.audit.findings import BrokenPlace
from app.audit.roots import value_of
from app.core import clock

Roots = list[tuple[str, str]]


def moment_of(at: datetime | None) -> str:
    """A moment as findings say it."""
    return clock.local(at).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def check_roots(connection: Any, outside: Roots, wanted: str) -> BrokenPlace | None:
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


def check_head(connection: Any, known: heads.Head | None) -> BrokenPlace | None:
    """The head that was kept outside is ours, and the chain still has it as it was."""
    if known is None:
        return None
    if not known.genuine:
        return BrokenPlace("head_forged")
    row = connection.execute("SELECT mac FROM trail_seal WHERE no = %s", (known.no,)).fetchone()
    if row is not None and bytes(row[0]).hex() == known.mac:
        return None
    at = datetime.fromisoformat(known.at)
    return BrokenPlace("head_cut", {"no": known.no, "at": moment_of(at)})
