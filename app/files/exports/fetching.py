"""A file on its way to the person: parts of the kept one, or CSV as the rows are read."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy import update

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.files.exports import csv_out
from app.files.exports.models import FILES, Export, Format
from app.files.exports.rights import table_of
from app.files.exports.tables import ExportTable
from app.files.exports.workflow import has_place
from app.workflow.actor import SYSTEM

log = logging.getLogger(__name__)
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MIMES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.GB18030: "text/csv; charset=gb18030",
    Format.XLSX: _BOOK,
    Format.ANALYSIS: _BOOK,
    Format.DBF: "application/x-dbf",
}
ENCODINGS = {Format.CSV: csv_out.UTF8, Format.GB18030: csv_out.GB18030}


def parts_of(record: Export) -> Iterator[bytes]:
    """The bytes, some at a time. Raises Refused or NotYours before the first of them."""
    form = Format(record.format)
    if form.at_once:
        if sentence := has_place(
            record, SYSTEM, clock.now()
        ):  # the step's own went with its commit
            raise Refused(sentence)
        return _written(table_of(record), ENCODINGS[form], record.id)
    return FILES.parts(record.file_key, record.uid)


def _written(table: ExportTable, encoding: str, export_id: int) -> Iterator[bytes]:
    """CSV row by row; where it breaks off, its last line says so and the connection is cut."""
    counted = [0]
    try:
        yield from csv_out.portions(table, encoding, counted)
    except Exception as error:
        where = "".join(traceback.format_tb(error.__traceback__))  # no message: it may have values
        log.error("export %s: %s\n%s", export_id, type(error).__name__, where)
        sentence = _(
            "The export broke off after %(rows)s rows: this file is NOT complete.", rows=counted[0]
        )
        yield csv_out.broken_line(sentence, encoding)
        raise
    db.session.execute(update(Export).where(Export.id == export_id).values(done=counted[0]))
    db.session.commit()


def disposition(record: Export) -> str:
    """The header that names the file: Chinese as RFC 5987 has it, ASCII for the others."""
    name = file_name(record)
    plain = f"export.{Format(record.format).ending}"
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"


def file_name(record: Export) -> str:
    """Title and day of asking; nothing that a file system refuses."""
    day = clock.local(record.created_at).strftime("%Y%m%d-%H%M")
    plain = "".join(c for c in record.title if c.isalnum() or c in " -_（）()").strip() or "export"
    mark = f"-{_('analysis')}" if record.format == Format.ANALYSIS else ""
    return f"{plain[:60]}{mark}-{day}.{Format(record.format).ending}"
