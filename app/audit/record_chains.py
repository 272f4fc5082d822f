"""The verifier: each record's own chain, and the states that its trail led to."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from app.audit import guarding
from app.audit.days import moment_of
from app.audit.findings import BrokenPlace

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


def check_records(connection: Any, low: int) -> BrokenPlace | None:
    """Each record's own chain, which needs no key: numbered, linked, each hash the row's own (GRD-05)."""
    row = connection.execute(_RECORDS, {"low": low}).fetchone()
    if row is None:
        return None
    place = f"{row[0]} {row[1]} {row[2]}"
    facts = {"row": row[3], "source": "trail", "place": place, "at": moment_of(row[4])}
    return BrokenPlace(row[5], facts)


def check_states(connection: Any) -> BrokenPlace | None:
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
