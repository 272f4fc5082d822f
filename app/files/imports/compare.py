"""The staged rows against each other and against the data, by SQL: nothing is loaded into memory.

The statements are in `compare.sql`; names of tables and columns come from declared models, values are
always bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import LargeBinary, text

from app.core.db import db, without_nested_loops
from app.core.registry import stores
from app.core.statements import Statements
from app.files.imports.cells import MASKED
from app.files.imports.models import Import
from app.files.imports.row_models import RowStatus
from app.files.imports.sheet import Sheet, Target

MANY = 2_000  # rows from which on a join is never left to chance


def pieces(target: Target) -> dict[str, str]:
    """What a target puts into the statements."""
    secrets = target.secrets
    ends = [f"'{name}_{end}'" for name in secrets for end in ("sealed", "masked")]
    return {
        "table": target.model.__tablename__,
        "joined": joined(target),
        "current": current(target),
        "hidden": f"ARRAY[{', '.join(ends)}]::text[]",
        "differs": "NOT x.cur @> r.values" if target.update else "false",
        "replaced": "".join(SQL.sql("replaced_number", number=name) for name in secrets),
    }


def _of_unique(names: list[str], key: str) -> dict[str, str]:
    """What a value that may stand only once puts in, of the columns that make it, and the sheet's key."""
    return {
        "value": " || chr(31) || ".join(f"(r.values ->> '{name}')" for name in names),
        "told": f"coalesce(r.values ->> '{key}', r.row::text)",
    }


def _of_every_sheet() -> Iterator[dict[str, str]]:
    for sheet in stores().sheets.values():
        for name, _blamed, *within in sheet.unique or [("row", "")]:
            yield pieces(sheet.target) | _of_unique([name, *within], name)


SQL = Statements(__file__, "compare.sql", each=_of_every_sheet, condition="true")


def first(sheet: Sheet, record: Import, context: Any) -> None:
    """Everything that only the data know, after the rows have been staged."""
    _mark_masked(sheet, record)
    sheet.look(record, context)
    doubles = [
        _mark_doubles(sheet, record, [n, *within], blamed) for n, blamed, *within in sheet.unique
    ]
    if any(doubles):
        sheet.look(record, context)  # they give up nothing that others may have
    if not sheet.acts:
        _match(sheet.target, record)


def again(sheet: Sheet, record: Import) -> dict[str, int]:
    """The same against the data as they are now; what was faulty stays so. The counts by status.

    Where nothing has changed since the check nothing is written.
    """
    sheet.look(record, sheet.prepare(record))
    if not sheet.acts and _moved_on(sheet.target, record):
        match_anew(sheet, record)
    return counts(record.id)


def match_anew(sheet: Sheet, record: Import) -> None:
    """Tell new, changed and same rows apart once more, whatever was found before."""
    db.session.execute(SQL["reset"], {"id": record.id})
    _match(sheet.target, record)


def _moved_on(target: Target, record: Import) -> bool:
    statement = text(SQL.sql("moved_on", **pieces(target)))
    with widely(staged_rows(record.id)):
        found = db.session.execute(statement, _bound(record))
    return bool(found.scalar_one())


def widely(rows: int) -> AbstractContextManager[None]:
    """Many rows are never looked up one by one in what is read from end to end, whatever is believed of it.

    For statements that only read, or write staged rows.
    """
    return without_nested_loops() if rows > MANY else nullcontext()


def _match(target: Target, record: Import) -> None:
    """Tell new rows from those whose record exists, and of these the changed from the same."""
    with widely(staged_rows(record.id)):
        db.session.execute(text(SQL.sql("match", **pieces(target))), _bound(record))


def _bound(record: Import) -> dict[str, object]:
    return bound(stores().sheets[record.sheet], record)


def staged_rows(import_id: int) -> int:
    """How many rows are staged: the record is told after they were compared."""
    rows = text("SELECT count(*) FROM import_row WHERE import_id = :id")
    return int(db.session.execute(rows, {"id": import_id}).scalar_one())


