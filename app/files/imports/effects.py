"""What follows the steps of an import: counts, writing, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, text

from app.core.db import db
from app.core.registry import stores
from app.files.imports import compare, writing
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow
from app.files.imports.sheet import Sheet
from app.workflow import trail
from app.workflow.actor import Actor
from app.workflow.steps import Change

COUNTS = ("total", "new", "changed", "same", "faulty")


class NotAsShownError(Exception):
    """The data changed since the check: other numbers than the person confirmed."""


def compared(sheet: Sheet, record: Import) -> dict[str, Any]:
    """What would become of the rows, as of now, where not all of them are simply written: to be kept."""
    writer = sheet.writer
    return {"tally": {}} | (writer.compared(record) if writer and writer.compared else {})


def keep_counts(change: Change) -> None:
    """What the check found: counts and details."""
    record: Import = change.record
    for name in COUNTS:
        setattr(record, name, change.data[name])
    record.details = {**record.details, **change.data["details"]}
    record.errors_key, record.stage = change.data["errors_key"], ""
    change.details |= {name: change.data[name] for name in COUNTS}


def note_reason(change: Change) -> None:
    """Keep the sentences for the page."""
    sentences = change.data.get("sentences", [])
    change.record.details = {**change.record.details, "sentences": sentences}
    change.record.stage = ""


def keep_questions(change: Change) -> None:
    """What the person must say before the rows can be checked (BLK-06)."""
    record: Import = change.record
    record.details = {**record.details, **change.data["details"], "sentences": []}
    record.stage = ""


def keep_agreement(change: Change) -> None:
    """Somebody agreed to what is left out, and to what changes improbably often, as it stands now."""
    record: Import = change.record
    record.details = {**record.details, "agreed": record.concerns}
    change.details["agreed"] = sorted(record.concerns)


def forget_rows(change: Change) -> None:
    """Nothing of a discarded file stays but its history; the files themselves are swept at night."""
    record: Import = change.record
    record.file_key = record.errors_key = None
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == record.id))


def put_rows(change: Change) -> None:
    """Write the rows as they stand to the data now, under the lock of target and owner (BLK-03).

    Raises NotAsShownError, before anything is written, where the numbers are others than were shown: a
    writer with a tally says so itself, from what it is about to write.
    """
    record: Import = change.record
    sheet = stores().sheets[record.sheet]
    writing.lock(sheet.target.model, *record.owner)
    if sheet.writer:
        sheet.writer.lock(record)
    counts = compare.again(sheet, record)
    if counts != record.shown:
        raise NotAsShownError
    if sheet.writer:
        sheet.writer.write(record, change.now)
    else:
        writing.write(sheet, record, change.now)
    record.applied_at, record.stage = change.now, ""
    record.details = {**record.details, "sentences": []}
    change.details |= counts
    _follow(sheet, record)


def take_rows_back(change: Change) -> None:
    """Undo what was written. Raises Refused, with nothing written, where something depends on it."""
    record: Import = change.record
    sheet = stores().sheets[record.sheet]
    writing.lock(sheet.target.model, *record.owner)
    sheet.before_undo(record)
    if sheet.writer:
        sheet.writer.take_back(record, change.now)
    else:
        writing.take_back(sheet, record)
    record.stage = ""
    record.details = {**record.details, "sentences": []}
    _follow(sheet, record)


def _follow(sheet: Sheet, record: Import) -> None:
    """The session knows nothing of what SQL wrote: what it has is written first, then read anew."""
    db.session.flush()
    db.session.expire_all()
    sheet.after(record)


_FILE_CHANGED = """
{into} {lines}
  FROM import_row r JOIN {table} t ON {joined} CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(regexp_replace(k, '_masked$', ''), CASE
      WHEN :undone THEN jsonb_build_array(coalesce(r.values -> k, r.more -> k), r.old -> k)
      ELSE jsonb_build_array(r.old -> k, coalesce(r.values -> k, r.more -> k)) END) AS changed
    FROM jsonb_object_keys(r.old) k WHERE k = ANY(:fields)) c
  WHERE r.import_id = :id AND r.status = 'changed' AND c.changed IS NOT NULL ORDER BY t.id"""


def trace_file(
    model: Any,
    step: str,
    joined: str,
    fields: Sequence[str],
    actor: Actor,
    *,
    state: str = "state",
    **values: object,
) -> None:
    """A line in the trail of each record that a file has changed, or has given back: old and new.

    `joined` finds the record `t` of a row `r` (SQL), `state` is its column of the state; `values`: id, file,
    undone and what it binds.
    """
    table = model.__tablename__
    lines = trail.lines(
        table,
        ":step",
        f"t.{state}",
        f"t.{state}",
        trail.BY_ACTOR,
        record="t.id",
        school="t.school_id",
        reason=":file",
        details="jsonb_build_object('import', :id ::int, 'changed', c.changed)",
        at="app_now()",
    )
    statement = _FILE_CHANGED.format(into=trail.INTO, lines=lines, table=table, joined=joined)
    more = {**values, **trail.bound(actor), "step": step, "fields": list(fields)}
    db.session.execute(text(statement), more)
