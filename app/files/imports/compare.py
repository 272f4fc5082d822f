"""The staged rows against each other and against the data, by SQL: nothing is loaded into memory.

Names of tables and columns come from declared models, values are always bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import LargeBinary, text

from app.core.db import db
from app.core.registry import stores
from app.files.imports.cells import MASKED
from app.files.imports.models import Import, RowStatus
from app.files.imports.sheet import Sheet, Target

MANY = 2_000  # rows from which on a join is never left to chance


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
    db.session.execute(
        text(
            "UPDATE import_row SET status = 'new', old = NULL"
            " WHERE import_id = :id AND status IN ('changed', 'same')"
        ),
        {"id": record.id},
    )
    _match(sheet.target, record)


def _moved_on(target: Target, record: Import) -> bool:
    """Whether some row would now be told apart differently than when it was checked."""
    cur = current(target)
    hidden = ", ".join(f"'{name}_{end}'" for name in target.secrets for end in ("sealed", "masked"))
    before = f"r.values || (coalesce(r.old, '{{}}') - ARRAY[{hidden}]::text[])"
    with widely(_staged(record)):
        found = db.session.execute(
            text(  # all of them, as a rule: an EXISTS would be planned for the first one
                "SELECT count(*) FROM import_row r"
                f" LEFT JOIN {target.model.__tablename__} t ON {joined(target)}"
                " WHERE r.import_id = :id AND r.status <> 'faulty' AND CASE WHEN t.id IS NULL"
                f" THEN r.status <> 'new' ELSE r.status = 'new' OR NOT ({cur} @> ({before})) END"
            ),
            bound(stores().sheets[record.sheet], record),
        )
    return found.scalar_one() > 0


@contextmanager
def widely(rows: int) -> Iterator[None]:
    """Many rows are never looked up one by one in what is read from end to end, whatever is believed of it.

    For statements that only read, or write staged rows: what triggers ask inside keeps its plans.
    """
    if rows <= MANY:
        yield
        return
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    db.session.execute(text("SET LOCAL enable_nestloop = on"))


def counts(import_id: int) -> dict[str, int]:
    """How many rows there are, in all and of each status."""
    rows = db.session.execute(
        text("SELECT status, count(*) FROM import_row WHERE import_id = :id GROUP BY status"),
        {"id": import_id},
    )
    found = {status: n for status, n in rows}  # noqa: C416 (a Row is no tuple for mypy)
    return {"total": sum(found.values()), **{s.value: found.get(s.value, 0) for s in RowStatus}}


def mark(record: Import, condition: str, field: str, sentence: str, **values: Any) -> None:
    """Mark the good rows, or `all_rows`, of which the condition holds (SQL, the row is `r`) as faulty."""
    good = "true" if values.pop("all_rows", False) else "r.status <> 'faulty'"
    db.session.execute(
        text(
            "UPDATE import_row r SET status = 'faulty', old = NULL, problems ="
            " coalesce(problems, '[]') || jsonb_build_array(jsonb_build_array(:field ::text,"
            " :sentence ::text))"
            f" WHERE r.import_id = :id AND {good} AND ({condition})"
        ),
        {"field": field, "sentence": sentence, **values, "id": record.id},
    )


def taken_by_another(target: Target, name: str) -> str:
    """The condition for `mark` that another record of the school has the value (bind `school`).

    Unless a good row of the file gives that record another value; such rows may lean on one another,
    and where one of them is marked, all that lean on it are. A record's own value stays as it is.
    """
    [key] = _from_rows(target)
    table, column = target.model.__tablename__, target.model.__table__.c[name]

    def has(row: str) -> str:
        return f"t.{name} = {taken(column, f'{row}.values')}"

    return f"""r.row IN (WITH RECURSIVE wants AS (SELECT w.row, o.row AS giver
        FROM import_row w JOIN {table} t ON t.school_id = :school AND {has("w")}
          AND t.{key} <> w.values ->> '{key}'
        LEFT JOIN import_row o ON o.import_id = :id AND o.status <> 'faulty'
          AND o.values ->> '{key}' = t.{key} AND NOT {has("o")}
      WHERE w.import_id = :id AND w.status <> 'faulty' AND NOT EXISTS (SELECT 1 FROM {table} t
        WHERE t.school_id = :school AND t.{key} = w.values ->> '{key}' AND {has("w")})),
      stuck AS (SELECT row FROM wants WHERE giver IS NULL
        UNION SELECT w.row FROM wants w JOIN stuck s ON w.giver = s.row)
      SELECT row FROM stuck)"""


def _mark_masked(sheet: Sheet, record: Import) -> None:
    """A masked number is taken for the record's own only where its mask is; else nobody knows it."""
    target = sheet.target
    for name in target.secrets:
        said = f"(r.more ->> '{name}_mask')"
        same = (
            f"t.{name}_masked = {said} OR {said} LIKE '***%' AND"
            f" right(t.{name}_masked, 4) = right({said}, 4)"
        )
        known = f"SELECT 1 FROM {target.model.__tablename__} t WHERE {joined(target)} AND ({same})"
        mark(
            record,
            f"r.more ? '{name}_mask' AND NOT EXISTS ({known})",
            name,
            str(MASKED),
            all_rows=True,
            **bound(sheet, record),
        )


