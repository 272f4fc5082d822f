"""Our own files as our import reads them: rows of texts, the headers first."""

from __future__ import annotations

import csv
import io

from app.files.imports import dbf_tables, text_tables


def csv_rows(text: str) -> list[list[str]]:
    """A .csv with commas, without what only protects its cells."""
    return [
        [text_tables._bare(cell) for cell in row]
        for row in csv.reader(io.StringIO(text, newline=""))
    ]


def dbf_rows(data: bytes) -> list[list[str]]:
    """A .dbf, the names of its fields first."""
    _encoding, grids = dbf_tables.dbf_grids(data, 0)
    return [list(row) for grid in grids for row in grid.frame.itertuples(index=False, name=None)]
