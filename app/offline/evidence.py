"""The stamped agreement as it was uploaded: by the student, or by the employer's link (OFF-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.documents.attachments import Upload, accept_upload
from app.documents.models import Attachment
from app.documents.store import save_file
from app.offline.models import LinkFile, UploadLink
from app.offline.queries import paper_in
from app.offline.workflow import working_link
from app.placements.models import REVIEWS, Kind, Placement, PlacementState
from app.placements.queries import placements_for
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.queries import trail_of

RECORD = "placement"
MOST = 20  # files since the school last asked
TRIES = Limit("stamped", 120, timedelta(hours=1))  # of one person or link; refused files count too
S = PlacementState


@dataclass(frozen=True)
class Scan:
    """One uploaded file; `refused` where the school asked again after it, `by_link` the employer's."""

    file: Attachment
    refused: bool
    by_link: bool


def asked_at(placement: Placement) -> datetime | None:
    """When the school last asked for the stamped agreement; what was undone asked for nothing."""
    asked: list[datetime] = []
    for row in trail_of(RECORD, placement.id):
        if row.to_state == S.AWAITING_SCAN and row.from_state in REVIEWS:
            asked.append(row.at)
        elif row.step == "undo" and row.from_state == S.AWAITING_SCAN and asked:
            asked.pop()
    return asked[-1] if asked else None


def scans(placement: Placement) -> list[Scan]:
    """The uploaded files of a paper signing, oldest first."""
    since = asked_at(placement)
    rows = db.session.execute(
        select(Attachment, LinkFile.link_id)
        .outerjoin(LinkFile, LinkFile.attachment_id == Attachment.id)
        .where(Attachment.record_kind == RECORD, Attachment.record_id == placement.id)
        .order_by(Attachment.id)
    )
    return [
        Scan(f, since is not None and f.created_at < since, link is not None) for f, link in rows
    ]


def may_add(placement: Placement, actor: Actor) -> bool:
    """The student adds while the school awaits the sheet, nobody of the office ever (ACC-10)."""
    awaited = placement.state == S.AWAITING_SCAN and not placement.frozen
    return actor.role is Role.STUDENT and placement.kind == Kind.OFFLINE and awaited


def add_scan(placement_id: int, actor: Actor, name: str, source: BinaryIO) -> Attachment:
    """Keep one uploaded page, decoded and made harmless, and commit.

    Decoding takes its time, so what is allowed is asked before it and again behind the lock.
    Raises NotYours outside the scope, Refused with a sentence for what cannot be kept.
    """
    _check(paper_in(actor, placement_id), actor)
    _count(actor.user_id)
    upload = accept_upload(name, source)

    def kept() -> Attachment:
        placement = _locked(placement_id)
        _check(placement, actor)
        return _keep(placement, actor.user_id or 0, upload)

    return committed(kept)


def add_by_link(token: str, name: str, source: BinaryIO) -> Attachment:
    """The same by the employer's link: it only adds, the student hands in. Raises NotYours, Refused."""
    link = _working(token)
    _count(f"link {link.id}")
    upload = accept_upload(name, source)

    def kept() -> Attachment:
        placement = _locked(link.placement_id)
        again = _working(token)
        _not_too_many(placement)
        found = _keep(placement, again.created_by, upload)
        db.session.flush()
        db.session.add(LinkFile(attachment_id=found.id, link_id=again.id))
        return found

    return committed(kept)


def drop_scan(placement_id: int, actor: Actor, uid: str) -> None:
    """Take a file back before it is handed in, and commit; what the school has seen stays."""

    def dropped() -> None:
        placement = _locked(paper_in(actor, placement_id).id)
        if not may_add(placement, actor):
            raise Refused(_("The files were handed in and can no longer be changed."))
        found = next((s for s in scans(placement) if s.file.uid == uid), None)
        if found is None:
            raise NotYours(f"file {uid}")
        if found.refused:
            raise Refused(_("The school has seen this file already; it stays with the record."))
        db.session.delete(found.file)

    committed(dropped)


def readable(found: Attachment, actor: Actor) -> bool:
    """Who sees a paper signing sees its files (DOC-05)."""
    if found.record_kind != RECORD:
        return False
    mine = placements_for(actor).where(
        Placement.id == found.record_id, Placement.kind == Kind.OFFLINE
    )
    return db.session.scalars(mine.limit(1)).first() is not None


def _working(token: str) -> UploadLink:
    link = working_link(token, clock.now())
    if link is None:
        raise NotYours("link")
    return link


def _count(who: object) -> None:
    if not TRIES.take(who):
        raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))


def _check(placement: Placement, actor: Actor) -> None:
    if not may_add(placement, actor):
        raise Refused(_("The stamped agreement is not awaited now."))
    _not_too_many(placement)


def _not_too_many(placement: Placement) -> None:
    if len(current(scans(placement))) >= MOST:
        raise Refused(_("At most %(most)s files.", most=MOST))


def current(found: Sequence[Scan]) -> list[Scan]:
    """Those that answer the last request."""
    return [scan for scan in found if not scan.refused]


def _locked(placement_id: int) -> Placement:
    wanted = select(Placement).where(Placement.id == placement_id)
    locked = wanted.with_for_update(key_share=True, of=Placement)
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()


def _keep(placement: Placement, owner_id: int, upload: Upload) -> Attachment:
    found = Attachment(
        record_kind=RECORD,
        record_id=placement.id,
        owner_user_id=owner_id,
        school_id=placement.school_id,
        mime=upload.mime,
        size=len(upload.data),
        original_name=upload.original_name,
        file_key=save_file(upload.data, ".pdf" if upload.kind == "pdf" else ".jpg"),
        sha256=upload.sha256,
        created_at=clock.now(),
    )
    db.session.add(found)
    return found
