"""Uploaded files of any record: kept, listed, taken away, and who may read them (DOC-05).

A feature says of its kind of record whose scope reads its files, and while what they may change: a `Kind`,
which `app.wiring` gives to the store `file_kinds`. What is not there, nobody reads.

    FILES = files.Kind(Termination, terminations_for, check)
    files.attach("termination", found, actor, name, stream)   # decodes, checks again, commits
    files.listed("termination", found, actor)                  # for parts/files.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, func, select

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.filestore import save_file
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_line
from app.files.documents.attachments import Upload, accept_upload
from app.files.documents.models import Attachment
from app.workflow.actor import Actor
from app.workflow.consent import party_refusal
from app.workflow.engine import committed

MOST = 10  # files of one record
TRIES = Limit("files", 120, timedelta(hours=1))  # of one person; refused files count too
BOTH = ("image", "pdf")
_UID = re.compile(r"[0-9a-f]{32}")

Check = Callable[[Any, Actor], None]


def closed(record: object, actor: Actor) -> None:  # noqa: ARG001
    """The rule of a kind whose files come and go with a step of its own."""
    raise Refused(_("The files of this record cannot be changed here."))


@dataclass(frozen=True)
class FileKind:
    """Who may read and change the files of one kind of record.

    `scope(actor)` selects the records a person may see: whoever sees the record reads its files,
    narrowed by `only` where some files of a record are not for reading. `check(record, actor)`
    raises Refused while nothing may be added or taken away; it is asked again behind the lock.
    `stays(file, record)`: files that are not taken away even then.
    """

    model: Any
    scope: Callable[[Actor], Select[Any]]
    check: Check = closed
    most: int = MOST
    only: Callable[[Attachment], ColumnElement[bool]] | None = None
    stays: Callable[[Attachment, Any], bool] = lambda _found, _record: False


# -- reading ---------------------------------------------------------------------------------------


def attached(record_kind: str, record_id: int) -> Sequence[Attachment]:
    """The files of a record, oldest first; the caller has seen to the scope."""
    return db.session.scalars(
        select(Attachment).where(*_of(record_kind, record_id)).order_by(Attachment.id)
    ).all()


def count(record_kind: str, record_id: int) -> int:
    """How many files a record has."""
    return db.session.scalar(select(func.count()).where(*_of(record_kind, record_id))) or 0


def readable(found: Attachment, actor: Actor) -> bool:
    """Whether the person sees the record that the file belongs to. Fails closed."""
    kind: FileKind | None = stores().file_kinds.get(found.record_kind)
    if kind is None:
        return False
    seen = kind.scope(actor).where(kind.model.id == found.record_id)
    if kind.only is not None:
        seen = seen.where(kind.only(found))
    return db.session.scalars(seen.limit(1)).first() is not None


def find(uid: str, actor: Actor) -> Attachment:
    """The file of that address. Raises NotYours for one that is not for this person."""
    found = None
    if _UID.fullmatch(uid):
        found = db.session.scalars(select(Attachment).where(Attachment.uid == uid)).one_or_none()
    if found is None or not readable(found, actor):
        raise NotYours(f"file {uid}")
    return found


@dataclass(frozen=True)
class Listed:
    """A file as pages show it: `by` and `when` it was added, `removable` by the person asking."""

    file: Attachment
    by: str
    when: str
    removable: bool


def listed(record_kind: str, record: Any, actor: Actor) -> list[Listed]:
    """The files of a record with who added them, oldest first."""
    rows = db.session.execute(
        select(Attachment, AppUser)
        .join(AppUser, AppUser.id == Attachment.owner_user_id)
        .where(*_of(record_kind, record.id))
        .order_by(Attachment.id)
    ).all()
    free = bool(rows) and changeable(record_kind, record, actor)
    stays = stores().file_kinds[record_kind].stays
    return [
        Listed(
            file,
            owner.display_name,
            _moment(file),
            free and owner.id == actor.user_id and not stays(file, record),
        )
        for file, owner in rows
    ]


def just_added(found: Attachment, actor: Actor) -> Listed:
    """A file the person has added this moment."""
    return Listed(found, actor.name, _moment(found), removable=True)


def changeable(record_kind: str, record: object, actor: Actor) -> bool:
    """Whether the record's rule lets the person add files, and take away its own."""
    try:
        stores().file_kinds[record_kind].check(record, actor)
    except Refused:
        return False
    return True


def _of(record_kind: str, record_id: int) -> tuple[ColumnElement[bool], ...]:
    return Attachment.record_kind == record_kind, Attachment.record_id == record_id


def _moment(file: Attachment) -> str:
    return clock.local(file.created_at).strftime("%Y-%m-%d %H:%M")


# -- changing --------------------------------------------------------------------------------------


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
        found = _locked(kind, key)
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
        record = _locked(kind, record_id)
        kind.check(record, actor)
        if kind.stays(found, record):
            raise Refused(_("This file has been looked at already; it stays with the record."))
        db.session.execute(delete(Attachment).where(Attachment.id == key))

    committed(gone)


def _locked(kind: FileKind, record_id: int) -> object:
    found = db.session.execute(
        select(kind.model)
        .where(kind.model.id == record_id)
        .with_for_update(key_share=True, of=kind.model)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotYours(f"record {record_id}")
    return found
