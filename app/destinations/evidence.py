"""The proofs of a destination: files that a student adds to a draft (DST-01, DOC-05)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import IO, Any, BinaryIO, cast

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.destinations.models import Destination, DestinationFile, DestinationProof
from app.destinations.queries import draft_of
from app.destinations.workflow import drop_file, in_own_draft
from app.documents.attachments import Upload, accept_upload
from app.documents.models import Attachment
from app.documents.store import save_file
from app.placements.models import Placement
from app.placements.queries import placements_for
from app.workflow.actor import Actor, Role

RECORD = "destination"
MOST = 10  # files of one application to leave
TRIES = Limit("destination", 60, timedelta(hours=1))  # of one person; refused files count too


def add_proof(who: Actor, draft_id: int, key: str, name: str, source: IO[bytes]) -> DestinationFile:
    """Keep one uploaded file, decoded and made harmless, and commit.

    Decoding takes its time, so what is allowed is asked before it and again behind the lock.
    Raises NotYours for another's draft or an unknown proof, Refused with a sentence.
    """
    draft = draft_of(who.student_id or 0)
    if draft is None or draft.id != draft_id:
        raise NotYours(f"draft {draft_id}")
    _room(draft, key)
    if not TRIES.take(who.user_id):
        raise Refused(_too_many())
    upload = accept_upload(name, cast(BinaryIO, source))
    return in_own_draft(who, draft_id, lambda locked: keep(locked, who, key, upload))


def remove_proof(who: Actor, draft_id: int, file_id: int) -> None:
    """Take one file from the draft, and commit. Raises NotYours."""

    def removed(draft: Destination) -> None:
        found = next((f for f in draft.files if f.id == file_id), None)
        if found is None:
            raise NotYours(f"file {file_id}")
        drop_file(found)

    in_own_draft(who, draft_id, removed)


def _room(draft: Destination, key: str) -> DestinationProof:
    proof = next((p for p in draft.kind.proofs if p.active and p.key == key), None)
    if proof is None:
        raise NotYours(f"proof {key}")
    if sum(file.proof == key for file in draft.files) >= proof.most:
        raise Refused(_("At most %(most)s files.", most=proof.most))
    return proof


def keep(draft: Destination, who: Actor, key: str, upload: Upload) -> DestinationFile:
    """Attach a decoded file to the locked draft, in the caller's transaction."""
    _room(draft, key)
    attachment = Attachment(
        record_kind=RECORD,
        record_id=draft.id,
        owner_user_id=who.user_id or 0,
        school_id=draft.student.school_id,
        mime=upload.mime,
        size=len(upload.data),
        original_name=upload.original_name,
        file_key=save_file(upload.data, ".pdf" if upload.kind == "pdf" else ".jpg"),
        sha256=upload.sha256,
        created_at=clock.now(),
    )
    db.session.add(attachment)
    db.session.flush()
    found = DestinationFile(attachment_id=attachment.id, proof=key)
    draft.files.append(found)
    db.session.flush()
    return found


def readable(found: Attachment, who: Actor) -> bool:
    """A student sees its own files, staff those of what was submitted to them (DOC-05)."""
    if found.record_kind != RECORD:
        return False
    named = (
        select(Destination)
        .join(DestinationFile)
        .where(DestinationFile.attachment_id == found.id)
    )  # fmt: skip
    if who.role is Role.STUDENT:
        named = named.where(Destination.student_id == who.student_id)
    else:
        mine = placements_for(who).with_only_columns(Placement.id)
        named = named.where(Destination.placement_id.in_(mine))
    return db.session.scalars(named.limit(1)).first() is not None


def accepted(who: Actor, files: Sequence[Any]) -> tuple[list[Upload], list[str]]:
    """Uploaded files decoded, and a sentence for each that cannot be kept."""
    kept: list[Upload] = []
    wrong: list[str] = []
    for file in [file for file in files if file.filename][:MOST]:
        try:
            if not TRIES.take(who.user_id):
                raise Refused(_too_many())
            kept.append(accept_upload(file.filename, file.stream))
        except Refused as refusal:
            wrong.append(f"{file.filename[:60]}: {refusal}")
    return kept, wrong


def _too_many() -> str:
    return _("You have uploaded too many files. Please wait an hour, then go on.")
