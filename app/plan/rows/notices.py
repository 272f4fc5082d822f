"""Whom the steps of the plan tell, and the words of the nightly proof."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.letters import Letter, Letters

LETTERS: Letters = {}
# the plan is the office's own paper: the parties read of what led to it
SILENT = (
    "edit",
    "check",
    "uncheck",
    "report",
    "reopen",
    "amend",
    "import",
    "undo_import",
    "renewed",
    "emptied",
    "failed",
    "record_changed",
    "raise",
    "renew",
    "apply",
    "drop",
    "overtake",
)

PROOF = Letter(
    _l("The plan differs from the placements: %(count)s"),
    _l(
        "The nightly comparison found rows that do not follow their placements. Look at them "
        "side by side and apply the differences."
    ),
    "/plan/sync/",
)