def counts(import_id: int) -> dict[str, int]:
    """How many rows there are, in all and of each status."""
    rows = db.session.execute(SQL["counts"], {"id": import_id})
    found = {status: n for status, n in rows}  # noqa: C416 (a Row is no tuple for mypy)
    return {"total": sum(found.values()), **{s.value: found.get(s.value, 0) for s in RowStatus}}


def mark(record: Import, condition: str, field: str, sentence: str, **values: Any) -> None:
    """Mark the good rows, or `all_rows`, of which the condition holds (SQL, the row is `r`) as faulty."""
    told = {"field": field, "sentence": sentence, "all_rows": False, **values, "id": record.id}
    db.session.execute(text(SQL.sql("mark", condition=condition)), told)


def taken_by_another(target: Target, name: str) -> str:
    """The condition for `mark` that another record of the school has the value (bind `school`).

    Unless a good row of the file gives that record another value; such rows may lean on one another,
    and where one of them is marked, all that lean on it are. A record's own value stays as it is.
    """
    [key] = _from_rows(target)
    column = target.model.__table__.c[name]
    has = {f"{row}_has": f"t.{name} = {taken(column, f'{row}.values')}" for row in "wo"}
    return SQL.sql("taken_by_another", table=target.model.__tablename__, key=key, **has)


def _mark_masked(sheet: Sheet, record: Import) -> None:
    """A masked number is taken for the record's own only where its mask is; else nobody knows it."""
    for name in sheet.target.secrets:
        unknown = SQL.sql("unknown_mask", **pieces(sheet.target), number=name)
        mark(record, unknown, name, str(MASKED), all_rows=True, **bound(sheet, record))


def _mark_doubles(sheet: Sheet, record: Import, names: list[str], blamed: str) -> bool:
    """What stands in several rows though it may only stand once."""
    column, [key, *_blamed] = sheet.column(blamed), sheet.unique[0]
    sentence = _("“%(column)s” is the same as in row ROW of this file.", column=str(column.label))
    which = "mark_same_key" if names[0] == key else "mark_same_value"
    done = db.session.execute(
        text(SQL.sql(which, **_of_unique(names, key))),
        {
            "id": record.id,
            "names": names,
            "field": blamed,
            "sentence": sentence,
            "sheets": record.details.get("sheets", []),
        },
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def joined(target: Target) -> str:
    """The condition that a row `r` means the record `t`; the fixed columns are bound by `fix_…`."""
    table = target.model.__table__
    parts = [f"t.{name} = :fix_{name}" for name in target.key if name in target.common]
    parts += [f"t.{name} = {taken(table.c[name], 'r.values')}" for name in _from_rows(target)]
    return " AND ".join(parts)


def order(target: Target) -> str:
    """The order in which rows are written: that of the key, so that two imports do not deadlock."""
    return ", ".join(f"r.values ->> '{name}'" for name in _from_rows(target)) or "r.row"


def bound(sheet: Sheet, record: Import) -> dict[str, object]:
    """The values that the statements bind."""
    fixed = sheet.target.fixed(record)
    return {"id": record.id, **{f"fix_{name}": value for name, value in fixed.items()}}


def current(target: Target) -> str:
    """The record `t` as JSON, as `values` has it: numbers as such, bytes in hexadecimal."""
    table = target.model.__table__
    pairs = []
    for name in compared(target):
        binary = isinstance(table.c[name].type, LargeBinary)
        pairs.append(f"'{name}', " + (f"encode(t.{name}, 'hex')" if binary else f"t.{name}"))
    return f"jsonb_build_object({', '.join(pairs)})"


def compared(target: Target) -> list[str]:
    """The columns of the target that `values` may hold."""
    return [*_from_rows(target), *target.fields, *(f"{name}_index" for name in target.secrets)]


def taken(column: Any, source: str) -> str:
    """The SQL that reads a column's value out of a JSON object."""
    value = f"({source} ->> '{column.name}')"
    if isinstance(column.type, LargeBinary):
        return f"decode({value}, 'hex')"
    kind = column.type.compile(dialect=db.engine.dialect)
    return value if kind.startswith("VARCHAR") else f"{value}::{kind}"


def _from_rows(target: Target) -> list[str]:
    return [name for name in target.key if name not in target.common]
