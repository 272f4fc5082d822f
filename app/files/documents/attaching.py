"""Files of a record are added and taken away, under its lock (DOC-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, BinaryIO

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.filestore import save_file
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_line
from app.files.documents.attachments import Upload, accept_upload
from app.files.documents.files import MOST, Check, FileKind, count, find
from app.files.documents.models import Attachment
from app.workflow.actor import Actor
from app.workflow.consent import party_refusal
from app.workflow.engine import committed

TRIES = Limit("files", 120, timedelta(hours=1))  # of one person; refused files count too
BOTH = ("image", "pdf")


def attach(
    record_kind: str,
    record: Any,
    actor: Actor,
    name: str,
    source: bytes | BinaryIO,
    *,
    most: int | None = None,
    check: Check | None = None,
    allow: Sequence[str] = BOTH,
) -> Attachment:
    """Keep one uploaded file with a record of the person's scope, and commit.

    `most` and `check` are those of the kind unless given. Decoding takes its time, so it happens
    outside any transaction and what is allowed is asked before it and again behind the lock.
    Raises Refused with a sentence.
    """
    kind, key = stores().file_kinds[record_kind], record.id
    allowed, limit = check or kind.check, kind.most if most is None else most

    def fits(found: object) -> None:
        refusal = party_refusal(actor, clock.now())
        if refusal:
            raise Refused(refusal)
        allowed(found, actor)
        if count(record_kind, key) >= limit:
            raise Refused(_("At most %(most)s files.", most=limit))

    def kept() -> Attachment:
        found = locked_kind(kind, key)
        fits(found)
        return keep(record_kind, found, actor.user_id or 0, upload)

    fits(record)
    if not TRIES.take(actor.user_id):
        raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))
    upload = accept_upload(name, source, allow=allow)
    return committed(kept)


def decoded(
    sent: Sequence[tuple[str, BinaryIO]],
    actor: Actor,
    *,
    most: int = MOST,
    allow: Sequence[str] = BOTH,
    field: str = "files",
) -> list[Upload]:
    """The files of a form whose step keeps them with itself: all fit, or none (`keep`).

    Outside any transaction. Raises Invalid for the field, with a sentence for each that is not fit.
    """
    if len(sent) > most:
        raise Invalid([(field, _("At most %(most)s files.", most=most))])
    fit, problems = [], []
    for name, source in sent:
        if not TRIES.take(actor.user_id):
            raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))
        try:
            fit.append(accept_upload(name, source, allow=allow))
        except Refused as refusal:
            problems.append((field, f"{clean_line(name)[:60]}: {refusal}"))
    if problems:
        raise Invalid(problems)
    return fit


def keep(record_kind: str, record: Any, user_id: int, upload: Upload) -> Attachment:
    """Keep a decoded file in the caller's transaction; for steps that bring their file with them."""
    found = Attachment(
        record_kind=record_kind,
        record_id=record.id,
        owner_user_id=user_id,
        school_id=record.school_id,
        mime=upload.mime,
        size=len(upload.data),
        original_name=upload.original_name,
        file_key=save_file(upload.data, upload.suffix),
        sha256=upload.sha256,
        thumb_key=save_file(upload.thumb, ".jpg") if upload.thumb else None,
        pages=upload.pages,
        created_at=clock.now(),
    )
    db.session.add(found)
    db.session.flush()
    return found


def detach(uid: str, actor: Actor) -> None:
    """Take a file away from its record, and commit; only who added it, only while the rule lets it.

    The stored bytes go with the next sweep (`tasks`). Raises NotYours, Refused with a sentence.
    """
    found = find(uid, actor)
    if found.owner_user_id != actor.user_id:
        raise Refused(_("Only who added a file can take it away."))
    kind, key, record_id = stores().file_kinds[found.record_kind], found.id, found.record_id

    def gone() -> None:
        record = locked_kind(kind, record_id)
        kind.check(record, actor)
        if kind.stays(found, record):
            raise Refused(_("This file has been looked at already; it stays with the record."))
        db.session.execute(delete(Attachment).where(Attachment.id == key))

    committed(gone)


def locked_kind(kind: FileKind, record_id: int) -> object:
    """The record, locked: nobody changes it, and nobody else adds or takes a file. Raises NotYours."""
    found = db.session.execute(
        select(kind.model)
        .where(kind.model.id == record_id)
        .with_for_update(key_share=True, of=kind.model)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotYours(f"record {record_id}")
    return found
