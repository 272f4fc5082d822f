"""All differences between a plan file and our plan, as a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.errors import Refused
from app.files.imports.models import Import
from app.files.made.making import Maker, book_of, progress
from app.files.made.models import MadeFile
from app.plan.comparison import importing
from app.plan.rows.detail import shown

if TYPE_CHECKING:
    pass
from app.plan.comparison.choosing import (
    Different,
    choice_labels,
    only_ours,
    only_theirs,
    rows_different,
    summary,
)

MOST_LISTED = 100_000


def workbook(record: Import, noted: object) -> bytes:
    """All differences as a workbook: to be looked at elsewhere, or sent to whom the file came from."""
    out = io.BytesIO()
    heads = [
        (_("What it is"), 18),
        (_("Row"), 8),
        (_("Student number"), 18),
        (_("Name"), 14),
        (_("Field"), 20),
        (_("Ours"), 36),
        (_("The file"), 36),
        (_("The placement says"), 36),
        (_("Taken"), 14),
    ]
    says = choice_labels()
    with book_of(out, _("Differences"), heads) as put:
        for found in _all_different(record, noted):
            for line in found.lines:
                put(
                    [
                        _("Different"),
                        str(found.line),
                        found.student_no,
                        found.name,
                        str(line.label),
                        line.ours,
                        line.theirs,
                        line.placement,
                        str(says[line.choice]),
                    ]
                )
        for row in only_ours(record, MOST_LISTED):
            put(
                [
                    _("Only ours"),
                    "",
                    row.student_no,
                    row.name,
                    "",
                    shown("destination_code", row.destination_code, row.graduation_year),
                ]
            )
        for row in only_theirs(record, MOST_LISTED):
            why = " ".join(text for _field, text in row.problems or [])
            put([_("Only in the file"), str(row.line), row.student_no or row.other, row.name, "", "",
                 why])  # fmt: skip
    return out.getvalue()


def _all_different(record: Import, noted: Any) -> Iterator[Different]:
    """Every row that differs, read in portions."""
    total, done = summary(record).counts["different"], 0
    for after, until in importing.portions(record.id):
        found = importing.shown(record.id, after=after, until=until)
        if found is not None:
            yield from rows_different(found.lines())
            done += len(found.facts)
            noted(done, total)


def _differences(paper: MadeFile) -> bytes:
    record = db.session.get_one(Import, paper.wish["import"])
    if record.school_id != paper.school_id or record.file_key is None:
        raise Refused(_("This file is no longer kept."))
    return workbook(record, lambda done, total: progress(paper, done, total))


def _back(paper: MadeFile) -> tuple[str, str]:
    return _("Compare side by side"), url_for("PlanFilesView.show", uid=paper.wish["uid"])


MAKER = Maker(_l("Differences"), _differences, _back, menu="Plan")
