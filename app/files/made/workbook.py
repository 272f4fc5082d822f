"""All changes of a checked import as a workbook: a row for each cell that changes (BLK-09)."""

from __future__ import annotations

import io
from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.files.imports import preview
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow, RowStatus
from app.files.made import making
from app.files.made.models import MadeFile

CHANGES = "changes"
PORTION = 2_000


def make(paper: MadeFile) -> bytes:
    """The workbook. Raises Refused where the rows are no longer kept."""
    record = db.session.get(Import, paper.wish["import"])
    if record is None or record.school_id != paper.school_id or record.file_key is None:
        raise Refused(_("This file is no longer kept."))
    out = io.BytesIO()
    key = stores().sheets[record.sheet].columns[0]
    heads = [
        (_("Row"), 8),
        (pgettext("worksheet", "Sheet"), 14),
        (key.label, 18),
        (_("Column"), 18),
        (_("Before"), 32),
        (_("In the file"), 32),
        (_("Note"), 28),
    ]
    with making.book_of(out, pgettext("of a file", "Changes"), heads) as put:
        for done, cells in enumerate(_lines(record), 1):
            put(cells)
            if done % 5_000 == 0:
                making.progress(paper, done, 0)
    return out.getvalue()


def _lines(record: Import) -> Iterator[list[str]]:
    """A row for each cell that changes, read in portions."""
    sheet = stores().sheets[record.sheet]
    context, after = sheet.prepare(record), 0
    mine = (ImportRow.import_id == record.id, ImportRow.status == RowStatus.CHANGED)
    wanted = select(ImportRow).where(*mine).order_by(ImportRow.row).limit(PORTION)
    while rows := db.session.scalars(wanted.where(ImportRow.row > after)).all():
        after = rows[-1].row
        part = preview.part_of(record, sheet, context, RowStatus.CHANGED, len(rows), rows)
        for line in part.lines:
            for head, cell in zip(part.heads, line.cells, strict=True):
                if cell.old is not None:
                    yield [
                        str(line.number),
                        line.sheet,
                        line.cells[0].text,
                        head,
                        cell.old,
                        cell.text,
                        cell.hint,
                    ]
        for row in rows:
            db.session.expunge(row)


def _back(paper: MadeFile) -> tuple[str, str]:
    return _("Import"), url_for("ImportsView.show", uid=paper.wish["uid"])


MAKER = making.Maker(_l("Changes of an import"), make, _back)
