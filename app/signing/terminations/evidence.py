"""Files that belong to a termination: what a party or the mediating school puts before the reviewers."""

from __future__ import annotations

from typing import BinaryIO

from flask_babel import gettext as _

from app.core.errors import Refused
from app.files.documents import attaching, files
from app.files.documents.attachments import Upload
from app.files.documents.models import Attachment
from app.signing.terminations.models import Termination
from app.signing.terminations.queries import termination_of, terminations_for
from app.signing.terminations.tasks import RECORD
from app.workflow.actor import PARTIES, Actor, Role


def may_add(termination: Termination, actor: Actor) -> bool:
    """Parties add while it is between them or in mediation; the school as mediator (TRM-09, ACC-10)."""
    if actor.role in PARTIES:
        return termination.is_answerable
    return actor.role is Role.SCHOOL and termination.in_mediation


def check(termination: Termination, actor: Actor) -> None:
    """What is reviewed or decided keeps the files it was reviewed on. Raises Refused."""
    if not may_add(termination, actor):
        raise Refused(_("Nothing can be added to this termination any more."))


FILES = files.FileKind(Termination, terminations_for, check)


def keep(termination: Termination, actor: Actor, upload: Upload) -> Attachment:
    """Attach a decoded file to the locked termination, in the caller's transaction."""
    return attaching.keep(RECORD, termination, actor.user_id or 0, upload)


def add_evidence(termination_id: int, actor: Actor, name: str, source: BinaryIO) -> Attachment:
    """Keep one file with a termination of the person's scope, and commit. Raises NotYours, Refused."""
    return attaching.attach(RECORD, termination_of(actor, termination_id), actor, name, source)
