"""Rows against what seals and marks say of them: two streams in the order of ids, merged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.audit.content import SealedTable
from app.audit.findings import BrokenPlace
from app.audit.keys import SIZE, keys, row_mac
from app.core import clock

PORTION = 2_000  # rows of one fetch

# every range of every seal and waiting mark, with the digests of its rows, in the order of ids
_SPANS = """
SELECT lower(r), upper(r), s.key_id, s.no, s.at,
    substring(s.macs FROM (before * {size} + 1)::int FOR ((upper(r) - lower(r)) * {size})::int), before
FROM (SELECT no, at, key_id, {name}_ids AS ids, {name}_macs AS macs FROM trail_seal
    UNION ALL SELECT 0, at, key_id, {name}_ids, {name}_macs FROM trail_mark) s,
  LATERAL (SELECT r, (sum(upper(r) - lower(r)) OVER (ORDER BY lower(r)) - (upper(r) - lower(r)))::bigint
    AS before FROM unnest(s.ids) r) u
WHERE upper(r) > %s ORDER BY lower(r), upper(r)
"""
# what a seal, or a mark that waits to be sealed (number 0), says of the row of an id
_SEALED = "SELECT {places} FROM trail_seal WHERE no = %s AND {ids} @> %s::bigint"
_MARKED = "SELECT {places} FROM trail_mark WHERE %s = 0 AND {ids} @> %s::bigint"


class SealSpan:
    """A range of ids that one seal (or mark: number 0) vouches for."""

    def __init__(self, row: Any) -> None:
        self.low, self.high, self.key_id, self.no, self.at, macs, self.before = row
        self.macs = bytes(macs or b"")

    def mac(self, key: int) -> bytes:
        """What was said of that row."""
        at = (key - self.low) * SIZE
        return self.macs[at : at + SIZE]


class Walk:
    """One source, from an id on; `first()` gives the first broken place, `rows` how many were read."""

    def __init__(self, connection: Any, source: SealedTable, low: int) -> None:
        self.connection, self.source, self.low, self.rows = connection, source, low, 0

    def first(self) -> BrokenPlace | None:
        """Read everything; the first finding ends the walk."""
        name = self.source.name
        with (
            self.connection.cursor(f"spans_{name}") as spans,
            self.connection.cursor(f"rows_{name}") as rows,
        ):
            spans.itersize, rows.itersize = 50, PORTION
            spans.execute(_SPANS.format(name=name, size=SIZE), (self.low,))
            rows.execute(
                self.source.query("SELECT id, {content} FROM {table} WHERE id >= %s ORDER BY id"),
                (self.low,),
            )
            return self._merge(iter(spans), iter(rows))

    def _merge(self, spans: Iterator[Any], rows: Iterator[Any]) -> BrokenPlace | None:
        """Each id that is vouched for has its row, each row an id that is vouched for."""
        row = next(rows, None)
        end = self.low
        for found in spans:
            span = SealSpan(found)
            if span.low < end and span.low >= self.low:
                return BrokenPlace(
                    "double", {"row": span.low, "seal": span.no, **self._sealed(span)}
                )
            if row is not None and row[0] < span.low:
                return self._stranger(row[0])
            if span.key_id not in keys():
                return None  # the walk of the seals says so
            broken, row = self._span(span, rows, row)
            if broken is not None:
                return broken
            end = span.high
        return self._stranger(row[0]) if row is not None else None

    def _span(
        self, span: SealSpan, rows: Iterator[Any], row: Any
    ) -> tuple[BrokenPlace | None, Any]:
        """The rows of one range; the first row behind it is given on."""
        key, start = keys().row(span.key_id, self.source.name)
        macs, at, low = span.macs, 0, max(span.low, self.low)
        at = (low - span.low) * SIZE
        for wanted in range(low, span.high):
            if row is None or row[0] != wanted:
                return self._missing(span, wanted), row
            if row_mac(key, start, row[1]) != macs[at : at + SIZE]:
                return self._altered(span, wanted, row_mac(key, start, row[1])), row
            at += SIZE
            self.rows += 1
            row = next(rows, None)
        return None, row

    # -- the sentence's facts ----------------------------------------------------------------------

    def _sealed(self, span: SealSpan) -> dict[str, Any]:
        return {"sealed": _moment(span.at)}

    def _facts(self, key: int) -> dict[str, Any]:
        """What stands in the row now."""
        row = self.connection.execute(
            self.source.query("SELECT at, {place} FROM {table} WHERE id = %s"),
            (key,),
        ).fetchone()
        facts = {"row": key, "source": self.source.name}
        return facts if row is None else {**facts, "at": _moment(row[0]), "place": row[1]}

    def _stranger(self, key: int) -> BrokenPlace:
        return BrokenPlace("inserted", self._facts(key))

    def _missing(self, span: SealSpan, key: int) -> BrokenPlace:
        """Its line in the seal still says what it was."""
        facts = {"row": key, "source": self.source.name, "place": self._place(span, key)}
        facts |= self._sealed(span)
        if span.no:
            facts["seal"] = span.no
        return BrokenPlace("missing", facts)

    def _altered(self, span: SealSpan, key: int, mac: bytes) -> BrokenPlace:
        """The content of another row of this seal at this place means that rows were swapped."""
        facts = self._facts(key) | self._sealed(span)
        place = self._place(span, key)
        if span.no:
            facts["seal"] = span.no
        if place:
            facts["place"] = place
        swapped = any(span.macs[n : n + SIZE] == mac for n in range(0, len(span.macs), SIZE))
        return BrokenPlace("reordered" if swapped else "altered", facts)

    def _place(self, span: SealSpan, key: int) -> str:
        """What the seal or mark says that the row was about."""
        said = _SEALED if span.no else _MARKED
        names = {"places": f"{self.source.name}_places", "ids": f"{self.source.name}_ids"}
        wanted = self.source.query(said, **names)
        found = self.connection.execute(wanted, (span.no, key)).fetchone()
        lines = found[0].split("\n") if found else []
        at = int(span.before) + key - span.low
        return str(lines[at]) if at < len(lines) else ""


def _moment(at: Any) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M:%S") if at else "–"
