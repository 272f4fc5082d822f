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
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.registry import stores
from app.files.documents.models import Attachment
from app.workflow.actor import Actor

MOST = 10  # files of one record
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
