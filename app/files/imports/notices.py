"""An import tells nobody: who brought the file watches its page, and the history keeps it."""

from __future__ import annotations

from app.notices.letters import Letters

LETTERS: Letters = {}
SILENT = (
    "upload",
    "upload_own",
    "ask",
    "decide",
    "decide_own",
    "agree",
    "agree_own",
    "discard",
    "discard_own",
    "check",
    "fail",
    "write",
    "write_own",
    "write_good",
    "write_good_own",
    "apply",
    "recheck",
    "undo",
    "undo_own",
    "revert",
    "keep",
)
