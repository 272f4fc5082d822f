"""Files that belong to a termination: what a party or the mediating school puts before the reviewers."""

from __future__ import annotations

from datetime import timedelta
from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.documents.attachments import Upload, accept_upload
from app.documents.models import Attachment
from app.documents.store import save_file
from app.termination.models import WITH_PARTIES, Termination, TerminationState
from app.termination.queries import termination_of, terminations_for
from app.termination.tasks import RECORD
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

S = TerminationState
MOST = 10  # files of one termination
TRIES = Limit("evidence", 60, timedelta(hours=1))  # of one person; refused files count too
MAY_ADD = {
    Role.STUDENT: (*WITH_PARTIES, S.MEDIATION),
    Role.EMPLOYER: (*WITH_PARTIES, S.MEDIATION),
    Role.SCHOOL: (S.MEDIATION,),
}


def may_add(termination: Termination, actor: Actor) -> bool:
    """Parties add while it is between them or in mediation; the school as mediator (TRM-09, ACC-10)."""
    return termination.state in MAY_ADD.get(actor.role, ())


def add_evidence(termination_id: int, actor: Actor, name: str, source: BinaryIO) -> Attachment:
    """Keep one uploaded file, decoded and made harmless, and commit.

    Decoding takes its time, so what is allowed is asked before it and again behind the lock.
    Raises NotYours outside the scope, Refused with a sentence for what cannot be kept.
    """
    _check(termination_of(actor, termination_id), actor)
    if not TRIES.take(actor.user_id):
        raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))
    upload = accept_upload(name, source)
    return committed(lambda: _kept(termination_id, actor, upload))


def _check(termination: Termination, actor: Actor) -> None:
    if not may_add(termination, actor):
        raise Refused(_("Nothing can be added to this termination any more."))
    counted = select(func.count()).where(
        Attachment.record_kind == RECORD, Attachment.record_id == termination.id
    )
    if (db.session.scalar(counted) or 0) >= MOST:
        raise Refused(_("At most %(most)s files.", most=MOST))


def _kept(termination_id: int, actor: Actor, upload: Upload) -> Attachment:
    termination = db.session.execute(
        select(Termination)
        .where(Termination.id == termination_id)
        .with_for_update(key_share=True, of=Termination)
        .execution_options(populate_existing=True)
    ).scalar_one()
    _check(termination, actor)
    return keep(termination, actor, upload)


def keep(termination: Termination, actor: Actor, upload: Upload) -> Attachment:
    """Attach a decoded file to the locked termination, in the caller's transaction."""
    found = Attachment(
        record_kind=RECORD,
        record_id=termination.id,
        owner_user_id=actor.user_id or 0,
        school_id=termination.school_id,
        mime=upload.mime,
        size=len(upload.data),
        original_name=upload.original_name,
        file_key=save_file(upload.data, ".pdf" if upload.kind == "pdf" else ".jpg"),
        sha256=upload.sha256,
        created_at=clock.now(),
    )
    db.session.add(found)
    return found


def readable(found: Attachment, actor: Actor) -> bool:
    """Who sees the termination sees its files (DOC-05)."""
    if found.record_kind != RECORD:
        return False
    mine = terminations_for(actor).where(Termination.id == found.record_id)
    return db.session.scalars(mine.limit(1)).first() is not None
