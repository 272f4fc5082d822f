"""The staged rows into the data and back, in the caller's transaction (BLK-03).

The statements are in `writing.sql`; names of tables and columns come from declared models, values are
always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import ngettext
from sqlalchemy import text

from app.core.crypto import Sealed
from app.core.db import db, one_at_a_time, staged
from app.core.errors import Refused
from app.core.named import is_person
from app.core.registry import stores
from app.core.statements import Statements
from app.files.imports import compare
from app.files.imports.compare import MANY, bound, order, taken, widely
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet, Target


def pieces(target: Target) -> dict[str, str]:
    """What a target puts into the statements, as far as it does not depend on the file."""
    new = _new(target)
    return compare.pieces(target) | {
        **_keys(_ordered(target), _source, "new"),
        "names": ", ".join(new),
        "values": ", ".join(new.values()),
        "key": ", ".join(target.key),
        "uid": "t.uid" if "uid" in target.model.__table__.c else "r.uid",
        "order": order(target),
        "put": ", ".join(_put(target, _source)) or "id = t.id",
        "uses": " OR ".join(_uses(target)) or "false",
    }


def _of_every_sheet() -> Iterator[dict[str, str]]:
    return (pieces(sheet.target) for sheet in stores().sheets.values() if not sheet.writer)


SQL = Statements(__file__, "writing.sql", each=_of_every_sheet)


def _run(name: str, target: Target, values: Mapping[str, object], **more: str) -> Any:
    return db.session.execute(text(SQL.sql(name, **{**pieces(target), **more})), values)


class MetAnotherError(Exception):
    """Somebody who takes no lock wrote the same key meanwhile: the job begins anew."""


def lock(model: Any, kind: str, key: int) -> None:
    """One import at a time for a table and an owner; held until the transaction ends."""
    one_at_a_time("bulk", model.__tablename__, kind, key)


def write(sheet: Sheet, record: Import, now: datetime) -> None:
    """Insert the new rows and update the changed ones, in the order of the key."""
    target, values = sheet.target, bound(sheet, record)
    if target.update and record.changed:
        with widely(record.changed):
            _run("lock_changed", target, values)
            _move_secrets(target, values)
        _update(target, values, _source)
    if record.new:
        given = {f"default_{name}": value for name, value in target.defaults.items()}
        done = _run("insert", target, {**values, **given, "now": now})
        if done.rowcount != record.new:
            raise MetAnotherError


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


def _new(target: Target) -> dict[str, str]:
    """What a new record gets, column → its value in SQL."""
    table = target.model.__table__
    put = {name: f"CAST(:fix_{name} AS {_kind(table.c[name])})" for name in target.common}
    for name in target.defaults:
        put[name] = f"CAST(:default_{name} AS {_kind(table.c[name])})"
    for column in _written(target):
        read = taken(column, _source(column.name))
        if column.name in target.defaults:
            read = f"coalesce({read}, {put[column.name]})"
        put[column.name] = read
    if "uid" in table.c:
        put["uid"] = "r.uid"
    for column in _ordered(target):
        put[f"{column.name}_order"] = _key(column)
    return put | ({target.moment: ":now"} if target.moment else {})


def _kind(column: Any) -> str:
    return str(column.type.compile(dialect=db.engine.dialect))


def _update(target: Target, values: Mapping[str, Any], source: Callable[[str], str]) -> None:
    """Only the cells that the file changes are written: the others may be younger than the check.

    And only the columns of which some row changes a cell: the indexes of the others need no look.
    """
    names = _run("columns_changed", target, values).scalars().all()
    put = _put(target, source, names)
    ordered = [c for c in _ordered(target) if c.name in names]
    put += [
        f"{c.name}_order = CASE WHEN r.old ? '{c.name}' THEN {_key(c)} ELSE t.{c.name}_order END"
        for c in ordered
    ]
    if put:
        _run("update", target, values, put=", ".join(put), **_keys(ordered, source, "changed"))


def _ordered(target: Target) -> list[Any]:
    """The names by whose keys lists are ordered: a row that brings no key has it made for itself alone."""
    table = target.model.__table__
    return [c for c in _written(target) if f"{c.name}_order" in table.c]


def _key(column: Any) -> str:
    return f"coalesce({column.name}_keys.key, '')"


def _keys(names: list[Any], source: Callable[[str], str], which: str) -> dict[str, str]:
    """What puts the keys of these names into a statement: each name's is made once."""
    at = [{"column": c.name, "source": source(c.name)} for c in names]
    made = [
        SQL.sql("name_keys", which=SQL.sql(which), person=str(is_person(c)).lower(), **of)
        for c, of in zip(names, at, strict=True)
    ]
    found = [SQL.sql("with_keys", **of) for of in at]
    return {"keys": f"WITH {', '.join(made)} " if made else "", "keyed": " ".join(found)}


def _put(
    target: Target, source: Callable[[str], str], names: Container[str] | None = None
) -> list[str]:
    """The columns, of `names` where they are given, with what they become where the file changes the cell."""
    return [
        f"{c.name} = CASE WHEN r.old ? '{c.name}' THEN {taken(c, source(c.name))} ELSE t.{c.name} END"
        for c in _written(target)
        if c.name not in target.key and (names is None or c.name in names)
    ]


def _written(target: Target) -> list[Any]:
    """The columns of the target that rows fill."""
    table = target.model.__table__
    names = [name for name in target.key if name not in target.common] + list(target.fields)
    for secret in target.secrets:
        names += [f"{secret}_sealed", f"{secret}_index", f"{secret}_masked"]
    return [table.c[name] for name in names]


def _source(name: str) -> str:
    return "r.more" if name.endswith(("_sealed", "_masked")) else "r.values"


def _move_secrets(target: Target, values: Mapping[str, object]) -> None:
    """Numbers of changed rows are encrypted for the record that exists, not for a new one."""
    owner = target.model.__name__
    for name in target.secrets:
        attribute: Sealed = vars(target.model)[name]
        at = {**values, "sealed": f"{name}_sealed"}
        rows = _run("numbers_to_move", target, at).all()
        if rows:
            moved = (
                (row, attribute.moved(bytes.fromhex(data), owner, mine, theirs).hex())
                for row, mine, theirs, data in rows
            )
            staged("moved_numbers", "row int, data text", [moved])
            _run("keep_moved", target, at)


def take_back(sheet: Sheet, record: Import) -> None:
    """Delete what was new, give back what was changed. Raises Refused where that would harm."""
    target, values = sheet.target, bound(sheet, record)
    _refuse_younger(target, values)
    _refuse_used(target, values)
    _run("remove", target, values)
    if target.update:
        db.session.execute(SQL["taken_back"], {"said": "yes"})
        _update(target, values, lambda _name: "r.old")
        db.session.execute(SQL["taken_back"], {"said": ""})


def _refuse_younger(target: Target, values: Mapping[str, object]) -> None:
    """What somebody changed after the import is not overwritten by its undoing."""
    found = _run("younger", target, values).scalar_one()
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
    found = _run("used", target, values).scalar_one()
    if found:
        raise Refused(
            ngettext(
                "%(num)s of the new records is in use already, so the import cannot be undone.",
                "%(num)s of the new records are in use already, so the import cannot be undone.",
                found,
            )
        )


def _uses(target: Target) -> list[str]:
    """A condition for every foreign key that may refer to the record."""
    table = target.model.__table__
    return [
        SQL.sql("use", other=other.name, column=key.parent.name)
        for other in db.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table and key.column.name == "id"
    ]