def _mark_doubles(sheet: Sheet, record: Import, names: list[str], blamed: str) -> bool:
    """What stands in several rows though it may only stand once.

    Of rows with the same key the first good one stays: they mean the same (F-55). Which of two records
    has the phone that both have only the person knows.
    """
    column, [key, *_blamed] = sheet.column(blamed), sheet.unique[0]
    sentence = _("“%(column)s” is the same as in row ROW of this file.", column=str(column.label))
    value = " || chr(31) || ".join(f"(r.values ->> '{name}')" for name in names)
    told = f"coalesce(r.values ->> '{key}', r.row::text)"
    first, others, which = (
        (
            "coalesce(min(row) FILTER (WHERE status <> 'faulty'), min(row))",
            "r.row <> g.first",
            "g.first",
        )
        if names[0] == key
        else (
            "min(row)",
            "g.least <> g.most",
            "CASE WHEN r.row = g.first THEN g.last ELSE g.first END",
        )
    )
    done = db.session.execute(
        text(
            f"WITH g AS (SELECT {value} AS value, {first} AS first, max(row) AS last,"
            f"   min({told}) AS least, max({told}) AS most FROM import_row r"
            "   WHERE import_id = :id AND values ?& :names GROUP BY 1 HAVING count(*) > 1)"
            " UPDATE import_row r SET status = 'faulty', problems = coalesce(r.problems, '[]') ||"
            " jsonb_build_array(jsonb_build_array(:field ::text, replace(:sentence ::text, 'ROW',"
            " CASE WHEN f.sheet = r.sheet THEN '' ELSE (:sheets ::text[])[f.sheet + 1] || '!' END"
            " || f.line)))"
            f" FROM g, import_row f WHERE r.import_id = :id AND r.values ?& :names AND {value} = g.value"
            f" AND {others} AND f.import_id = :id AND f.row = {which}"
        ),
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


def _match(target: Target, record: Import) -> None:
    """Tell new rows from those whose record exists, and of these the changed from the same."""
    hidden = "".join(
        f" || CASE WHEN r.values ->> '{name}_index' <> coalesce(c.cur ->> '{name}_index', '')"
        f" THEN jsonb_build_object('{name}_sealed', c.{name}_sealed, '{name}_masked', c.{name}_masked)"
        " ELSE '{}' END"
        for name in target.secrets
    )
    kept = "".join(
        f", encode(t.{name}_sealed, 'hex') AS {name}_sealed, t.{name}_masked"
        for name in target.secrets
    )
    differs = "NOT c.cur @> r.values" if target.update else "false"
    with widely(_staged(record)):
        db.session.execute(
            text(
                f"WITH c AS MATERIALIZED (SELECT r.row, {current(target)} AS cur{kept}"
                f" FROM import_row r JOIN {target.model.__tablename__} t ON {joined(target)}"
                "  WHERE r.import_id = :id AND r.status <> 'faulty')"
                f" UPDATE import_row r SET status = CASE WHEN {differs} THEN 'changed' ELSE 'same' END,"
                f" old = CASE WHEN {differs} THEN"
                "  (SELECT coalesce(jsonb_object_agg(k, c.cur -> k), '{}')"
                "   FROM jsonb_object_keys(r.values) k WHERE c.cur -> k IS DISTINCT FROM r.values -> k)"
                f" {hidden} END"
                " FROM c WHERE r.import_id = :id AND r.row = c.row"
            ),
            bound(stores().sheets[record.sheet], record),
        )


def _staged(record: Import) -> int:
    """How many rows are staged: the record is told after they were compared."""
    rows = text("SELECT count(*) FROM import_row WHERE import_id = :id")
    return int(db.session.execute(rows, {"id": record.id}).scalar_one())
