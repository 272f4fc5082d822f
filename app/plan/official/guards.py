"""Who may have graduates added to a workbook, with their whole ID numbers (RPT-05)."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Refused
from app.files.exports.rights import may_clear
from app.files.exports.tasks import as_person
from app.files.made.models import MadeFile

MAY_NOT = _l(
    "You may not take out full ID numbers, so no graduates can be added. "
    "The rows that are there can be filled."
)


def problems(year: str, purpose: str) -> list[tuple[str, str]]:
    """Adding graduates writes out whole ID numbers: by whom may export them, for a purpose (RPT-05)."""
    if not year:
        return []
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        return [("year", _("Please choose a graduation year."))]
    if not purpose:
        return [("purpose", _("Say what the full ID numbers are needed for."))]
    return [] if may_clear() else [("year", str(MAY_NOT))]


def refuse_to_add(paper: MadeFile) -> None:
    """The right may be gone since the person asked."""
    with as_person(paper.user_id):
        if not may_clear():
            raise Refused(str(MAY_NOT))
