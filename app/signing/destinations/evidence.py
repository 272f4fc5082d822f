"""The proofs of a destination: files that a student adds to a draft (DST-01, DOC-05)."""

from __future__ import annotations

from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy import Select, select

from app.core.db import db
from app.core.errors import NotYours, Refused
from app.files.documents import attaching, files
from app.files.documents.attachments import Upload, accept_upload
from app.files.documents.models import Attachment
from app.signing.destinations.kind_models import DestinationProof
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.destinations.queries import draft_of
from app.signing.destinations.workflow import in_own_draft
from app.signing.placements.models import Placement
from app.signing.placements.queries import placements_for
from app.workflow.actor import Actor, Role

RECORD = "destination"


def destinations_for(who: Actor) -> Select[tuple[Destination]]:
    """A student sees its own, drafts too; everybody else what belongs to a placement they see."""
    if who.role is Role.STUDENT:
        return select(Destination).where(Destination.student_id == who.student_id)
    mine = placements_for(who).with_only_columns(Placement.id)
    return select(Destination).where(Destination.placement_id.in_(mine))


def check(found: Destination, who: Actor) -> None:
    """What is submitted keeps the files it is reviewed on. Raises Refused."""
    if found.placement_id is not None or who.student_id != found.student_id:
        raise Refused(_("What was submitted keeps its files."))


FILES = files.FileKind(Destination, destinations_for, check, most=100)


def add_proof(who: Actor, draft_id: int, key: str, name: str, source: BinaryIO) -> Attachment:
    """Keep one uploaded file, decoded and made harmless, and commit.

    Decoding takes its time, so what is allowed is asked before it and again behind the lock.
    Raises NotYours for another's draft or an unknown proof, Refused with a sentence.
    """
    draft = draft_of(who.student_id or 0)
    if draft is None or draft.id != draft_id:
        raise NotYours(f"draft {draft_id}")
    proof_of(draft, key)
    if not attaching.TRIES.take(who.user_id):
        raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))
    upload = accept_upload(name, source)
    return in_own_draft(who, draft_id, lambda locked: keep(locked, who, key, upload))


def proof_of(draft: Destination, key: str) -> DestinationProof:
    """The proof of that key, if the draft may have one more file of it. Raises NotYours, Refused."""
    proof = next((p for p in draft.kind.proofs if p.active and p.key == key), None)
    if proof is None:
        raise NotYours(f"proof {key}")
    if sum(file.proof == key for file in draft.files) >= proof.most:
        raise Refused(_("At most %(most)s files.", most=proof.most))
    return proof


def keep(draft: Destination, who: Actor, key: str, upload: Upload) -> Attachment:
    """Attach a decoded file to the locked draft, in the caller's transaction."""
    proof_of(draft, key)
    found = attaching.keep(RECORD, draft, who.user_id or 0, upload)
    draft.files.append(DestinationFile(attachment_id=found.id, proof=key))
    db.session.flush()
    return found


def rows(found: Destination, who: Actor) -> dict[str, list[files.Listed]]:
    """The files of a record by the key of their proof, as parts/files.html shows them."""
    proofs = {file.attachment_id: file.proof for file in found.files}
    known: dict[str, list[files.Listed]] = {}
    for row in files.listed(RECORD, found, who):
        if row.file.id in proofs:
            known.setdefault(proofs[row.file.id], []).append(row)
    return known
