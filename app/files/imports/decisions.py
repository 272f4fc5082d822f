"""What a person decided of one file, and what of it is kept for the next one (BLK-06).

The decisions of a file stand in `Import.details["decided"]`:
`heads` (normal header → our field or None), `values` (our field → cell as shown → what is read instead, ""
empty), `all` (field → one value for all rows), `rows_out` (running numbers), `out` (field →
cells whose rows are left out), `empty` (field → rows whose cell is left empty: of personal numbers,
which stand nowhere in clear), `hidden` ("take" or "leave").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.registry import stores
from app.files.imports.cells import folded
from app.files.imports.headers import normal
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet
from app.files.imports.word_models import ImportWord
from app.workflow.actor import Actor, Role
from app.workflow.steps import Change

HEAD, VALUE = "head", "value"
LONGEST = 120
Decided = dict[str, Any]


def merged(old: Decided, new: Decided) -> Decided:
    """What was decided before, and what is decided now."""
    values = {field: dict(said) for field, said in old.get("values", {}).items()}
    for field, said in new.get("values", {}).items():
        values[field] = values.get(field, {}) | said
    out = {field: set(texts) for field, texts in old.get("out", {}).items()}
    for field, texts in new.get("out", {}).items():
        out[field] = out.get(field, set()) | set(texts)
    empty = {field: set(rows) for field, rows in old.get("empty", {}).items()}
    for field, rows in new.get("empty", {}).items():
        empty[field] = empty.get(field, set()) | set(rows)
    return {
        "heads": {**old.get("heads", {}), **new.get("heads", {})},
        "values": values,
        "all": {**old.get("all", {}), **new.get("all", {})},
        "rows_out": sorted({*old.get("rows_out", ()), *new.get("rows_out", ())}),
        "out": {field: sorted(texts) for field, texts in out.items()},
        "empty": {field: sorted(rows) for field, rows in empty.items()},
        "hidden": new.get("hidden") or old.get("hidden", ""),
    }


def keep_decisions(change: Change) -> None:
    """Keep them with the file; where its rows are searches, what is searched now counts anew (INV-01)."""
    record: Import = change.record
    details = dict(record.details)
    old = {} if change.data.get("anew") else details.get("decided", {})
    details["decided"] = merged(old, change.data["decided"])
    details["answered"] = True
    details.pop("questions", None)
    if stores().sheets[record.sheet].admit is not Sheet.admit:
        details.pop("admitted", None)
        details.pop("hidden", None)
    record.details, record.stage = details, ""


def keep_words(change: Change) -> None:
    """Keep for the next file what was decided: `words` are (kind, field, text, ours)."""
    record: Import = change.record
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, field, text, ours in change.data.get("words", ()):
        theirs = normal(text) if kind == HEAD else folded(text)
        if theirs and len(theirs) <= LONGEST:
            rows[kind, field, theirs] = {
                "school_id": record.school_id,
                "employer_id": record.employer_id,
                "sheet": record.sheet,
                "kind": kind,
                "field": field,
                "theirs": theirs,
                "shown": text[:LONGEST],
                "ours": ours,
                "user_id": change.actor.user_id,
                "at": change.now,
            }
    if not rows:
        return
    whose = "school_id" if record.employer_id is None else "employer_id"
    where = ImportWord.employer_id.is_(None)
    put = insert(ImportWord)
    db.session.execute(
        put.on_conflict_do_update(
            index_elements=[whose, "sheet", "kind", "field", "theirs"],
            index_where=where if record.employer_id is None else ~where,
            set_={name: put.excluded[name] for name in ("ours", "shown", "user_id", "at")},
        ),
        [rows[key] for key in sorted(rows)],  # in one order: two who decide at once do not deadlock
    )


def words_of(school_id: int | None, employer_id: int | None) -> ColumnElement[bool]:
    """Whose words they are."""
    if employer_id is not None:
        return ImportWord.employer_id == employer_id
    return (ImportWord.school_id == school_id) & ImportWord.employer_id.is_(None)


def kept(record: Import) -> Sequence[ImportWord]:
    """What the owner of an import once decided for files of its sheet."""
    mine = words_of(record.school_id, record.employer_id)
    return db.session.scalars(
        select(ImportWord).where(mine, ImportWord.sheet == record.sheet)
    ).all()


def words_for(who: Actor, sheets: Iterable[str]) -> Select[Any]:
    """The kept words of this person's school or employer, for the sheets that it may bring."""
    employer = who.employer_id if who.role is Role.EMPLOYER else None
    mine = (words_of(who.school_id, employer), ImportWord.sheet.in_(list(sheets)))
    return (
        select(ImportWord)
        .where(*mine)
        .order_by(ImportWord.sheet, ImportWord.kind.desc(), ImportWord.field, ImportWord.shown)
    )


def forget(who: Actor, sheets: Iterable[str], ids: Sequence[int]) -> int:
    """Delete kept words and commit; how many."""
    mine = words_for(who, sheets).with_only_columns(ImportWord.id).order_by(None)
    done = db.session.execute(
        delete(ImportWord).where(ImportWord.id.in_(ids), ImportWord.id.in_(mine))
    )
    db.session.commit()
    return int(done.rowcount)  # type: ignore[attr-defined]
