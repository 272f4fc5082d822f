"""The database's own guards of the trail: are they all there, on, and ours?"""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import sql

from app.audit.findings import BrokenPlace

# table → its triggers and the function of each; no others may stand on these tables
TRIGGERS = {
    "trail": {
        "trail_chain": "trail_chain",
        "trail_kept": "never_changed",
        "trail_not_emptied": "never_changed",
    },
    "security_event": {
        "security_event_mark": "event_mark",
        "security_event_kept": "never_changed",
        "security_event_not_emptied": "never_changed",
    },
    "trail_mark": {},
    **{
        name: {f"{name}_kept": "never_changed", f"{name}_not_emptied": "never_changed"}
        for name in ("trail_seal", "trail_root", "audit_run")
    },
}
STATES = (
    "change_request",
    "correction",
    "employer",
    "export_file",
    "finding",
    "import_file",
    "invitation",
    "objection",
    "placement",
    "plan_entry",
    "restriction",
    "termination",
)  # tables whose state the database lets nobody change without a row of the trail
# the first 16 hex digits of the SHA-256 of each function's text
FUNCTIONS = {
    "audit_mark": "9414981bb3700ded",
    "event_mark": "2f7e508a92b15e74",
    "never_changed": "64c9ef6ea33c473f",
    "state_has_trail": "e85a2cbf2597d716",
    "trail_chain": "66c9599ae170f9fe",
    "trail_hash": "06d29de668294689",
}
COUNTERS = (
    ("trail", "trail_id_seq", "id"),
    ("security_event", "security_event_id_seq", "id"),
    ("trail_mark", "trail_mark_seq", "mark"),
)

_TRIGGERS = """
SELECT c.relname, t.tgname, p.proname, t.tgenabled IN ('O', 'A') FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
_STATES = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgname = c.relname || '_has_trail' AND t.tgtype & 4 > 0
  AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
"""


def triggers(connection: Any) -> BrokenPlace | None:
    """Every trigger stands and is on, none was added, and their functions are the shipped ones."""
    found = {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(_TRIGGERS)}
    wanted = {
        (table, name): function
        for table, names in TRIGGERS.items()
        for name, function in names.items()
    }
    wanted |= {(kind, f"{kind}_has_trail"): "state_has_trail" for kind in STATES}
    for (table, name), function in sorted(wanted.items()):
        if found.get((table, name)) != (function, True):
            return BrokenPlace("guard", {"name": f"{table}.{name}"})
    for table, name in sorted(found):
        if table in TRIGGERS and (table, name) not in wanted:
            return BrokenPlace("guard", {"name": f"{table}.{name}"})
    return _functions(connection)


def _functions(connection: object) -> BrokenPlace | None:
    for name, digest in fingerprints(connection).items():
        if FUNCTIONS.get(name) != digest:
            return BrokenPlace("guard", {"name": f"{name}()"})
    return None


def fingerprints(connection: Any) -> dict[str, str]:
    """The digests of the functions as they stand in the database."""
    names = [
        "audit_mark",
        "event_mark",
        "never_changed",
        "state_has_trail",
        "trail_chain",
        "trail_hash",
    ]
    found = dict.fromkeys(names, "")
    for name, source in connection.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE proname = ANY(%s)"
        " AND pronamespace = current_schema()::regnamespace",
        (names,),
    ):
        found[name] = hashlib.sha256(source.encode()).hexdigest()[:16]
    return found


def counters(connection: Any) -> BrokenPlace | None:
    """Ids only rise: a counter that was set back would give ids of deleted rows once more."""
    for table, counter, column in COUNTERS:
        asked = sql.SQL("SELECT (SELECT last_value FROM {}), (SELECT max({}) FROM {})")
        names = (sql.Identifier(name) for name in (counter, column, table))
        last, highest = connection.execute(asked.format(*names)).fetchone()
        if highest is not None and last < highest:
            return BrokenPlace("counter", {"name": table})
    return None


def stateful(connection: Any) -> list[str]:
    """The tables whose every record has a row of the trail from its first state on."""
    return [row[0] for row in connection.execute(_STATES) if row[0] in STATES]
