"""Findings are the office's own work list: nobody is told of their steps."""

from __future__ import annotations

from app.notices.letters import Letters

LETTERS: Letters = {}
SILENT = ("found", "accept", "reopen", "changed", "mended", "again")
