"""The employer's list as a file that spreadsheets open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from app.core import clock
from app.core.text import plain_cell
from app.fab.interface import SafeInterface
from app.invitations.models import Invitation
from app.invitations.views import local, response_text, review_text

AT_ONCE = 200
NEEDED = (
    "student.name", "student.school.name", "student.major.name", "student.graduation_year",
    "student.id_number_masked", "terms.position", "placement.state", "answer", "sent_at",
)  # fmt: skip


def lines(datamodel: SafeInterface, keys: Sequence[int]) -> Iterator[str]:
    """CSV in UTF-8 with mark, read in portions; numbers masked, formulas made harmless."""
    yield "\ufeff" + _line(_heads())
    for start in range(0, len(keys), AT_ONCE):
        rows = datamodel.rows(keys[start : start + AT_ONCE], NEEDED)
        yield "".join(_line(_cells(row)) for row in rows)


def _heads() -> list[str]:
    return [
        _("Student"), _("Response"), _("Review"), _("School"), _("Major"), _("Position"),
        _("Sent on"), _("Answer by"), _("Graduation year"), _("ID number"),
    ]  # fmt: skip


def _cells(row: Invitation) -> list[str]:
    student = row.student
    return [
        student.name,
        response_text(row.answer)[0],
        review_text(row.placement.state if row.placement else None)[0],
        student.school.name,
        student.major.name,
        row.terms.position,
        local(row.sent_at),
        clock.shown_deadline(row.reply_by),
        str(student.graduation_year),
        student.id_number_masked or "",
    ]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([plain_cell(cell) for cell in cells])
    return out.getvalue()
