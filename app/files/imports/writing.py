"""The staged rows into the data and back, in the caller's transaction (BLK-03).

Names of tables and columns come from declared models, values are always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import ngettext
from sqlalchemy import text

from app.core.crypto import Sealed
from app.core.db import db, one_at_a_time, staged
from app.core.errors import Refused
from app.files.imports.compare import MANY, bound, current, joined, order, taken, widely
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet, Target

NEW = "r.import_id = :id AND r.status = 'new'"
CHANGED = "r.import_id = :id AND r.status = 'changed'"


class MetAnotherError(Exception):
    """Somebody who takes no lock wrote the same key meanwhile: the job begins anew."""


def lock(model: Any, kind: str, key: int) -> None:
    """One import at a time for a table and an owner; held until the transaction ends."""
    one_at_a_time("bulk", model.__tablename__, kind, key)


def write(sheet: Sheet, record: Import, now: datetime) -> None:
    """Insert the new rows and update the changed ones, in the order of the key."""
    target, values = sheet.target, bound(sheet, record)
    if target.update and record.changed:
        _lock_changed(target, record, values)
        _move_secrets(target, record, values)
        _update(target, values, _source)
    if record.new:
        _insert(target, {**values, "now": now}, record.new)


_STALE = text("""SELECT c.reltuples <= 0 OR s.n_mod_since_analyze > c.reltuples / 10 + :many
    FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE c.oid = to_regclass(:name)""")


def count_anew(target: Target, rows: int, *, staged_too: bool = False) -> None:
    """Before and after many rows: what is not counted is joined as if it were small. Commits.

    The target where much was written since it was counted, by whomever, and the rows that are `staged_too`.
    """
    if rows <= MANY:
        return
    name, keys = target.model.__tablename__, ", ".join(target.key)
    if db.session.scalar(_STALE, {"name": name, "many": MANY}):
        db.session.execute(text(f"ANALYZE {name} ({keys})"))
        db.session.commit()
    if staged_too:
        db.session.execute(text("ANALYZE import_row (import_id, row, status)"))
    db.session.commit()


def _lock_changed(target: Target, record: Import, values: Mapping[str, object]) -> None:
    table = target.model.__tablename__
    with widely(record.changed):
        db.session.execute(
            text(
                f"SELECT t.id FROM {table} t JOIN import_row r ON {joined(target)}"
                f" WHERE {CHANGED} ORDER BY t.id FOR NO KEY UPDATE OF t"
            ),
            values,
        )


def _insert(target: Target, values: dict[str, Any], expected: int) -> None:
    table = target.model.__table__
    put = {name: f":fix_{name}" for name in target.common}
    for name, default in target.defaults.items():
        put[name], values[f"default_{name}"] = f":default_{name}", default
    for column in _written(target):
        read = taken(column, _source(column.name))
        if column.name in target.defaults:
            kind = column.type.compile(dialect=db.engine.dialect)
            read = f"coalesce({read}, :default_{column.name} ::{kind})"
        put[column.name] = read
    if "uid" in table.c:
        put["uid"] = "r.uid"
    if target.moment:
        put[target.moment] = ":now"
    done = db.session.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join(put)})"
            f" SELECT {', '.join(put.values())} FROM import_row r WHERE {NEW}"
            f" ORDER BY {order(target)} ON CONFLICT ({', '.join(target.key)}) DO NOTHING"
        ),
        values,
    )
    if done.rowcount != expected:  # type: ignore[attr-defined]
        raise MetAnotherError


def _update(target: Target, values: Mapping[str, object], source: Callable[[str], str]) -> None:
    """Only the cells that the file changes are written: the others may be younger than the check.

    And only the columns of which some row changes a cell: the indexes of the others need no look.
    """
    names = db.session.scalars(
        text(f"SELECT DISTINCT jsonb_object_keys(r.old) FROM import_row r WHERE {CHANGED}"), values
    ).all()
    parts = [
        f"{c.name} = CASE WHEN r.old ? '{c.name}' THEN {taken(c, source(c.name))} ELSE t.{c.name} END"
        for c in _written(target)
        if c.name in names and c.name not in target.key
    ]
    if parts:
        db.session.execute(
            text(
                f"UPDATE {target.model.__tablename__} t SET {', '.join(parts)} FROM import_row r"
                f" WHERE {CHANGED} AND {joined(target)}"
            ),
            values,
        )


def _written(target: Target) -> list[Any]:
    """The columns of the target that rows fill."""
    table = target.model.__table__
    names = [name for name in target.key if name not in target.common] + list(target.fields)
    for secret in target.secrets:
        names += [f"{secret}_sealed", f"{secret}_index", f"{secret}_masked"]
    return [table.c[name] for name in names]


def _source(name: str) -> str:
    return "r.more" if name.endswith(("_sealed", "_masked")) else "r.values"


def _move_secrets(target: Target, record: Import, values: Mapping[str, object]) -> None:
    """Numbers of changed rows are encrypted for the row that exists, not for a new one."""
    table = target.model.__tablename__
    for name in target.secrets:
        with widely(record.changed):
            rows = db.session.execute(
                text(
                    f"SELECT r.row, r.uid, t.uid, r.more ->> '{name}_sealed' FROM import_row r"
                    f" JOIN {table} t ON {joined(target)} WHERE {CHANGED} AND r.old ? '{name}_sealed'"
                ),
                values,
            ).all()
        attribute: Sealed = vars(target.model)[name]
        owner = target.model.__name__
        _replace(
            record,
            f"{name}_sealed",
            [
                (row, attribute.moved(bytes.fromhex(data), owner, mine, theirs).hex())
                for row, mine, theirs, data in rows
            ],
        )


def _replace(record: Import, key: str, rows: list[tuple[int, str]]) -> None:
    if not rows:
        return
    staged("moved", "row int, data text", [rows])
    db.session.execute(
        text(
            "UPDATE import_row r SET more = r.more || jsonb_build_object(CAST(:key AS text), m.data)"
            " FROM moved m WHERE r.import_id = :id AND r.row = m.row"
        ),
        {"key": key, "id": record.id},
    )


def take_back(sheet: Sheet, record: Import) -> None:
    """Delete what was new, give back what was changed. Raises Refused where that would harm."""
    target, values = sheet.target, bound(sheet, record)
    _refuse_younger(target, values)
    _refuse_used(target, values)
    table = target.model.__tablename__
    db.session.execute(
        text(f"DELETE FROM {table} t USING import_row r WHERE {NEW} AND {joined(target)}"), values
    )
    if target.update:
        _taken_back("yes")  # what is taken back now is nobody's former name
        _update(target, values, lambda _name: "r.old")
        _taken_back("")


def _taken_back(said: str) -> None:
    db.session.execute(
        text("SELECT set_config('qingqian.taken_back', :said, true)"), {"said": said}
    )


def _refuse_younger(target: Target, values: Mapping[str, object]) -> None:
    """What somebody changed after the import is not overwritten by its undoing."""
    found = db.session.execute(
        text(
            f"SELECT count(*) FROM {target.model.__tablename__} t JOIN import_row r"
            f" ON {joined(target)} WHERE r.import_id = :id AND r.status IN ('new', 'changed')"
            f" AND NOT ({current(target)} @> r.values)"
        ),
        values,
    ).scalar_one()
    if found:
        raise Refused(
            ngettext(
                "%(num)s record was changed after this import, so it cannot be undone.",
                "%(num)s records were changed after this import, so it cannot be undone.",
                found,
            )
        )


def _refuse_used(target: Target, values: Mapping[str, object]) -> None:
    """A new record that anything refers to stays: every foreign key of the product is asked."""
    table = target.model.__table__
    uses = [
        f"EXISTS (SELECT 1 FROM {other.name} o WHERE o.{key.parent.name} = t.id)"
        for other in db.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table and key.column.name == "id"
    ]
    if not uses:
        return
    found = db.session.execute(
        text(
            f"SELECT count(*) FROM {table.name} t JOIN import_row r ON {joined(target)}"
            f" WHERE {NEW} AND ({' OR '.join(uses)})"
        ),
        values,
    ).scalar_one()
    if found:
        raise Refused(
            ngettext(
                "%(num)s of the new records is in use already, so the import cannot be undone.",
                "%(num)s of the new records are in use already, so the import cannot be undone.",
                found,
            )
        )
