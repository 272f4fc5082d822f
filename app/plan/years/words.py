"""What comparing a year with its placements would do, and did, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

KINDS = {
    "open": _l("Graduates without a row yet"),
    "add": _l("Missing: to be filled in"),
    "change": _l("Different: to be changed"),
    "take_back": _l("No longer in force: to be emptied"),
    "conflict": _l("Conflicts with what staff wrote"),
    "request": _l("Already reported: a change to decide on"),
    "moved": _l("Moved to another college or year"),
    "waits": _l("Wait for a decision already"),
    "settled": _l("Decided before: the row stays"),
}
SILENT_KINDS = ("waits", "settled")  # nothing is written for these
ASKED_KINDS = ("conflict", "request")  # a change to decide on: the row itself is not written


def rows_written(counts: dict[str, int]) -> int:
    """How many rows are written."""
    return sum(n for kind, n in counts.items() if kind not in (*SILENT_KINDS, *ASKED_KINDS))


def changes_asked(counts: dict[str, int]) -> int:
    """How many become changes to decide on."""
    return sum(counts.get(kind, 0) for kind in ASKED_KINDS)


def told(done: dict[str, int]) -> str:
    """What was done, in the words and numbers of the page before."""
    writes, asks = rows_written(done), changes_asked(done)
    text = ngettext("%(num)s row was written.", "%(num)s rows were written.", writes)
    if asks:
        text += " " + ngettext(
            "%(num)s change waits for a decision.", "%(num)s changes wait for a decision.", asks
        )
    return text
