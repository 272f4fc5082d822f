"""What is kept of graduates added to a workbook with their whole ID numbers (RPT-05)."""

from __future__ import annotations

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.files.made.models import MadeFile
from app.workflow import trail


def trace(paper: MadeFile, rows: int) -> None:
    """Who took how many whole ID numbers out, and for what; kept with the result (RPT-05, ADM-07)."""
    user = db.session.get_one(AppUser, paper.user_id)
    who = actor_of(user)
    details = {
        "what": paper.kind,
        "file": paper.file_name,
        "clear": True,
        "rows": rows,
        **paper.wish,
    }
    trail.write(
        "plan_paper",
        paper.id,
        "take_out",
        who,
        clock.now(),
        school_id=paper.school_id,
        after="kept",
        reason=paper.wish.get("purpose", ""),
        details=details,
    )
