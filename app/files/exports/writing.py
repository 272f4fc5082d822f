"""The rows into a file of the format that was asked for; how far it is, is noted each second."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import update

from app.core import clock
from app.core.db import db
from app.files.exports import dbf_out, xlsx_out
from app.files.exports.models import Export, Format
from app.files.exports.tables import Batch, ExportTable

EVERY = 1.0  # seconds between two notes of the progress


def write_rows(
    form: Format,
    path: Path,
    table: ExportTable,
    export_id: int,
    said: list[tuple[Any, str]],
    narrow: bool,
) -> tuple[int, list[Any], dbf_out.Unfit | None]:
    """Write the rows in that format; what the format says of them."""
    with contextlib.closing(table.rows()) as rows:
        return _put(form, path, table, _noting(rows, export_id), said, narrow)


def _put(
    form: Format,
    path: Path,
    table: ExportTable,
    batches: Iterator[Batch],
    said: list[tuple[Any, str]],
    narrow: bool,
) -> tuple[int, list[Any], dbf_out.Unfit | None]:
    if form is Format.XLSX:
        rows, notes = xlsx_out.write(str(path), str(path.parent), table.columns, batches)
        return rows, notes, None
    if form is Format.ANALYSIS:
        from app.files.exports import analysis_out  # pandas comes with it: not into the web process

        rows, notes = analysis_out.write(str(path), table, batches, said)
        return rows, notes, None
    with path.open("wb") as out, tempfile.TemporaryFile(dir=path.parent) as spool:
        file: Any = out
        waiting: BinaryIO = spool  # type: ignore[assignment]
        rows, unfit = dbf_out.write(
            file, waiting, table.columns, batches, clock.today(), narrow=narrow
        )
    return rows, [], unfit


def _noting(batches: Iterator[Batch], export_id: int) -> Iterator[Batch]:
    """The rows, with the progress noted each second on a connection of its own."""
    done, said = 0, time.monotonic()
    for batch in batches:
        yield batch
        done += len(batch)
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            with db.engine.engine.begin() as connection:  # the session reads on, in one snapshot
                connection.execute(update(Export).where(Export.id == export_id).values(done=done))
