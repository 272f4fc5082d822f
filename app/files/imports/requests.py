"""What a person asks of an import: bring a file, decide, apply, undo, discard (BLK-04)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _

from app.core import clock, jobs
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_line
from app.files.imports import tasks
from app.files.imports.answers import Answers
from app.files.imports.decisions import HEAD
from app.files.imports.intake import MAX_BYTES
from app.files.imports.models import FILES, Import
from app.files.imports.queries import same_file
from app.files.imports.sheet import Sheet
from app.files.imports.workflow import IMPORTS
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row

NAME = 120
UPLOADS = Limit("bulk-upload", 60, timedelta(hours=1))  # of one person: each costs seconds of work


def sheet_for(who: Actor, name: str) -> Sheet:
    """The sheet of that name, if this person may import it. Raises NotYours."""
    sheet = stores().sheets.get(name)
    if sheet is None or who.role not in sheet.roles or not (who.school_id or who.employer_id):
        raise NotYours(f"sheet {name}")
    return sheet


def bring(who: Actor, sheet: Sheet, data: bytes, name: str) -> tuple[Import, bool]:
    """Keep the file, have it checked, and commit. A file that is here already is not taken twice: False.

    Raises Refused for one that is empty or too large.
    """
    if not data:
        raise Refused(_("The file is empty."))
    if len(data) > MAX_BYTES:
        raise Refused(_("The file is larger than %(size)s MB.", size=MAX_BYTES >> 20))
    digest = hashlib.sha256(data).hexdigest()
    known = same_file(who, sheet.name, digest)
    if known is not None:
        return known, False
    if not UPLOADS.take(who.user_id):
        raise Refused(_("You have uploaded very many files. Please wait an hour, then go on."))
    record = Import(
        uid=uuid4().hex,
        sheet=sheet.name,
        user_id=who.user_id or 0,
        school_id=who.school_id,
        employer_id=who.employer_id,
        file_name=clean_name(name),
        sha256=digest,
        created_at=clock.now(),
        details={"bytes": len(data)},
        total=0,
        new=0,
        changed=0,
        same=0,
        faulty=0,
        only_good=False,
        stage="",
    )
    record.file_key = FILES.keep(data, record.uid)
    return committed(lambda: _begun(record, who)), True


def _begun(record: Import, who: Actor) -> Import:
    IMPORTS.start(own(who, "upload"), record, who)
    jobs.enqueue(tasks.check, import_id=record.id)
    return record


def ask(step: str, record: Import, who: Actor, seen: str | None = None) -> Import:
    """`write`, `write_good` or `undo`, and the job that does it; commits. Raises Refused.

    `seen` is what the dialog said: where the numbers are others now, nothing is done.
    """
    task: Any = tasks.take_back if step == "undo" else tasks.write

    def act() -> Import:
        done = IMPORTS.apply(own(who, step), record.id, who)
        _refuse_other(seen, done.seen)
        jobs.enqueue(task, import_id=done.id)
        return done

    return committed(act)


def decide(
    record: Import, who: Actor, answers: Answers, seen: str | None = None, *, anew: bool = False
) -> Import:
    """Keep what was decided and have the file checked by it; commits. Raises Refused.

    `seen` is the version of the page: what somebody else decided meanwhile is not overwritten unseen.
    """

    def act() -> Import:
        done = IMPORTS.find(record.id, who)
        lock_row(Import, done.id)
        _refuse_other(seen, done.version)
        done = IMPORTS.apply(
            own(who, "decide"),
            done.id,
            who,
            decided=answers.decided,
            words=answers.words,
            anew=anew,
        )
        jobs.enqueue(tasks.check, import_id=done.id)
        return done

    return committed(act)


def agree(record: Import, who: Actor, seen: str | None = None) -> Import:
    """Agree to what is left out and to improbable changes, as the page said them; commits. Raises Refused.

    Columns that are agreed to be left out are kept as not used: the next file is not asked about them.
    """

    def act() -> Import:
        done = IMPORTS.find(record.id, who)
        lock_row(Import, done.id)
        _refuse_other(seen, done.version)
        unused = [(HEAD, "", head, None) for head in done.details.get("unknown", ())]
        return IMPORTS.apply(own(who, "agree"), done.id, who, words=unused)

    return committed(act)


def discard(record: Import, who: Actor) -> Import:
    """Nothing of the file is imported; commits. Raises Refused."""
    return IMPORTS.perform(own(who, "discard"), record.id, who)


def _refuse_other(seen: str | None, now: str) -> None:
    if seen is not None and seen != now:
        raise Refused(_("The numbers changed meanwhile. Nothing was done; please look again."))


def own(who: Actor, step: str) -> str:
    """The step's name for this person."""
    return f"{step}_own" if who.role is Role.EMPLOYER else step


def clean_name(name: str) -> str:
    """A file name to show: no path, nothing invisible."""
    last = clean_line(name.replace("\\", "/").rsplit("/", 1)[-1])
    if len(last) > NAME:
        stem, dot, end = last.rpartition(".")
        last = stem[: NAME - 8] + dot + end[:6]
    return last or "file"
