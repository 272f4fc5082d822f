"""Asking for a file that the worker makes (BLK-04)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from flask_babel import gettext as _

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.files.made import making, tasks
from app.files.made.models import MadeFile
from app.workflow.actor import Actor
from app.workflow.engine import committed

LONGEST = 110  # characters of a file name without its ending; the column holds 120
ASKED = Limit("plan-papers", 60, timedelta(hours=1))  # of one person: each costs seconds of work


def ask(
    who: Actor, kind: str, wish: Mapping[str, object], name: str, source: bytes | None = None
) -> MadeFile:
    """Have a paper made by the worker, and commit. Raises NotYours, Refused."""
    school = making.may_ask(who)
    if not ASKED.take(who.user_id):
        raise Refused(_("You have asked for very many files. Please wait an hour, then go on."))
    paper = MadeFile(
        uid=uuid4().hex,
        kind=kind,
        user_id=who.user_id or 0,
        school_id=school,
        wish=wish,
        file_name=_fitting(name),
        done=0,
        total=0,
        report={},
        created_at=clock.now(),
    )
    if source is not None:
        paper.source_key = making.FILES.keep(source, paper.uid)

    def begin() -> MadeFile:
        db.session.add(paper)
        db.session.flush()
        jobs.enqueue(tasks.make_paper, paper_id=paper.id)
        return paper

    return committed(begin)


def _fitting(name: str) -> str:
    """A file name of a length that is kept, with its ending."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:LONGEST]}.{ending[: 119 - LONGEST]}" if dot else name[:LONGEST]
