"""What many tests begin with is made the real way once, and from then on put back as rows and trail.

`@kept` stands before a factory that commits. While a test has written nothing but by such factories, the
same call finds the same tables, so it leaves the same rows: the second time they are read out, later
they are copied in, numbers, trail, notices, jobs and the clock included. Whoever has written anything else
before gets the real way. `tests/test_kept.py` proves the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from flask import has_request_context

from app.core import clock
from app.core.db import Model, db

MOST = (
    3_000  # rows of a table that a factory may write; the larger ones hold codes and never change
)
HARMLESS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "DO ")
BEGINS, ENDS = "SET LOCAL session_replication_role = ", "replica"


@dataclass
class Step:
    """What one call leaves: scripts to run before and after the rows are copied in, and what it gives."""

    before: str
    rows: list[tuple[str, bytes]]  # COPY statement and its data
    after: str
    now: datetime
    given: list[tuple[type[Model], int]]
    many: bool


class _State:
    """The calls of the running test so far, or None once something else was written."""

    chain: tuple[Any, ...] | None = None
    inside = False
    often = False  # the last call was asked for before: what follows it is read out at once


_known: dict[tuple[Any, ...], Step] = {}
_seen: set[tuple[Any, ...]] = set()
_tables: dict[str, tuple[str, str]] = {}  # name → (its key as text, its columns)


def begin(chain: tuple[Any, ...] | None = ()) -> None:
    """A test begins on the furnished database; with None, it ends."""
    _State.chain, _State.often = chain, False


def notice(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    """Before each statement: a write by anybody else ends it."""
    if not _State.inside and not statement.lstrip().startswith(HARMLESS):
        _State.chain = None


def kept(factory: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: a factory that commits, of records and plain values; it gives a record, some, or nothing."""

    @wraps(factory)
    def act(*args: Any, **more: Any) -> Any:
        db.session.flush()
        if _State.chain is None or _State.inside or has_request_context() or clock._held.get():
            return factory(*args, **more)
        call = (factory.__qualname__, *map(_named, (*args, *more.items())))
        chain = (*_State.chain, call)
        if step := _known.get(chain):
            result = _put_back(step)
        else:
            result = _made(chain, lambda: factory(*args, **more))
        _State.chain, _State.often = (*chain, tuple(_given(result))), chain in _known
        return result

    return act


def _named(value: Any) -> Any:
    if isinstance(value, Model):
        return type(value).__name__, value.id
    if isinstance(value, tuple | list):
        return tuple(map(_named, value))
    return repr(value)


def _given(result: Any) -> list[tuple[type[Model], int]]:
    records = result if isinstance(result, list) else [result] * (result is not None)
    return [(type(record), record.id) for record in records]


def _made(chain: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Make it the real way; read it out if it is made the second time, so that what comes once costs nothing."""
    again = _State.often or chain in _seen
    _seen.add(chain)
    _State.inside = True
    try:
        before = _all_rows() if again else {}
        result = make()
        db.session.commit()
        if again:
            _known[chain] = _difference(before, result)
        return result
    finally:
        _State.inside = False


def _raw() -> Any:
    return db.session.connection().connection.driver_connection


def _all_rows() -> dict[str, dict[str, str]]:
    """Table → key → digest of the row, of every table that a factory may write."""
    raw = _raw()
    if not _tables:
        for name, key, columns in raw.execute(_LAYOUT, prepare=False).fetchall():
            if raw.execute(f'SELECT count(*) FROM "{name}"', prepare=False).fetchone()[0] <= MOST:
                _tables[name] = key, columns
    parts = [
        f"SELECT '{name}', {key}, md5(t::text) FROM \"{name}\" t"
        for name, (key, _c) in _tables.items()
    ]
    found: dict[str, dict[str, str]] = {name: {} for name in _tables}
    for name, key, digest in raw.execute(" UNION ALL ".join(parts), prepare=False).fetchall():
        found[name][key] = digest
    return found


_LAYOUT = """SELECT c.relname,
    coalesce('ROW(' || (SELECT string_agg(quote_ident(a.attname), ',') FROM pg_index i JOIN pg_attribute a
      ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary) || ')::text', 't::text'),
    (SELECT string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1"""


def _difference(before: dict[str, dict[str, str]], result: Any) -> Step:
    raw, gone, rows, after = _raw(), [], [], []
    for name, now in _all_rows().items():
        key, columns = _tables[name]
        old = [k for k, digest in before[name].items() if now.get(k) != digest]
        new = [k for k, digest in now.items() if before[name].get(k) != digest]
        if old:
            gone.append(f'DELETE FROM "{name}" t WHERE {key} = ANY({_array(old)})')
        if new:
            asked = f'COPY (SELECT {columns} FROM "{name}" t WHERE {key} = ANY({_array(new)})) TO STDOUT'
            with raw.cursor() as cursor, cursor.copy(asked) as copy:
                rows.append((f'COPY "{name}" ({columns}) FROM STDIN', b"".join(copy)))
        if new and name == "trail":  # as if this transaction had written them
            mine = "txid = pg_current_xact_id()::text::bigint"
            after.append(f"UPDATE trail t SET {mine} WHERE {key} = ANY({_array(new)})")
    return Step(
        "; ".join([BEGINS + ENDS, *gone]),
        rows,
        "; ".join([*after, f"{BEGINS}origin"]),
        clock.now(),
        _given(result),
        isinstance(result, list),
    )


def _array(keys: list[str]) -> str:
    texts = ",".join("'" + key.replace("'", "''") + "'" for key in keys)
    return f"ARRAY[{texts}]::text[]"


def _put_back(step: Step) -> Any:
    raw = _raw()
    raw.execute(step.before, prepare=False)
    with raw.cursor() as cursor:
        for statement, data in step.rows:
            with cursor.copy(statement) as copy:
                copy.write(data)
    moment = step.now.isoformat()
    shift = f"UPDATE clock_shift SET seconds = seconds + extract(epoch FROM '{moment}'::timestamptz - app_now())"
    raw.execute(f"{shift}; {step.after}", prepare=False)
    _State.inside = True
    try:
        db.session.commit()
    finally:
        _State.inside = False
    records = [db.session.get(model, key) for model, key in step.given]
    return records if step.many else records[0] if records else None
