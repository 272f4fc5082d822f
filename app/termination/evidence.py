"""Files that belong to a termination: what a party or the mediating school puts before the reviewers."""

from __future__ import annotations

from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.documents.attachments import accept_upload
from app.documents.models import Attachment
from app.documents.store import save_file
from app.termination.models import WITH_PARTIES, Termination, TerminationState
from app.termination.queries import termination_of, terminations_for
from app.termination.tasks import RECORD
from app.workflow.actor import Actor, Role

S = TerminationState
MOST = 10  # files of one termination
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

    Raises NotYours outside the scope, Refused with a sentence for what cannot be kept.
    """
    termination = termination_of(actor, termination_id)
    if not may_add(termination, actor):
        raise Refused(_("Nothing can be added to this termination any more."))
    counted = select(func.count()).where(
        Attachment.record_kind == RECORD, Attachment.record_id == termination.id
    )
    if (db.session.scalar(counted) or 0) >= MOST:
        raise Refused(_("At most %(most)s files.", most=MOST))
    upload = accept_upload(name, source)
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
    db.session.commit()
    return found


def readable(found: Attachment, actor: Actor) -> bool:
    """Who sees the termination sees its files (DOC-05)."""
    if found.record_kind != RECORD:
        return False
    mine = terminations_for(actor).where(Termination.id == found.record_id)
    return db.session.scalars(mine.limit(1)).first() is not None
